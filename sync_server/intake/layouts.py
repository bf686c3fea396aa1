"""The headers of each field, for each kind of file: data, not code.

Source: docs/sources.md#import-columns; the county may add its own.
The first name of a field is used in messages about it; when several columns mean one field, the
earlier name counts first. The bank's real export was not seen, so these are the names in use; for
the rest somebody says which column is which (`choice.TableChoice`).
"""

from __future__ import annotations

from typing import NamedTuple

from shared.problems import ProblemError
from sync_server.intake.headers import normalise


class Layout(NamedTuple):
    """The fields of a kind of file.

    `names`: field -> headers. `needed`: a file without one of them is refused. `single`: fields of
    one column only, whose merged cells are not copied down.
    """

    names: dict[str, tuple[str, ...]]
    needed: tuple[str, ...]
    single: frozenset[str] = frozenset()

    def aliases(self) -> dict[str, tuple[str, int]]:
        """Return normalised header -> field, and rank of the name within the field."""
        return {
            normalise(n): (field, rank)
            for field, names in self.names.items()
            for rank, n in enumerate(names)
        }

    def title(self, field: str) -> str:
        """Return the name of a field in messages."""
        return self.names[field][0]

    def field_of(self, name: str) -> str:
        """Return the field that a name means: its own, or any header known for it.

        Raises:
            ProblemError: intake.mapping_field.
        """
        field = name if name in self.names else self.aliases().get(normalise(name), ("", 0))[0]
        if not field:
            titles = "、".join(map(self.title, self.names))
            raise ProblemError("intake.mapping_field", field=name, fields=titles)
        return field

    @property
    def alone(self) -> frozenset[str]:
        """The fields with one column each, which no other field shares."""
        return self.single.union(self.needed)


PERSON_NAMES = (
    "姓名",
    "学生姓名",
    "借款人",
    "借款学生姓名",
    "借款人姓名",
    "借款学生",
    "客户姓名",
    "学生",
)
ID_NAMES = (
    "身份证号",
    "身份证号码",
    "证件号码",
    "公民身份号码",
    "公民身份证号码",
    "身份证",
    "证件号",
    "学生身份证号",
    "学生身份证号码",
    "借款人身份证号",
    "借款人身份证号码",
    "借款学生身份证号",
    "借款学生身份证号码",
    "借款人证件号码",
    "身份证件号码",
    "身份证件号",
    "证件编号",
    "有效身份证件号码",
    "居民身份证号",
    "居民身份证号码",
    "学生证件号码",
    "客户证件号码",
    "借款人身份证",
    "借款人身份证件号码",
)
CONTRACT_NAMES = (
    "合同编号",
    "贷款合同号",
    "合同号",
    "借据编号",
    "贷款合同编号",
    "借款合同编号",
    "借款合同号",
    "借据号",
    "合同号码",
    "合同",
    "贷款合同号码",
    "借款合同号码",
    "贷款借据号",
    "合同流水号",
)


def _numbered(*names: str) -> tuple[str, ...]:
    """The names with a number behind them: 联系电话1, 联系电话2, 联系电话一."""
    return tuple(f"{name}{n}" for name in names for n in ("1", "2", "3", "一", "二", "三"))


def _of_a_time(*names: str) -> tuple[str, ...]:
    """The names with the time they are of before them: 本次还款本金, 累计还款本金."""
    times = ("累计", "累计已", "本次", "本期", "本日", "当日", "今日", "新增")
    return tuple(f"{time}{name}" for time in times for name in names)


DUE_LIST = Layout(
    names={
        "borrower_name": PERSON_NAMES,
        "id_number": ID_NAMES,
        "contract_no": CONTRACT_NAMES,
        "loan_year": (
            "贷款年度",
            "贷款学年",
            "放款年度",
            "借款学年",
            "借款年度",
            "贷款年份",
            "学年",
        ),
        "principal_due": ("应还本金", "本期应还本金", "应收本金", "应还贷款本金", "本金"),
        "interest_due": (
            "应还利息",
            "自付利息",
            "本期应还利息",
            "应收利息",
            "应还自付利息",
            "利息",
        ),
        "total_due": (
            "应还合计",
            "本息合计",
            "应还本息",
            "应还本息合计",
            "应还金额",
            "应还总额",
            "合计",
        ),
        "penalty_due": ("罚息", "应还罚息"),
        "overdue_flag": ("逾期状态", "逾期标志", "是否逾期"),
        "overdue_days": ("逾期天数",),
        "loan_balance": ("贷款余额", "剩余本金", "本金余额"),
        "phone_student": (
            "联系电话",
            "手机",
            "学生电话",
            "手机号",
            "手机号码",
            "学生联系电话",
            "本人电话",
            "借款人电话",
            "电话",
            "联系方式",
            *_numbered(
                "联系电话", "电话", "手机", "手机号", "手机号码", "联系方式", "学生电话", "本人电话"
            ),
        ),
        "phone_family": (
            "家庭电话",
            "家长电话",
            "家长联系电话",
            "家庭联系电话",
            "父亲电话",
            "母亲电话",
            "家长手机",
            "备用电话",
            "其他电话",
            *_numbered("家庭电话", "家长电话"),
        ),
        "co_borrower_name": ("共同借款人", "共同借款人姓名"),
        "co_borrower_id": (
            "共同借款人身份证号",
            "共同借款人身份证号码",
            "共同借款人证件号码",
            "共同借款人身份证",
        ),
        "co_borrower_phone": (
            "共同借款人电话",
            "共同借款人联系电话",
            "共同借款人手机",
            "共同借款人手机号",
            "共同借款人手机号码",
        ),
        "home_address": (
            "家庭住址",
            "家庭地址",
            "户籍地址",
            "住址",
            "详细地址",
            "通讯地址",
            "家庭详细地址",
        ),
        "township": ("乡镇", "街道", "乡镇(街道)", "乡镇街道", "所属乡镇", "镇办"),
        "village": ("村(社区)", "村", "社区", "村社区", "行政村"),
        "college": ("毕业院校", "高校名称", "就读学校", "毕业学校", "就读高校", "院校名称", "高校"),
        "graduation_date": ("毕业时间", "毕业年份", "毕业日期"),
        "assigned_school": ("包联学校", "责任学校", "包联单位", "负责学校", "所属学校"),
    },
    needed=("borrower_name", "id_number", "contract_no", "principal_due", "interest_due"),
    single=frozenset(
        {"contract_no", "principal_due", "interest_due", "total_due", "penalty_due", "loan_balance"}
    ),
)

REPAYMENTS = Layout(
    names={
        "contract_no": CONTRACT_NAMES,
        "id_number": ID_NAMES,
        "borrower_name": PERSON_NAMES,
        "principal_paid": (
            "已还本金",
            "还款本金",
            "实还本金",
            "归还本金",
            "已还款本金",
            "本金",
            *_of_a_time("还款本金", "还本金", "归还本金", "本金"),
        ),
        "interest_paid": (
            "已还利息",
            "还款利息",
            "实还利息",
            "归还利息",
            "已还款利息",
            "利息",
            *_of_a_time("还款利息", "还利息", "归还利息", "利息"),
        ),
        "total_paid": ("已还合计", "已还本息", "还款金额", "还款合计", "已还金额", "合计"),
        "paid_on": (
            "还款日期",
            "还款时间",
            "到账日期",
            "扣款日期",
            "到账时间",
            "交易日期",
            "交易时间",
            "入账日期",
            "入账时间",
        ),
        "payment_no": (
            "交易流水号",
            "流水号",
            "交易流水",
            "还款流水号",
            "银行流水号",
            "业务流水号",
            "交易号",
        ),
        "channel": ("还款方式", "还款渠道", "渠道"),
    },
    needed=("contract_no", "principal_paid", "interest_paid"),
    single=frozenset({"contract_no", "principal_paid", "interest_paid", "total_paid"}),
)

_SCHOOL = (
    "学校",
    "学校名称",
    "包联学校",
    "单位",
    "单位名称",
    "责任学校",
    "学校(中心校/县直)",
    "中心校",
)

AREAS = Layout(
    names={
        "officer": ("包联人", "包联同志", "包联干部", "包联人员", "包联责任人", "责任人"),
        "school": _SCHOOL,
        "townships": (
            "负责乡镇(街道)",
            "负责乡镇",
            "负责乡镇/街道",
            "负责乡镇、街道",
            "乡镇(街道)",
            "乡镇",
            "辖区",
            "包联辖区",
            "负责辖区",
        ),
        "people": ("学生人数", "人数", "应还人数"),
        "total_due": ("应还金额", "应还合计", "应还本息", "本息合计", "金额"),
    },
    needed=("officer", "school", "townships"),
    single=frozenset({"school", "people", "total_due"}),
)

CONTACTS = Layout(
    names={
        "school": _SCHOOL,
        "leader_name": ("分管领导",),
        "leader_duty": ("分管领导职务",),
        "leader_phone": ("分管领导联系电话",),
        "liaison_name": ("联络员",),
        "liaison_duty": ("联络员职务",),
        "liaison_phone": ("联络员联系电话",),
    },
    needed=("school", "leader_name", "liaison_name"),
)

KNOWN_HEADERS = frozenset(
    alias for layout in (DUE_LIST, REPAYMENTS, AREAS, CONTACTS) for alias in layout.aliases()
)
"""Every header of every layout, normalised: tells a header row from a row of data."""

"""The code tables of the field, with the words people see.

Codes are stored and sent; words are shown.

A code a later version added is kept as it is and shown as itself (`label` never fails). A season
may replace the words (season.reasons); the codes here are the shipped default, which can be edited
(docs/sources.md#reason-codes).
"""

from __future__ import annotations

import msgspec


class Code(msgspec.Struct, frozen=True):
    """One row of a table.

    Attributes:
        group: How a summary counts it.
        sensitive: Whether lists print `short` instead.

    Source: docs/sources.md#sensitive-information.

    """

    code: str
    zh: str
    en: str
    group: str = ""
    sensitive: bool = False
    short: str = ""

    def label(self, language: str = "zh") -> str:
        """Return the words in `zh` or `en`."""
        return self.zh if language == "zh" else self.en


# Who is spoken to, 您在和谁说话? (docs/sources.md#disclosure-by-relation).
PEOPLE = (
    Code("self", "本人", "borrower"),
    Code("co_borrower", "共同借款人", "co-borrower"),
    Code("family", "其他家人", "other family"),
    Code("neighbour", "邻居", "neighbour"),
    Code("village_cadre", "村干部", "village cadre"),
    Code("nobody", "无人", "nobody"),
)
# Only these two may hear amounts: they owe them jointly
# (docs/sources.md#joint-liability).
MAY_HEAR_AMOUNTS = frozenset({"self", "co_borrower"})

METHODS = (
    Code("in_person", "当面送达", "in person"),
    Code("post", "邮寄", "post"),
    Code("message", "短信/微信", "message"),
    Code("passed_on", "转交", "passed on"),
)

DELIVERIES = (
    Code("signed", "已签收", "signed", "signed"),
    Code("cannot_write", "不会写字·按手印", "cannot write, thumb print", "signed"),
    Code("acknowledged", "对方已确认收到", "receipt acknowledged", "signed"),
    Code("refused", "拒签", "refused to sign", "unsigned"),
    Code("not_home", "无人在家", "nobody home", "undelivered"),
    Code("not_found", "查无此人", "not found", "undelivered"),
)

CHANNELS = (
    Code("phone", "电话", "phone"),
    Code("wechat", "微信", "WeChat"),
    Code("sms", "短信", "text message"),
    Code("other", "其他方式", "other"),
)

CALLS = (
    Code("reached", "已联系上", "reached", "effective"),
    Code("no_answer", "无人接听", "no answer", "failed"),
    Code("invalid_number", "停机/空号/错号", "invalid number", "failed"),
    Code("hung_up", "挂断", "hung up", "failed"),
)

# Outcomes of a visit and reasons of a statement (docs/sources.md#reason-codes).
# group: promised | special | unreachable | other
REASONS = (
    Code("promised", "承诺还款", "promised to pay", "promised"),
    Code("claimed_paid", "称已还款待核销", "says it is paid", "promised"),
    Code("not_aware", "不知还款/忘记账户密码", "did not know / forgot password", "other"),
    Code("account_problem", "支付宝账户异常", "account problem", "other"),
    Code("deferral_applied", "已申请延期还本", "deferral applied for", "other"),
    Code("compensation", "申请代偿中", "loan compensation applied for", "other"),
    Code("studying", "继续深造/就学信息未变更", "still studying", "other"),
    Code("military", "服兵役", "military service", "other"),
    Code("unemployed", "未就业", "unemployed", "other"),
    Code("not_home", "无人在家", "nobody home", "unreachable"),
    Code("unreachable_away", "外出务工联系不上", "away for work, unreachable", "unreachable"),
    Code("phone_invalid", "电话停机/错号", "phone invalid", "unreachable"),
    Code("address_changed", "地址变更/搬迁/查无此人", "moved away / not found", "unreachable"),
    Code("abroad", "出国", "abroad", "unreachable"),
    Code("hardship", "家庭经济困难", "family hardship", "special"),
    Code("illness", "重大疾病", "serious illness", "special", True, "A1"),
    Code("disability", "残疾/丧失劳动能力", "disability", "special", True, "A2"),
    Code("death", "已死亡", "deceased", "special", True, "A3"),
    Code("imprisoned", "服刑", "imprisoned", "special", True, "A4"),
    Code("missing", "失踪", "missing", "special"),
    Code("disaster", "自然灾害/意外", "disaster or accident", "special"),
    Code("dispute", "对金额/合同有异议", "disputes the amount", "special"),
    Code("refuses", "拒绝还款", "refuses to pay", "special"),
    Code("other", "其他", "other", "special"),
)

CLAIMED_PAID = "claimed_paid"
"""The reason of people who say that they have paid; it is held against the repayments."""

HANDLINGS = (
    Code("keep_reminding", "继续提醒", "keep reminding"),
    Code("study_info_change", "变更就学信息", "change study information"),
    Code("repayment_relief", "申请还款救助", "apply for repayment relief"),
    Code("verify_payment", "核实还款", "verify the payment"),
    Code("principal_deferral", "申请延期还本", "apply for principal deferral"),
    Code("other", "其他", "other"),
)

UPDATE_FIELDS = (
    Code("phone", "电话", "phone"),
    Code("address", "住址", "address"),
    Code("workplace", "工作单位", "workplace"),
)

# Without numbers: a record carries the code, not the season's limits it was judged by.
FLAGS = (
    Code("outside_hours", "不在规定时间内", "outside the hours"),
    Code("alone", "单人上门", "too few went"),
    Code("too_soon", "两次走访隔得太近", "too soon before or after another visit"),
    Code("third_party_early", "过早联系第三人", "third party too early"),
    Code("too_many_calls", "当日次数已满", "daily attempts used up"),
    Code("deceased", "本人已去世", "the borrower has died"),
    Code("no_photo", "没有照片", "no photo of the proof"),
)


def find(table: tuple[Code, ...], code: str) -> Code:
    """Return the row of a code; an unknown code becomes a row of its own, in no group."""
    for row in table:
        if row.code == code:
            return row
    return Code(code, code, code)


def label(table: tuple[Code, ...], code: str, language: str = "zh") -> str:
    """Return the words for a code in `zh` or `en`.

    An unknown code is its own word, an empty one stays empty.
    """
    return find(table, code).label(language)

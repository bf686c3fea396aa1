"""The words for the codes that several pages show: roles, states, verdicts, counts.

Templates know this module as `labels` and show a code with `t.label(labels.ROLES, role)`. The codes
of records have their words in shared/codes.py; a table only one page needs lies in its module.
"""

from __future__ import annotations

from shared.records.kind import Label
from sync_server.office import slip_evidence
from sync_server.office.importing import difference

ROLES = {
    "admin": Label("县资助中心", "county centre"),
    "officer": Label("包联同志", "centre officer"),
    "liaison": Label("学校联络员", "school liaison"),
    "auditor": Label("巡查/督查(只读)", "inspection (reads only)"),
}
DELIVERIES = slip_evidence.RECORDS
PAPER_SLIPS = slip_evidence.PAPERS
SLIP_PHOTOS = slip_evidence.PHOTOS
SLIP_BATCHES = {
    "draft": Label("在准备", "being prepared"),
    "brought": Label("送中心,待点收", "brought, to be counted"),
    "received": Label("已点收", "received"),
    "discarded": Label("已作废", "discarded"),
}
INK = {
    "signed": Label("有签字", "signed"),
    "empty": Label("签字处没有字迹", "not signed"),
    "unclear": Label("签字看不清", "unclear"),
    "": Label("–", "–"),
}
STAGES = {
    "paid": Label("已还清", "repaid"),
    "promised": Label("承诺还款", "promised"),
    "special": Label("特殊情况", "special"),
    "unreachable": Label("联系不上", "unreachable"),
    "not_home": Label("家中无人", "nobody home"),
    "visited": Label("已走访", "visited"),
    "untouched": Label("尚无记录", "nothing yet"),
}
STATEMENTS = {
    "accepted": Label("说明已通过", "statement accepted"),
    "returned": Label("说明被退回", "statement returned"),
    "written": Label("说明待复核", "statement waits"),
    "none": Label("缺说明", "no statement"),
}
VERDICTS = {
    "waiting": Label("待复核", "waits for review"),
    "received": Label("已收,可抽看", "received"),
    "accepted": Label("已通过", "accepted"),
    "returned": Label("已退回", "returned"),
}
INK_AREAS = {
    "stamp": Label("红章", "stamp"),
    "signature": Label("负责人签字", "signature of the person in charge"),
}
LATE_VERDICTS = {**VERDICTS, "taken_back": Label("收回", "taken back")}
LEFT_OUT = {
    "after": Label("在截止时间之后收到", "received after the cut-off"),
    "clock_ahead": Label("服务器时钟当时偏快", "the server's clock was ahead then"),
    "unreadable": Label("读不出的记录", "the record cannot be read"),
}
"""Why a summary does not take a thing (office.cut_off.LeftOut)."""
NOTICE_STATES = {
    "unprinted": Label("没打印", "not printed"),
    "changed": Label("印好后有变化", "changed since"),
    "printed": Label("已打印", "printed"),
}
NOTICE_PARTS = {
    "name": Label("姓名", "name"),
    "amount": Label("金额", "amount"),
    "contracts": Label("合同", "contracts"),
    "school": Label("学校电话", "school telephone"),
}
"""What of a sheet may have changed since it was printed."""
SUMMARIES = {
    "none": Label("未生成", "none yet"),
    "composed": Label("已生成", "composed"),
    "printed": Label("待盖章", "to be stamped"),
    "stamped": Label("扫描件已齐", "scan complete"),
    "sealed": Label("已封存", "sealed"),
    "submitted": Label("已上报", "handed in"),
    "accepted": Label("已接收", "accepted"),
    "returned": Label("被退回", "returned"),
    "discarded": Label("已作废", "discarded"),
}
ORIGINALS = {
    "awaited": Label("待交原件", "paper to come"),
    "received": Label("原件已收", "paper received"),
}
"""Where the stamped paper of a version is (store/original_papers.py)."""
SPOT_VERDICTS = {
    "": Label("还没有查", "not checked"),
    "real": Label("属实", "as recorded"),
    "not_real": Label("不属实", "not as recorded"),
    "not_met": Label("没见到人", "not met"),
}
SPOT_STEPS = {
    "found": Label("督查", "Found"),
    "answered": Label("学校说明", "The school answered"),
    "asked": Label("请再说明", "Asked again"),
    "closed": Label("了结", "Closed"),
}
SPOT_FOLLOWS = {
    "none": Label("不用跟进", "nothing to follow"),
    "open": Label("等学校说明", "for the school"),
    "answered": Label("等中心看", "for the centre"),
    "closed": Label("已了结", "closed"),
}
SEALED_KINDS = {
    "school_summary": Label("学校汇总件", "a school's summary"),
    "county_summary": Label("县级汇总", "a county's summary"),
    "region_summary": Label("上级汇总", "a region's summary"),
    "bulletin": Label("通报", "a bulletin"),
}
"""What a sealed file is; a bulletin's version is its number."""
SEASONS = {
    "preparing": Label("准备中", "in preparation"),
    "open": Label("进行中", "open"),
    "closed": Label("已结束", "closed"),
    "purged": Label("已销毁", "purged"),
}
PHONES = {
    "pending": Label("待确认", "to confirm"),
    "confirmed": Label("在用", "in use"),
    "revoked": Label("已停用", "stopped"),
}
SYSTEMS = {
    "android": Label("安卓", "Android"),
    "iphone": Label("iPhone", "iPhone"),
    "harmony": Label("鸿蒙", "HarmonyOS"),
    "desktop": Label("电脑", "Computer"),
}
ROW_LEVELS = {"error": Label("拒绝", "rejected"), "warning": Label("提示", "warning")}
FILE_LEVELS = {"error": Label("先处理", "first")}
"""What a problem of a whole file is; nothing is written before it is dealt with."""
IMPORT_COUNTS = {
    "new": Label("新增", "new"),
    "changed": Label("更新", "changed"),
    "same": Label("不变", "unchanged"),
    "unplaced": Label("待归校", "in no school"),
    "by_township": Label("按乡镇归校", "placed by township"),
    "paid": Label("累计还清", "repaid in all"),
    "newly_paid": Label("新还清、不必再去", "newly repaid, no visit any more"),
    "taken_back": Label("退回未还", "taken back"),
    "unknown_contracts": Label("名单外合同", "contracts not on the list"),
    "gone": Label("移出名单", "taken off the list"),
    "back": Label("重新列入", "on the list again"),
    "moved": Label("转到新学校", "moved to another school"),
    "already_counted": Label("以前算过的还款", "payments counted before"),
}
DIFFERENCE_GROUPS = difference.GROUPS
DIFFERENCE_FIELDS = difference.FIELDS
DIFFERENCE_STAYS = difference.STAYS
REPAYMENT_KINDS = {
    "cumulative": Label("累计数", "Sums so far"),
    "increment": Label("新增数", "New amounts"),
    "payments": Label("逐笔还款", "Single payments"),
}
REPAYMENT_KINDS_MEAN = {
    "cumulative": Label(
        "每份合同到截止日一共还了多少;这一份代替以前的",
        "what each contract has paid in all by that day; replaces what was known",
    ),
    "increment": Label(
        "上一份之后新还的;加到上一份上,同一份不会加两次",
        "what was paid since the file before; added to it, the same file only once",
    ),
    "payments": Label(
        "一笔一行,同一合同可以有几笔;以前算过的不重复算",
        "a row for each payment; those that were counted before are not counted again",
    ),
}
REPAYMENT_REASONS = {
    "header_sum": Label("表头写的是已还、累计", "the header speaks of sums"),
    "header_new": Label("表头写的是本次、当日、新增", "the header speaks of new amounts"),
    "header_payment": Label(
        "表头写的是还款,带还款日期", "the header speaks of payments, with days"
    ),
    "words_sum": Label("标题或文件名写着累计、汇总", "title or name speak of sums"),
    "words_new": Label("标题或文件名写着新增、当日", "title or name speak of new amounts"),
    "words_payments": Label("标题或文件名写着明细、流水", "title or name speak of payments"),
    "words_as_of": Label("标题写着截至哪一天", "the title says as of a day"),
    "instalments": Label("同一合同有不同日期的几笔", "contracts have payments of several days"),
    "instalments_unclear": Label(
        "看不出这几笔是分次还的还是逐次累计的", "they may be parts or running sums"
    ),
    "first": Label("是第一份,三种算法结果一样", "it is the first file: all kinds come to the same"),
    "overlap_all": Label(
        "上一份里的合同这里都有,金额没有变少", "it has the earlier contracts, with no less paid"
    ),
    "overlap_new": Label(
        "上一份里的合同这里大多没有,还款都在上一份之后",
        "it lacks most earlier contracts, and all payments are later",
    ),
    "overlap_unclear": Label(
        "上一份里的合同这里大多没有,还款日期却有早的",
        "it lacks most earlier contracts, and some payments are as old",
    ),
}
REPAYMENT_DOUBTS = {
    "intake.as_of_differs": Label("标题和文件名写的不是同一天", "title and name differ"),
    "intake.as_of_from_name": Label("标题里没有,取自文件名", "taken from the file's name"),
    "intake.as_of_from_newest": Label(
        "文件里没有,取自最晚的还款日期", "taken from the newest payment"
    ),
    "intake.as_of_in_words": Label("写的是中文数字", "written in Chinese numerals"),
    "intake.as_of_older": Label("比已有的一份早", "older than the file in force"),
}

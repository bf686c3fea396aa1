"""The words for the codes that several pages show: roles, states, verdicts, counts.

Templates know this module as `labels` and show a code with `t.label(labels.ROLES, role)`. The codes
of records have their words in shared/codes.py; a table only one page needs lies in its module.
"""

from __future__ import annotations

from shared.records.kind import Label
from sync_server.office.importing import difference

ROLES = {
    "admin": Label("县资助中心", "county centre"),
    "officer": Label("包联同志", "centre officer"),
    "liaison": Label("学校联络员", "school liaison"),
}
DELIVERIES = {
    "signed": Label("已签收", "signed"),
    "unsigned": Label("拒签", "refused"),
    "undelivered": Label("未遇到", "not met"),
    "none": Label("未送达", "not delivered"),
}
STAGES = {
    "paid": Label("已还清", "repaid"),
    "promised": Label("承诺还款", "promised"),
    "special": Label("特殊情况", "special"),
    "unreachable": Label("联系不上", "unreachable"),
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
    "accepted": Label("已通过", "accepted"),
    "returned": Label("已退回", "returned"),
}
SUMMARIES = {
    "none": Label("未生成", "none yet"),
    "composed": Label("已生成", "composed"),
    "printed": Label("待盖章", "to be stamped"),
    "stamped": Label("扫描件已齐", "scan complete"),
    "sealed": Label("已封存", "sealed"),
    "submitted": Label("已上报", "handed in"),
    "accepted": Label("已接收", "accepted"),
    "returned": Label("被退回", "returned"),
}
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
IMPORT_COUNTS = {
    "new": Label("新增", "new"),
    "changed": Label("更新", "changed"),
    "same": Label("不变", "unchanged"),
    "unplaced": Label("待归校", "in no school"),
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

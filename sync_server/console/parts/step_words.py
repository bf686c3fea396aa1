"""The sentences of the next steps (next_steps.py), in both languages."""

from __future__ import annotations

from shared.records.kind import Label

STEPS = {
    "unplaced": Label("{n:,} 人还没有归到学校", "People in no school yet: {n:,}"),
    "schools_left": Label("{n:,} 所学校还没有上报汇总", "Schools that have not handed in: {n:,}"),
    "roll_up": Label("所有学校都已上报,可以全县汇总", "Every school has handed in; roll up"),
    "set_apart": Label("{n:,} 条异常记录等您处理", "{n:,} records need a decision"),
    "set_apart_here": Label(
        "{n:,} 条异常记录等县资助中心处理",
        "{n:,} records need the county centre's decision",
    ),
    "phones_pending": Label("{n:,} 部手机等您按姓名确认", "Phones to confirm: {n:,}"),
    "no_phones": Label(
        "还没有登记手机:给老师发登记码", "No phone is enrolled yet: issue a code to a teacher"
    ),
    "no_contact": Label(
        "通知书上还没有学校电话,请先填写", "The notices have no telephone of the school yet"
    ),
    "notices_unprinted": Label("{n:,} 人的通知书还没有打印", "Notices not printed yet: {n:,}"),
    "notices_changed": Label(
        "{n:,} 人的通知书印好后有变化,要重新打印", "Notices to print again, data changed: {n:,}"
    ),
    "lists_unseen": Label(
        "{n:,} 所学校还没有看到现在的名单",
        "Schools that have not seen their list as it is now: {n:,}",
    ),
    "list_unseen": Label(
        "请看县里发来的名单,看过点“学校已看到”", "Look at your list and confirm it"
    ),
    "list_changed": Label(
        "名单有变化:{n:,} 人,请看过再发给老师", "Your list has changed: {n:,} people"
    ),
    "offered": Label(
        "{n:,} 人等您改派:老师已离开,或手机已停用",
        "People whose teacher left or whose phone was stopped: {n:,}",
    ),
    "unassigned": Label("{n:,} 人还没有分给老师", "People with no teacher yet: {n:,}"),
    "to_review": Label("{n:,} 条记录等您复核", "Records to review: {n:,}"),
    "to_judge_of": Label(
        "{school}:汇总已上报,请接收或退回", "{school}: the summary is in; accept or return it"
    ),
    "slips_at_desk_of": Label(
        "{school}:{n:,} 批签收单等着点收", "{school}: batches of slips to count: {n:,}"
    ),
    "to_review_of": Label("{school}:{n:,} 条记录等复核", "{school}: records to review: {n:,}"),
    "slips_waiting": Label("{n:,} 张扫描的签收单等您看", "Scanned slips to look at: {n:,}"),
    "slips_unrecorded": Label(
        "{n:,} 张签过字的签收单已扫描,还没有送达记录",
        "Signed slips scanned, without a delivery record: {n:,}",
    ),
    "unscanned": Label(
        "{n:,} 条纸质记录还缺扫描件", "Records from paper still without a scan: {n:,}"
    ),
    "compose": Label("可以生成汇总了", "The summary can be composed"),
    "no_schools": Label(
        "先导入学校联系表(附件1)和辖区划分表(附件2)",
        "Import the schools (附件1) and areas (附件2) first",
    ),
    "no_people": Label("导入应还名单", "Import the due list"),
    "no_repayments": Label("还没有导入过还款情况", "No repayments were imported yet"),
    "old_repayments": Label(
        "今天的还款情况还没有导入(最近截至{day.month}月{day.day}日)",
        "Today's repayments are not imported yet (newest: {day})",
    ),
    "claimed": Label(
        "{n:,} 人说已经还了,还款情况里没有或不够,请核对",
        "People who say they have paid, and have not by the repayments: {n:,}",
    ),
    "undelivered": Label("{n:,} 人的通知书还没有送达", "Notices not delivered yet: {n:,}"),
    "undelivered_late": Label(
        "{n:,} 人的通知书还没有送达(签收单{due.month}月{due.day}日已截止,补交注明迟交)",
        "Notices not delivered yet: {n:,} (slips were due {due}; late ones are marked)",
    ),
    "slips_to_centre": Label(
        "{n:,} 张签收单在学校,{due.month}月{due.day}日前交中心",
        "Slips at the school: {n:,}, to be at the centre by {due}",
    ),
    "slips_to_centre_late": Label(
        "{n:,} 张签收单还在学校({due.month}月{due.day}日已截止),请尽快交中心,注明迟交",
        "Slips at the school: {n:,}; they were due at the centre on {due} and are marked late",
    ),
    "slips_to_centre_undated": Label(
        "{n:,} 张签收单在学校,请交中心", "Slips at the school: {n:,}, to be taken to the centre"
    ),
    "slips_at_desk": Label("{n:,} 批签收单等着点收", "Batches of slips to count: {n:,}"),
    "spot_open": Label(
        "督查发现 {n:,} 人和记录不符,请核实后说明",
        "People not found as recorded in a spot check, to be explained: {n:,}",
    ),
    "spot_answered": Label(
        "{n:,} 条督查结果学校已说明,等您了结", "Answers to spot checks to look at: {n:,}"
    ),
    "untouched": Label(
        "{n:,} 人未还清,也还没有任何走访或联系", "Unpaid, with no visit or call yet: {n:,}"
    ),
    "unexplained": Label(
        "{n:,} 位特殊情况人员的说明还没有通过",
        "Statements of special circumstances still open: {n:,}",
    ),
    "returned": Label("{n:,} 条退回的记录等老师改正", "Returned records with teachers: {n:,}"),
    "season_pages": Label(
        "{n:,} 页政策与上门用语还没有核对(今年的规定可能不同)",
        "Policy pages to check for this year: {n:,}",
    ),
    "season_open": Label(
        "年度还在准备:名单、学校和手机怎么连上都办好以后,开始这个年度",
        "The season is in preparation: open it once lists, schools and phones are ready",
    ),
    "season_retention": Label(
        "个人信息的保存期已过({until.month}月{until.day}日),请结束并销毁",
        "The day until which personal data are kept has passed ({until}); close and destroy",
    ),
    "nothing": Label("现在没有要办的事", "Nothing to do right now"),
}

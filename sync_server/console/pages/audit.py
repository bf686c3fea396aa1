"""The audit trail, for admins: who did what and when; each access to a full ID number too."""

from __future__ import annotations

from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import FromQuery

from shared.records.kind import Label
from shared.season import iso_day
from sync_server.console.web.access import ADMINS, INSPECTION, Req, get_services
from sync_server.console.web.rendering import page, page_rows
from sync_server.office import attempts, audit_search
from sync_server.office.audit_search import Asked
from sync_server.office.id_number_access import PURPOSES
from sync_server.store import accounts, audit, units

ACTIONS = {
    "sign_in": Label("登录", "Signed in"),
    "sign_in.failed": Label("登录没有成功", "A sign-in failed"),
    "sign_out": Label("退出", "Signed out"),
    "id_number.shown": Label("查看完整身份证号", "Accessed a full ID number"),
    "case.assign": Label("分配", "Assigned"),
    "case.assign_undo": Label("撤销分配", "Undid an assignment"),
    "case.move": Label("转到别的学校", "Moved to another school"),
    "case.off_list": Label("移出名单", "Taken off the list"),
    "case.on_list": Label("放回名单", "Put back on the list"),
    "case.place": Label("归到学校", "Placed"),
    "case.unplace": Label("撤销归校", "Undid a placing"),
    "paper.correct": Label("按纸质记录改正", "Corrected a record from paper"),
    "paper.key_in": Label("录入纸质记录", "Typed in a record from paper"),
    "paper.scan": Label("补上纸质记录的扫描件", "Added the scan of a sheet"),
    "staff.add": Label("加老师", "Added a teacher"),
    "staff.rename": Label("改老师姓名", "Corrected a teacher's name"),
    "staff.merge": Label("合并老师", "Merged a teacher"),
    "staff.leave": Label("老师离开", "A teacher left"),
    "staff.back": Label("老师回来", "A teacher is back"),
    "staff.keep": Label("先不改派", "Left people with their teacher"),
    "phone.code": Label("发登记码", "Issued a code"),
    "phone.confirm": Label("确认手机", "Confirmed a phone"),
    "phone.renew": Label("手机重新认证", "A phone was verified again"),
    "phone.accept_more": Label("继续接收手机记录", "Accepted more of a phone"),
    "phone.revoke": Label("停用手机", "Stopped a phone"),
    "phone.recovery_code": Label("发恢复码", "Issued a recovery code"),
    "phone.recover": Label("手机用恢复码找回", "A phone was recovered"),
    "phone.enrol_failed": Label("登记码不对", "A wrong enrolment code"),
    "phone.recover_failed": Label("恢复码不对", "A wrong recovery code"),
    "phone.handover": Label("收交接文件", "Took a hand-over file"),
    "photo.read_back": Label("老师看回自己的照片", "A teacher looked at an own photo again"),
    "import.due-list": Label("导入应还名单", "Imported the due list"),
    "import.contacts": Label("导入联系表", "Imported contacts"),
    "import.areas": Label("导入辖区表", "Imported areas"),
    "import.repayments": Label("导入还款情况", "Imported repayments"),
    "import.undo": Label("撤销导入", "Undid an import"),
    "contact.take_back": Label("撤回新联系方式", "Took a new contact back"),
    "review.accepted": Label("复核通过", "Accepted a record"),
    "review.returned": Label("复核退回", "Returned a record"),
    "review.taken_back": Label("撤回复核", "Took a verdict back"),
    "quarantine.take": Label("收下异常记录", "Took a record to decide"),
    "quarantine.drop": Label("不收异常记录", "Dropped a record to decide"),
    "quarantine.ask": Label("请手机重交异常记录", "Asked a phone for a record again"),
    "quarantine.reopen": Label("重新打开异常记录", "Opened a record to decide again"),
    "list.download": Label("下载名单", "Downloaded a list"),
    "list.print": Label("打印名单", "Printed a list"),
    "list.all": Label("做各校名单", "Made the lists of all schools"),
    "list.give": Label("名单发给学校", "Gave a school its list"),
    "list.see": Label("学校看到名单", "A school saw its list"),
    "list.confirm": Label("学校确认名单", "A school confirmed its list"),
    "list.receipt": Label("收回名单签收单", "A list's signed receipt came back"),
    "list.receipt_undo": Label("撤销名单签收", "Took back that a receipt came back"),
    "table.export": Label("导出表格", "Exported a table"),
    "bundle.make": Label("做上报材料包", "Made a bundle"),
    "bundle.download": Label("下载上报材料包", "Downloaded a bundle"),
    "receipt.make": Label("开出收件回执", "Made a receipt"),
    "certs.withdraw": Label("作废证书", "Withdrew a certificate"),
    "certs.take_list": Label(
        "收回发出过的作废证书清单", "Took back a list of withdrawn certificates"
    ),
    "certs.renew": Label("换新证书", "Renewed a certificate"),
    "morning.print": Label("打印今日清单", "Printed morning sheets"),
    "notices.print": Label("排好一批通知书", "Made a batch of notices"),
    "notices.download": Label("打开一批通知书", "Opened a batch of notices"),
    "notices.take_back": Label("撤回一批通知书", "Took a batch of notices back"),
    "school.add": Label("新增学校", "Added a school"),
    "school.rename": Label("学校改名", "Renamed a school"),
    "school.merge": Label("学校合并", "Merged a school"),
    "school.retire": Label("停用学校", "Retired a school"),
    "school.back": Label("恢复学校", "Brought a school back"),
    "school.contact": Label("改学校联络员和电话", "Changed a school's liaison and telephone"),
    "slips.file": Label("签收单扫描归档", "Filed scanned slips"),
    "slips.key": Label("按编号归档签收单", "Filed a slip by its code"),
    "slips.set_aside": Label("把一张签收单图片放到一边", "Set a scanned page aside"),
    "slips.undo": Label("撤销签收单归档", "Took the filing of a slip back"),
    "slips.use": Label("改用另一张签收单", "Used another slip of a person"),
    "slips.withdraw": Label("撤回一叠签收单", "Withdrew a stack of slips"),
    "sheets.print": Label("打印签收表", "Printed sheets of signatures"),
    "slips.prepare": Label("准备签收单批次", "Prepared a batch of slips"),
    "slips.change": Label("改签收单批次", "Changed a batch of slips"),
    "slips.bring": Label("签收单送交中心", "Took slips to the centre"),
    "slips.take_back": Label("签收单批次接着准备", "Went on preparing a batch of slips"),
    "slips.discard": Label("作废签收单批次", "Discarded a batch of slips"),
    "slips.walk_in": Label("收没有交接单的签收单", "Took slips without a sheet"),
    "slips.tick": Label("勾选签收单", "Ticked slips"),
    "slips.receive": Label("点收签收单", "Received slips"),
    "slips.reopen": Label("重新打开签收单批次", "Opened a batch of slips again"),
    "slips.print": Label("打印签收单交接单", "Printed a hand-over sheet of slips"),
    "slips.receipt": Label("打印签收单收据", "Printed a receipt for slips"),
    "policy.save": Label("改政策与上门用语", "Changed a policy text"),
    "policy.add": Label("新加政策与上门用语", "Added a policy text"),
    "policy.move": Label("移动政策与上门用语", "Moved a policy text"),
    "policy.remove": Label("删去政策与上门用语", "Removed a policy text"),
    "policy.restore": Label("恢复政策与上门用语", "Restored policy texts"),
    "policy.confirm": Label("核对政策与上门用语", "Checked a policy text"),
    "season.carry": Label("带过来上一年度的学校", "Carried schools over from another season"),
    "season.new": Label("新建年度", "Made a season"),
    "season.set": Label("改年度设置", "Changed season settings"),
    "season.import": Label("导入年度设置", "Imported season settings"),
    "season.open": Label("开始年度", "Opened a season"),
    "season.close": Label("结束年度", "Closed a season"),
    "season.go_on": Label("老师和手机转到新年度", "Teachers and phones went on"),
    "season.discard": Label("删去年度", "Removed a season"),
    "setup.first_account": Label("第一次启动:第一个账号", "First start: the first account"),
    "bulletin.issue": Label("发布通报", "Issued a bulletin"),
    "bulletin.withdraw": Label("撤回通报", "Withdrew a bulletin"),
    "late.dismissed": Label("决定不约谈", "Decided against a talk"),
    "late.listed": Label("列入约谈", "Called a school in"),
    "late.dated": Label("定约谈日期", "Set the day of a talk"),
    "late.held": Label("记约谈", "Noted a talk"),
    "late.take_back": Label("撤回约谈的一步", "Took a step of a talk back"),
    "late.print": Label("打印约谈单位", "Printed the list of late schools"),
    "spot.draw": Label("督查抽人", "Drew people for a spot check"),
    "spot.take_back": Label("撤回督查抽人", "Took a drawing back"),
    "spot.print": Label("打印督查表", "Printed the sheet of a spot check"),
    "spot.key": Label("录入督查结果", "Keyed in a spot check"),
    "spot.answered": Label("学校说明督查结果", "The school answered a spot check"),
    "spot.asked": Label("请学校再说明", "Asked the school again"),
    "spot.closed": Label("了结督查", "Closed a finding"),
    "summary.compose": Label("生成汇总", "Composed a summary"),
    "summary.discard": Label("作废汇总", "Discarded a summary"),
    "summary.print": Label("打印汇总", "Printed a summary"),
    "summary.elsewhere": Label("上传电子公章文件", "Uploaded a file sealed electronically"),
    "summary.scan": Label("上传扫描件", "Uploaded a scan"),
    "summary.confirm_ink": Label("核对原件后确认签章", "Confirmed a stamp or signature"),
    "summary.unconfirm_ink": Label("撤回签章确认", "Took such a confirmation back"),
    "summary.original": Label("登记收到盖章原件", "Recorded a stamped paper"),
    "summary.original_undo": Label("撤销原件登记", "Took the record of a stamped paper back"),
    "summary.seal": Label("封存", "Sealed"),
    "summary.submit": Label("上报", "Handed in"),
    "summary.accepted": Label("接收汇总", "Accepted a summary"),
    "summary.returned": Label("退回汇总", "Returned a summary"),
    "summary.take_back": Label("收回汇总的结论", "Took a verdict on a summary back"),
    "connect.domain": Label("手机怎么连上:域名和证书", "How phones connect: a domain"),
    "connect.wireless": Label("手机怎么连上:无线网", "How phones connect: wireless"),
    "connect.paper": Label("手机怎么连上:先用纸", "How phones connect: paper first"),
    "connect.tested": Label("手机试连成功", "A phone passed the test"),
    "keys.accept": Label("换了密钥", "Accepted other keys"),
    "backup.check": Label("核对备份", "Checked a backup"),
    "backup.download": Label("下载备份文件", "Downloaded a backup"),
    "backup.make": Label("备份", "Made a backup"),
    "backup.plan": Label("设自动备份", "Set the schedule of backups"),
    "backup.restore": Label("恢复备份", "Restored a backup"),
    "files.copy": Label("把文件复制到文件存储", "Copied the files to the file store"),
    "standings.rebuild": Label("重新算办理状态", "Judged all standings anew"),
    "search.rebuild": Label("重新做查找的索引", "Made the search index anew"),
    "purge.rows": Label("销毁年度", "Destroyed a season's data"),
    "purge.certificate": Label("出具销毁证明", "Certified the destruction"),
    "account.put": Label("设置账号", "Set an account"),
    "account.move": Label("联络员账号转到别的学校", "Moved a liaison's account to another school"),
    "account.link": Label("打印或显示激活链接", "Made an activation link"),
    "account.activate": Label("激活账号", "Activated an account"),
    "account.activate_failed": Label("激活码不对", "A wrong activation code"),
    "account.reset": Label("重设账号", "Reset an account"),
    "account.disable": Label("停用账号", "Disabled an account"),
    "account.enable": Label("重新启用账号", "Enabled an account again"),
    "account.schools": Label("设包联同志的学校", "Set an officer's schools"),
    "account.remove": Label("删除账号", "Removed an account"),
    "account.password": Label("改密码", "Changed the password"),
    "account.password_failed": Label("改密码没有成功", "A change of password failed"),
}
FAILED = frozenset(attempts.FAILED.values())
"""Actions that failed; their detail is how many did that day, and from where."""
MAX_LINES = 200
"""Lines of a page."""
MOST_PAGES = 100_000


@get("/audit", opt={"roles": ADMINS, INSPECTION: True})
async def view(
    request: Req,
    who: FromQuery[str] = "",
    action: FromQuery[str] = "",
    of: FromQuery[str] = "",
    first: FromQuery[str] = "",
    last: FromQuery[str] = "",
    upto: FromQuery[str] = "",
    at: FromQuery[int] = 1,
) -> Response[str]:
    """The lines that fit what is asked, the newest first; masked for who inspects."""
    services, size = get_services(request), page_rows(request, MAX_LINES)
    asked = Asked(
        who=who.strip(),
        action=action,
        of=of.strip(),
        first=iso_day(first),
        last=iso_day(last),
    )
    here = max(1, min(at, MOST_PAGES))
    skip = 0 if size != MAX_LINES else (here - 1) * size
    found = await services.read(
        lambda c: audit_search.read(c, services.season_id, asked, upto=upto, skip=skip, most=size)
    )
    schools = await services.read(lambda c: units.units(c, services.season_id))
    given = {"who": who, "action": action, "of": of, "first": first, "last": last}
    return await page(
        request,
        "audit.html",
        found=found,
        asked=given,
        query=urlencode({k: v for k, v in {**given, "upto": found.upto}.items() if v}),
        at=here,
        pages=max(1, -(-found.total // MAX_LINES)),
        actions=ACTIONS,
        details=PURPOSES,
        failed=FAILED,
        used=await services.read(audit.actions),
        shown=await services.read(accounts.shown_names),
        school_names={s.code: s.name for s in schools},
    )


HANDLERS = (view,)

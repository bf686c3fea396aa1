"""The audit trail, for admins: who did what and when; each access to a full ID number too."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromQuery

from sync_server.console.web.access import ADMINS, Req, get_services
from sync_server.console.web.rendering import page
from sync_server.office.id_number_access import PURPOSES
from sync_server.store import accounts, audit, units

ACTIONS = {
    "sign_in": ("登录", "Signed in"),
    "id_number.shown": ("查看完整身份证号", "Accessed a full ID number"),
    "case.assign": ("分配", "Assigned"),
    "case.place": ("归到学校", "Placed"),
    "phone.code": ("发登记码", "Issued a code"),
    "phone.confirm": ("确认手机", "Confirmed a phone"),
    "phone.revoke": ("停用手机", "Stopped a phone"),
    "phone.recovery_code": ("发恢复码", "Issued a recovery code"),
    "phone.recover": ("手机用恢复码找回", "A phone was recovered"),
    "phone.handover": ("收交接文件", "Took a hand-over file"),
    "import.due-list": ("导入应还名单", "Imported the due list"),
    "import.contacts": ("导入联系表", "Imported contacts"),
    "import.areas": ("导入辖区表", "Imported areas"),
    "import.repayments": ("导入还款情况", "Imported repayments"),
    "review.accepted": ("复核通过", "Accepted a record"),
    "review.returned": ("复核退回", "Returned a record"),
    "notices.print": ("打印通知书", "Printed notices"),
    "policy.save": ("改政策和说法", "Changed a policy text"),
    "policy.add": ("新加政策和说法", "Added a policy text"),
    "policy.move": ("移动政策和说法", "Moved a policy text"),
    "policy.remove": ("删去政策和说法", "Removed a policy text"),
    "policy.restore": ("恢复政策和说法", "Restored policy texts"),
    "summary.compose": ("生成汇总", "Composed a summary"),
    "summary.scan": ("上传扫描件", "Uploaded a scan"),
    "summary.seal": ("封存", "Sealed"),
    "summary.submit": ("上报", "Handed in"),
    "summary.accepted": ("接收汇总", "Accepted a summary"),
    "summary.returned": ("退回汇总", "Returned a summary"),
    "connect.domain": ("手机怎么连上:域名和证书", "How phones connect: a domain"),
    "connect.wireless": ("手机怎么连上:无线网", "How phones connect: wireless"),
    "connect.paper": ("手机怎么连上:先用纸", "How phones connect: paper first"),
    "connect.tested": ("手机试连成功", "A phone passed the test"),
    "account.put": ("设置账号", "Set an account"),
    "account.remove": ("删除账号", "Removed an account"),
    "account.password": ("改密码", "Changed the password"),
}
MAX_LINES = 1000


@get("/audit", opt={"roles": ADMINS})
async def view(request: Req, action: FromQuery[str] = "") -> Response[str]:
    """The newest lines, of one action if asked."""
    services = get_services(request)
    notes = await services.read(lambda c: audit.listed(c, MAX_LINES))
    known = await services.read(accounts.listed)
    schools = await services.read(lambda c: units.units(c, services.settings.season))
    chosen = [n for n in notes if not action or n.action == action]
    return await page(
        request,
        "audit.html",
        notes=chosen,
        actions=ACTIONS,
        details=PURPOSES,
        action=action,
        used=sorted({n.action for n in notes}),
        shown={a.name: a.shown for a in known},
        school_names={s.code: s.name for s in schools},
    )


HANDLERS = (view,)

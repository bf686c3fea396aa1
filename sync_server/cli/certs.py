"""`doorstep certs init | list | revoke | renew` and others: the certificates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from shared.problems import ProblemError
from shared.season import moment_of
from sync_server import whole_file
from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, opened

app = typer.Typer(no_args_is_help=True, help="证书:根、县、学校")


@app.command("init")
def certs_init(data: Data = None, as_json: AsJson = False) -> None:
    """造根证书和县证书(已有则不动)。"""
    from sync_server.office import certs

    with opened(data) as services:
        certs.ensure(services, "")
        root = str(certs.folder(services) / "root.pem")
    output.show({"root": root}, as_json, lambda: output.screen.print(root))


@app.command("export-root")
def certs_export_root(dest: Path, data: Data = None, as_json: AsJson = False) -> None:
    """把根私钥移到别处(如 U 盘)保管;根证书留下。"""
    from sync_server.office import certs
    from sync_server.sealing.certificates import export_root

    with opened(data) as services:
        services.settings.check_keys_writable()
        key = str(export_root(certs.folder(services), dest))
    output.show({"key": key}, as_json, lambda: output.screen.print(key))


@app.command("list")
def certs_list(data: Data = None, as_json: AsJson = False) -> None:
    """列出证书、到期时间，以及作废的证书。"""
    from sync_server.office import certificate_list, withdrawals

    with opened(data) as services:
        held, listed = certificate_list.held(services), withdrawals.of_now(services)
    value: dict[str, Any] = {
        "held": [
            {
                "code": one.code,
                "name": one.name,
                "serial": one.serial,
                "until": one.until.isoformat(),
                "days_left": one.days_left,
                "due": one.due,
            }
            for one in held
        ],
        "withdrawn": [
            {"serial": f"{one.serial:x}", "since": one.since.isoformat(), "reason": one.reason}
            for one in (listed.entries if listed else ())
        ],
        "documents": [msgspec.structs.asdict(one) for one in (listed.documents if listed else ())],
    }

    def words() -> None:
        for one in held:
            again = "，该续期了" if one.due else ""
            line = f"{one.code}  {one.name}  还有 {one.days_left} 天到期{again}"
            output.screen.print(line, soft_wrap=True)
        for entry in value["withdrawn"]:
            line = f"已作废 {entry['serial']}  从 {entry['since']} 起"
            output.screen.print(line, soft_wrap=True)
        for named in value["documents"]:
            kind = {"bulletin": "通报", "receipt": "收件回执"}.get(named["kind"], named["kind"])
            line = f"已撤回 {kind}第 {named['number']} 号  {named['at']}"
            output.screen.print(line, soft_wrap=True)

    output.show(value, as_json, words)


@app.command("revoke")
def certs_revoke(
    code: str,
    reason: Annotated[
        str,
        typer.Option(help="stolen 可能在别人手里，lost 丢了，replaced 已换，closed 单位撤销"),
    ],
    data: Data = None,
    as_json: AsJson = False,
    since: Annotated[
        str, typer.Option(help="从什么时候起作废，如 2026-11-20T09:00；不写就是现在")
    ] = "",
    note: Annotated[str, typer.Option(help="说明，只留在县里")] = "",
    earlier: Annotated[
        bool, typer.Option("--earlier", help="作废以前换下的密钥的证书；现在用的不动")
    ] = False,
) -> None:
    """作废一个单位的证书：不能撤销；下次封存自动用新密钥发新证书。

    已作废的再作废一次，只会更重：丢了改成可能在别人手里，或从更早的时间起。
    """
    from sync_server.office import withdrawals

    moment = moment_of(since)
    if since and moment is None:
        raise typer.BadParameter("写成 2026-11-20T09:00")
    with opened(data) as services:
        listed = withdrawals.withdraw(
            services, code, reason=reason, since=moment, note=note, who=WHO, earlier=earlier
        )
    value = {"number": listed.number, "withdrawn": len(listed.entries)}
    output.show(value, as_json, lambda: output.mapping(value))


@app.command("withdrawn")
def certs_withdrawn(out: Path, data: Data = None, as_json: AsJson = False) -> None:
    """把最新的作废证书清单写成文件（.crl），交给要核验的人。"""
    from sync_server.office import withdrawals
    from sync_server.sealing.withdrawn import FILE_NAME

    with opened(data) as services:
        body = withdrawals.current(services)
    if not body:
        raise ProblemError("certs.missing", unit="county")
    path = out / FILE_NAME if out.is_dir() else out
    whole_file.write(path, body)
    output.show({"file": str(path)}, as_json, lambda: output.screen.print(str(path)))


@app.command("take-list")
def certs_take_list(file: Path, data: Data = None, as_json: AsJson = False) -> None:
    """恢复备份以后：收回以前发出过的作废证书清单（.crl），作废的仍然作废。"""
    from sync_server.office import withdrawals

    if not file.is_file():
        raise typer.BadParameter(f"没有这个文件:{file}")
    with opened(data) as services:
        listed = withdrawals.take(services, file.read_bytes(), who=WHO)
    value = {"number": listed.number, "withdrawn": len(listed.entries)}
    output.show(value, as_json, lambda: output.mapping(value))


@app.command("renew")
def certs_renew(
    code: Annotated[str, typer.Argument(help="单位代码，或 county；不写就是所有快到期的")] = "",
    data: Data = None,
    as_json: AsJson = False,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="换新密钥；不写就用原来的密钥")
    ] = False,
) -> None:
    """证书续期：以前封存的照常核验。"""
    from sync_server.office import certificate_list

    with opened(data) as services:
        due = [one.code for one in certificate_list.due(services) if one.code != "root"]
        codes = [code] if code else sorted(due, key=lambda one: one != "county")
        made = [certificate_list.renew(services, one, new_key=new_key, who=WHO) for one in codes]
    value = {one.code: f"{one.until:%Y-%m-%d}" for one in made}
    output.show({"renewed": value}, as_json, lambda: output.mapping(value))

"""`doorstep certs init | export-root`: the county's certificates."""

from __future__ import annotations

from pathlib import Path

import typer

from sync_server.cli import output
from sync_server.cli.options import AsJson, Data, opened

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
        key = str(export_root(certs.folder(services), dest))
    output.show({"key": key}, as_json, lambda: output.screen.print(key))

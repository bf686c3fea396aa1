"""Every command of `doorstep`, by topic."""

from __future__ import annotations

import typer

from sync_server.cli import (
    accounts,
    backup,
    bulletin,
    bundle,
    certs,
    files,
    hand_in,
    handover,
    imports,
    keys,
    leaflet,
    notices,
    original,
    paper,
    quarantine,
    receipt,
    repayments,
    school,
    schools,
    search,
    season,
    server,
    slips,
    spot_check,
    stamps,
    standings,
    summary,
    teachers,
    tls,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="上门 Doorstep:导入、登记、汇总、封存、核验",
)
for _topic in (
    server,
    school,
    notices,
    summary,
    bundle,
    receipt,
    leaflet,
    stamps,
    original,
    backup,
    handover,
    slips,
):
    app.add_typer(_topic.app)
app.add_typer(imports.undoing)
for _name, _group in (
    ("bulletin", bulletin),
    ("import", imports),
    ("repayments", repayments),
    ("season", season),
    ("quarantine", quarantine),
    ("paper", paper),
    ("hand-in", hand_in),
    ("keys", keys),
    ("spot-check", spot_check),
    ("certs", certs),
    ("teachers", teachers),
    ("accounts", accounts),
    ("schools", schools),
    ("standings", standings),
    ("files", files),
    ("search", search),
    ("tls", tls),
):
    app.add_typer(_group.app, name=_name)

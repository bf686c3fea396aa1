"""`doorstep bundle`: what goes up to a recipient, as a zip and as a folder."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Annotated

import typer

from shared.problems import ProblemError, Where
from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, opened

app = typer.Typer()


@app.command()
def bundle(
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
    to: Annotated[str, typer.Option("--to", help="报送对象的代号，如 bank；空着是主报送对象")] = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", file_okay=False, help="放到哪个文件夹：压缩包和解开的文件夹各一份"),
    ] = None,
) -> None:
    """做上报材料包：说明、盖章的汇总、汇总表、各校封存件和核验用的文件。"""
    from sync_server.office import bundles

    with opened(data, season) as services:
        with output.progress("装了 {done:,} / {total:,} 份") as note:
            made = bundles.make(services, to, who=WHO, progress=note)
        value = {
            "name": made.name,
            "document": made.document,
            "version": made.version,
            "files": made.files,
            "size_bytes": made.size_bytes,
            "sha256": made.sha256,
        }
        if out is not None:
            _, path = bundles.download(services, made.sealed_sha256, who=WHO)
            value["zip"], value["folder"] = _put(path, made.name, out)
    output.show(value, as_json, lambda: output.mapping(value))


def _put(path: Path, name: str, out: Path) -> tuple[str, str]:
    """Copy the zip and unpack it beside; return where both are.

    Raises:
        ProblemError: bundle.exists, disk.full, disk.broken.
    """
    from sync_server.disk_errors import disk_problems

    copied, folder = out / f"{name}.zip", out / name
    if folder.exists():
        raise ProblemError("bundle.exists", Where(file=str(folder)), folder=str(folder))
    with disk_problems():
        out.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
        with zipfile.ZipFile(copied) as packed:
            packed.extractall(out)
    return str(copied), str(folder)

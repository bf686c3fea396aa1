"""Secrets of deploy/ are files: made once, for nobody else, and handed to the process alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
from pathlib import Path

from tests.support.deploy import DEPLOY, clean, compose, run


def test_secrets_come_from_files_and_stand_nowhere() -> None:
    script = (DEPLOY / "with-secrets").read_text("utf-8")
    environment = compose()["x-server"]["environment"]
    named = {n.removesuffix("_FILE") for n in environment if n.endswith("_FILE")}
    assert named == set(re.findall(r"^from_file (\w+)$", script, re.MULTILINE))
    declared = set(compose()["secrets"])
    for name, service in compose()["services"].items():
        assert set(service.get("secrets", ())) <= declared, name
        text = json.dumps(service)
        assert set(re.findall(r"/run/secrets/([\w.]+)", text)) <= set(service.get("secrets", ()))
    for example in DEPLOY.rglob("*.example"):
        given = dict(
            x.split("=", 1) for x in example.read_text("utf-8").splitlines() if x[:1].isupper()
        )
        assert not any(v for n, v in given.items() if re.search("PASSWORD|SECRET|KEY_ID", n))


def test_the_start_reads_each_secret_and_hands_on_no_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cr et\n")
    names = ("PGPASSWORD", "AWS_SECRET_ACCESS_KEY")
    environ = {"PATH": os.environ["PATH"], **{f"{n}_FILE": str(tmp_path / "key") for n in names}}
    found = run(DEPLOY / "with-secrets", "env", env=environ)
    clean(found)
    assert {f"{name}=s3cr et" for name in names} <= set(found.stdout.splitlines())
    assert "_FILE" not in found.stdout
    missing = run(DEPLOY / "with-secrets", "true", env={**environ, "PGPASSWORD_FILE": "/nowhere"})
    assert missing.returncode != 0


def test_secrets_are_made_once_and_for_nobody_else(tmp_path: Path) -> None:
    shutil.copy(DEPLOY / "make-secrets", tmp_path)
    before, made = made_secrets(tmp_path), made_secrets(tmp_path)
    assert made == before
    assert set(made) | {"tls.pem"} == set(compose()["secrets"])
    assert len(set(made.values())) == len(made)
    key = json.loads(made["s3.json"])["identities"][0]["credentials"][0]
    assert key == {"accessKey": made["s3_access_key"], "secretKey": made["s3_secret_key"]}
    modes = {
        stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "secrets").iterdir() if p.is_file()
    }
    assert modes == {0o600}


def made_secrets(folder: Path) -> dict[str, str]:
    clean(run(folder / "make-secrets"))
    return {p.name: p.read_text() for p in (folder / "secrets").iterdir() if p.is_file()}

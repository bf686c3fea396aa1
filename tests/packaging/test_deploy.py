"""deploy/: what linters say of it, and that it names only what the program has.

No container engine runs here, and no systemd: images are never built, units never started. The proxy's configuration
is run as it stands before a real server.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
import yaml

from sync_server import serve_choice
from sync_server.cli.topics import app as command_line
from sync_server.crypto import tls as own_root
from tests.packaging.test_wheel import BESIDE, TREE
from tests.support.sites import ROOT

DEPLOY = ROOT / "deploy"
TEXTS = sorted(p for p in DEPLOY.rglob("*") if p.is_file() and "secrets" not in p.parts)
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SCRIPTS = ("with-secrets", "make-secrets")
OF_LIBRARIES = ("PGPASSWORD", "AWS_")
"""Variables that libraries of ours read: PostgreSQL's and the S3 client's."""
COMING = {"DOORSTEP_FILES", "DOORSTEP_KEYS", "--workers"}
"""What deploy/ names and the program is about to have; whoever adds one takes it out here."""
MOST_EXPOSED = 20
"""Tenths, as `systemd-analyze security` counts: 0 is nothing, 100 everything."""
_VARIABLE = re.compile(r"\b(?:DOORSTEP|AWS|PG)_?[A-Z][A-Z0-9_]*\b")


def program(name: str) -> str:
    """A linter of the virtual environment or the system; skips by name where it is nowhere."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin")
    if found is None:
        pytest.skip(f"NOT CHECKED: {name} is not installed")
    return found


def run(*command: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def clean(found: subprocess.CompletedProcess[str]) -> None:
    assert found.returncode == 0, found.stdout + found.stderr


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return found


def directives(unit: Path) -> list[tuple[str, str]]:
    lines = unit.read_text("utf-8").splitlines()
    return [(n, v) for n, sep, v in (x.partition("=") for x in lines) if sep and n[:1] != "#"]


def code() -> str:
    """All of the server's and the shared sources."""
    files = [p for folder in ("sync_server", "shared") for p in (ROOT / folder).rglob("*.py")]
    return "\n".join(path.read_text("utf-8") for path in files)


def test_the_container_file_passes_its_linter() -> None:
    clean(run(program("hadolint"), "--failure-threshold", "info", DEPLOY / "Containerfile"))


def test_the_compose_file_is_one_by_its_schema() -> None:
    schema = ("--builtin-schema", "vendor.compose-spec")
    clean(run(program("check-jsonschema"), *schema, DEPLOY / "compose.yaml"))


def test_the_scripts_pass_their_linter() -> None:
    clean(run(program("shellcheck"), *(DEPLOY / name for name in SCRIPTS)))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_sound_and_closed_by_systemds_own_judgement(unit: Path, tmp_path: Path) -> None:
    here = tmp_path / unit.name
    text = unit.read_text("utf-8")
    installed = str(Path(sys.executable).with_name("doorstep"))
    here.write_text(text.replace("/opt/doorstep/bin/doorstep", installed))
    analyze = program("systemd-analyze")
    found = run(analyze, "verify", "--recursive-errors=no", here)
    clean(found)
    assert unit.name not in found.stderr, found.stderr
    clean(run(analyze, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", here))


def test_every_variable_is_one_that_is_read() -> None:
    ours = code()
    for path in TEXTS:
        for name in set(_VARIABLE.findall(path.read_text("utf-8"))):
            plain = name.removesuffix("_FILE")
            if plain.startswith("DOORSTEP_"):
                assert plain in COMING or f'"{plain}"' in ours, f"{path.name}: {name}"
            else:
                assert plain.startswith(OF_LIBRARIES), f"{path.name}: {name}"


def test_nothing_that_is_there_counts_as_coming() -> None:
    options = {name for p in verbs(command_line)["serve"].params for name in p.opts}
    assert {x for x in COMING if f'"{x}"' in code() or x in options} == set()


def verbs(typed: typer.Typer) -> dict[str, Any]:
    command: Any = typer.main.get_command(typed)
    return dict(command.commands)


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


def test_images_have_a_short_name_and_a_version() -> None:
    container = (DEPLOY / "Containerfile").read_text("utf-8")
    python = re.findall(r"^ARG PYTHON=(.+)$", container, re.MULTILINE)
    images = [
        f"python:{python[0]}",
        *re.findall(r"image: (\S+)", (DEPLOY / "compose.yaml").read_text()),
    ]
    assert set(re.findall(r"^FROM (\S+)", container, re.MULTILINE)) == {"python:${PYTHON}"}
    for image in images:
        name, _, tag = image.partition(":")
        assert re.fullmatch(r"[a-z0-9-]+(/[a-z0-9-]+)?", name), image
        assert re.match(r"\d+\.\d+", tag), image


def test_ports_agree_from_the_street_to_the_server() -> None:
    services, container = compose()["services"], (DEPLOY / "Containerfile").read_text("utf-8")
    proxy = (DEPLOY / "haproxy.cfg").read_text("utf-8")
    port = str(serve_choice.DEFAULT_PORT)
    assert set(re.findall(r"(?:EXPOSE |\"--port\", \"|127\.0\.0\.1:)(\d+)", container)) == {port}
    assert set(re.findall(r"(?:--port |127\.0\.0\.1:)(8\d+)", _all(UNITS))) == {port}
    servers = dict(re.findall(r"^    server \w+ (\S+):(\d+)", proxy, re.MULTILINE))
    assert servers == {name: port for name in services if name.startswith("server-")}
    assert {x.split(":")[1] for x in services["proxy"]["ports"]} == set(
        re.findall(r"bind :(\d+)", proxy)
    )
    assert f"127.0.0.1:{port}/" in str(compose()["x-server"]["healthcheck"])
    environment = compose()["x-server"]["environment"]
    assert environment["AWS_ENDPOINT_URL_S3"] == "http://s3:8333"
    assert "-s3.port=8333" in services["s3"]["command"]
    subnet = compose()["networks"]["inside"]["ipam"]["config"][0]["subnet"]
    assert environment["DOORSTEP_PROXIES"] == subnet


def _all(paths: list[Path]) -> str:
    return "\n".join(path.read_text("utf-8") for path in paths)


def test_every_server_has_a_folder_of_its_own_and_nothing_else_to_write_to() -> None:
    found = compose()
    mounted = [s["volumes"][0] for n, s in found["services"].items() if n.startswith("server-")]
    assert len(set(mounted)) == len(mounted)
    assert all(one.endswith(":/data") for one in mounted)
    server = found["x-server"]
    assert (server["read_only"], server["cap_drop"]) == (True, ["ALL"])
    container = (DEPLOY / "Containerfile").read_text("utf-8")
    assert "DOORSTEP_DATA=/data" in container
    assert "VOLUME /data" in container
    user = re.findall(r"USER (\d+):(\d+)", container)[0]
    assert set(user) == {*re.findall(r"--uid (\d+)", container)}
    assert set(re.findall(r"chown (\d+):(\d+)", _all([DEPLOY / "make-secrets"]))) == {user}


def test_what_is_started_is_in_the_command_line() -> None:
    container = (DEPLOY / "Containerfile").read_text("utf-8")
    started = [json.loads(line) for line in re.findall(r"^CMD (\[.+\])$", container, re.MULTILINE)]
    started += [
        value.split() for unit in UNITS for name, value in directives(unit) if name == "ExecStart"
    ]
    assert len(started) == 1 + len(UNITS)
    for words in started:
        known(words)


def known(words: list[str]) -> None:
    """Every verb and option of a command is one of the command line's."""
    command: Any = typer.main.get_command(command_line)
    assert Path(words[0]).name == "doorstep"
    for word in words[1:]:
        if word.startswith("-"):
            options = {name for p in command.params for name in p.opts}
            assert word in options | COMING, words
        elif hasattr(command, "commands"):
            assert word in command.commands, words
            command = command.commands[word]


def test_commands_of_the_guide_are_in_the_command_line() -> None:
    text = (DEPLOY / "README.md").read_text("utf-8")
    commands = re.findall(
        r"^(?:sudo -u doorstep )?(?:/opt/doorstep/bin/)?(doorstep .+)$", text, re.MULTILINE
    )
    assert commands
    for command in commands:
        known(command.partition("#")[0].split())


def test_the_guide_names_every_file_and_every_place() -> None:
    text = (DEPLOY / "README.md").read_text("utf-8")
    names = [p.name for p in TEXTS if p.name != "README.md"]
    assert [name for name in names if name not in text] == []
    for unit in UNITS:
        of = dict(directives(unit))
        assert f"/var/lib/{of['StateDirectory']}" == of["Environment"].partition("=")[2]
        assert of["EnvironmentFile"].lstrip("-") in text
        assert f"/var/lib/{of['StateDirectory']}" in text


def test_a_build_gets_what_the_wheel_is_made_of_and_no_secret() -> None:
    allowed = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line[:1] == "!"
    }
    container = (DEPLOY / "Containerfile").read_text("utf-8")
    copied = {x for x in re.findall(r"^COPY (?!--from)(\S+) ", container, re.MULTILINE) if x != "."}
    assert {*TREE, *BESIDE, *copied, "Makefile", "main.py", "requirements.lock"} <= allowed
    assert all((ROOT / name).exists() for name in allowed)
    assert not any(name.startswith("deploy/") for name in allowed - copied)


@pytest.fixture(scope="module")
def behind_the_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int, Path]]:
    """The proxy as configured, before two servers of ours, one of which is not there: its two ports and certificate."""
    folder = tmp_path_factory.mktemp("proxy")
    haproxy = program("haproxy")
    server, plain, tls, nobody = (_free() for _ in range(4))
    own_root.init(folder, "localhost", ("127.0.0.1",), datetime.now(UTC))
    text = (DEPLOY / "haproxy.cfg").read_text("utf-8")
    for was, now in (
        ("/run/secrets/tls.pem", str(folder / own_root.SERVER)),
        ("bind :8080", f"bind 127.0.0.1:{plain}"),
        ("bind :8443", f"bind 127.0.0.1:{tls}"),
        ("server-1:8350", f"127.0.0.1:{server}"),
        ("server-2:8350", f"127.0.0.1:{nobody}"),
    ):
        assert was in text
        text = text.replace(was, now)
    (folder / "haproxy.cfg").write_text(text)
    clean(run(haproxy, "-c", "-f", folder / "haproxy.cfg"))
    environ = {
        **os.environ,
        "DOORSTEP_URL": f"https://localhost:{tls}",
        "DOORSTEP_PROXIES": "127.0.0.1",
    }
    command = [sys.executable, "-m", "sync_server.cli", "serve", "--host", "127.0.0.1"]
    log = (folder / "log").open("wb")
    started = [
        subprocess.Popen(
            [*command, "--port", str(server), "--data", str(folder / "data")],
            env=environ,
            stdout=log,
        ),
        subprocess.Popen(
            [haproxy, "-db", "-f", str(folder / "haproxy.cfg")], stdout=log, stderr=log
        ),
    ]
    try:
        _until(lambda: _answers(tls, 1) == {200})
        yield plain, tls, folder
    finally:
        for one in started:
            one.terminate()
            one.wait(30)
        log.close()


def _free() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _until(holds: Any, longest_s: float = 60) -> None:
    until = time.monotonic() + longest_s
    while time.monotonic() < until:
        try:
            if holds():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise TimeoutError


def test_the_proxy_finds_the_server_that_lives_each_time(
    behind_the_proxy: tuple[int, int, Path],
) -> None:
    _, tls, _ = behind_the_proxy
    _until(lambda: _answers(tls, 10) == {200})


def browser(tls: int) -> httpx.Client:
    """Somebody who takes our own root for granted."""
    return httpx.Client(base_url=f"https://localhost:{tls}", verify=False, timeout=60)  # noqa: S501


def _answers(tls: int, count: int) -> set[int]:
    with browser(tls) as http:
        return {http.get("/v1/health").status_code for _ in range(count)}


def test_plain_http_is_sent_on_to_https(behind_the_proxy: tuple[int, int, Path]) -> None:
    plain, _, _ = behind_the_proxy
    answer = httpx.get(f"http://127.0.0.1:{plain}/enrol", headers={"Host": "daikuan.example.cn"})
    assert (answer.status_code, answer.headers["location"]) == (
        308,
        "https://daikuan.example.cn/enrol",
    )


def test_pages_are_https_pages_behind_the_proxy(behind_the_proxy: tuple[int, int, Path]) -> None:
    _, tls, _ = behind_the_proxy
    with browser(tls) as http:
        answer = http.get("/sign-in", headers={"X-Forwarded-Proto": "http"})
    assert answer.status_code == 200
    assert "Secure" in answer.headers["set-cookie"]


def test_the_proxy_logs_no_request(behind_the_proxy: tuple[int, int, Path]) -> None:
    _, tls, folder = behind_the_proxy
    with browser(tls) as http:
        http.get("/setup/secret-of-a-page")
    assert "secret-of-a-page" not in (folder / "log").read_text("utf-8", "replace")

"""deploy/ names only what the program has: variables, ports, paths, verbs and options agree with the sources."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import typer

from sync_server import serve_choice
from sync_server.cli.topics import app as command_line
from tests.support.deploy import CONTAINER, DEPLOY, GUIDE, PROXY, TEXTS, UNITS, compose, directives
from tests.support.sites import ROOT, WHEEL_BESIDE, WHEEL_TREE

OF_LIBRARIES = ("PGPASSWORD", "AWS_")
"""Variables that libraries of ours read: PostgreSQL's and the S3 client's."""
_VARIABLE = re.compile(r"\b(?:DOORSTEP|AWS|PG)_?[A-Z][A-Z0-9_]*\b")


def code() -> str:
    """All of the server's and the shared sources."""
    files = [p for folder in ("sync_server", "shared") for p in (ROOT / folder).rglob("*.py")]
    return "\n".join(path.read_text("utf-8") for path in files)


def test_every_variable_is_one_that_is_read() -> None:
    ours = code()
    for path in TEXTS:
        for name in set(_VARIABLE.findall(path.read_text("utf-8"))):
            plain = name.removesuffix("_FILE")
            if plain.startswith("DOORSTEP_"):
                assert f'"{plain}"' in ours, f"{path.name}: {name}"
            else:
                assert plain.startswith(OF_LIBRARIES), f"{path.name}: {name}"


def verbs(typed: typer.Typer) -> dict[str, Any]:
    command: Any = typer.main.get_command(typed)
    return dict(command.commands)


def test_images_have_a_short_name_and_a_version() -> None:
    python = re.findall(r"^ARG PYTHON=(.+)$", CONTAINER, re.MULTILINE)
    images = [
        f"python:{python[0]}",
        *re.findall(r"image: (\S+)", (DEPLOY / "compose.yaml").read_text()),
    ]
    assert set(re.findall(r"^FROM (\S+)", CONTAINER, re.MULTILINE)) == {"python:${PYTHON}"}
    for image in images:
        name, _, tag = image.partition(":")
        assert re.fullmatch(r"[a-z0-9-]+(/[a-z0-9-]+)?", name), image
        assert re.match(r"\d+\.\d+", tag), image


def test_ports_agree_from_the_street_to_the_server() -> None:
    services = compose()["services"]
    port = str(serve_choice.DEFAULT_PORT)
    assert set(re.findall(r"(?:EXPOSE |\"--port\", \"|127\.0\.0\.1:)(\d+)", CONTAINER)) == {port}
    assert set(re.findall(r"(?:--port |127\.0\.0\.1:)(8\d+)", _all(UNITS))) == {port}
    servers = dict(re.findall(r"^    server \w+ (\S+):(\d+)", PROXY, re.MULTILINE))
    assert servers == {name: port for name in services if name.startswith("server-")}
    assert {x.split(":")[1] for x in services["proxy"]["ports"]} == set(
        re.findall(r"bind :(\d+)", PROXY)
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
    assert "DOORSTEP_DATA=/data" in CONTAINER
    assert "VOLUME /data" in CONTAINER
    user = re.findall(r"USER (\d+):(\d+)", CONTAINER)[0]
    assert set(user) == {*re.findall(r"--uid (\d+)", CONTAINER)}
    assert set(re.findall(r"chown (\d+):(\d+)", _all([DEPLOY / "make-secrets"]))) == {user}


def test_what_is_started_is_in_the_command_line() -> None:
    started = [json.loads(line) for line in re.findall(r"^CMD (\[.+\])$", CONTAINER, re.MULTILINE)]
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
            assert word in options, words
        elif hasattr(command, "commands"):
            assert word in command.commands, words
            command = command.commands[word]


def test_commands_of_the_guide_are_in_the_command_line() -> None:
    commands = re.findall(
        r"^(?:sudo -u doorstep )?(?:/opt/doorstep/bin/)?(doorstep .+)$", GUIDE, re.MULTILINE
    )
    assert commands
    for command in commands:
        known(command.partition("#")[0].split())


def test_the_guide_names_every_file_and_every_place() -> None:
    names = [p.name for p in TEXTS if p.name != "README.md"]
    assert [name for name in names if name not in GUIDE] == []
    for unit in UNITS:
        of = dict(directives(unit))
        assert f"/var/lib/{of['StateDirectory']}" == of["Environment"].partition("=")[2]
        assert of["EnvironmentFile"].lstrip("-") in GUIDE
        assert f"/var/lib/{of['StateDirectory']}" in GUIDE


def test_a_build_gets_what_the_wheel_is_made_of_and_no_secret() -> None:
    allowed = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line[:1] == "!"
    }
    copied = {x for x in re.findall(r"^COPY (?!--from)(\S+) ", CONTAINER, re.MULTILINE) if x != "."}
    assert {
        *WHEEL_TREE,
        *WHEEL_BESIDE,
        *copied,
        "Makefile",
        "main.py",
        "requirements.lock",
    } <= allowed
    assert [name for name in allowed if not (ROOT / name).exists()] == []
    assert not any(name.startswith("deploy/") for name in allowed - copied)

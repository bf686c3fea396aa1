"""`doorstep serve` is read without typer where it is written plainly, and means what typer would read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_server.cli import main, serve_line, server, serving
from sync_server.cli.serving import Options

VALUES = {
    "--data": st.just("office data"),
    "--host": st.sampled_from(["127.0.0.1", "::1", "localhost"]),
    "--port": st.sampled_from(["1", "8350", "65535"]),
    "--cert": st.just("a b.pem"),
    "--key": st.just("key.pem"),
    "--proxy": st.sampled_from(["127.0.0.1", "10.0.0.0/8"]),
}


@st.composite
def lines(draw: st.DrawFn) -> list[str]:
    """Options in any order, with a space or an equals sign."""
    names = draw(st.permutations([*VALUES, "--proxy"]))
    written: list[str] = []
    for name in names[: draw(st.integers(0, len(names)))]:
        value = draw(VALUES[name])
        written += draw(st.sampled_from([[name, value], [f"{name}={value}"]]))
    return written


def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path | None, Options]]:
    found: list[tuple[Path | None, Options]] = []
    monkeypatch.setattr(
        serving, "until_stopped", lambda data, options: found.append((data, options))
    )
    return found


@settings(max_examples=40, deadline=None)
@given(line=lines())
def test_a_plain_line_means_what_typer_reads(line: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DOORSTEP_DATA", raising=False)
        found = served(patch)
        main.main(["serve", *line])
        server.app(args=["serve", *line], standalone_mode=False)
    assert len(found) == 2
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "line",
    [
        ["--help"],
        ["--port", "many"],
        ["--port"],
        ["--port="],
        ["--port", "1", "--port", "2"],
        ["--data", "--host"],
        ["--new", "1"],
        ["folder"],
    ],
)
def test_any_other_line_is_left_to_typer(line: list[str]) -> None:
    assert serve_line.read(line) is None


def test_typer_answers_a_wrong_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["serve", "--port", "many"])
    assert ended.value.code == 2
    assert "--port" in capsys.readouterr().err


def test_every_option_of_typer_is_known_or_read_by_typer() -> None:
    import typer

    command: Any = typer.main.get_command(server.app)
    options = {option for one in command.commands["serve"].params for option in one.opts}
    assert set(serve_line.VALUES) <= options

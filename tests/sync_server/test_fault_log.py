"""What the log of faults holds: where it went wrong, and nothing that anybody entered."""

from __future__ import annotations

import ast
import logging
import re
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from sync_server import fault_log
from sync_server.problem_details import problem_of
from sync_server.services import Services
from sync_server.store import tables as t

SOURCES = Path(fault_log.__file__).parent
SECRETS = ("欧阳小雨", "610599199801010024", "13812345678", "ds1_token")


def log_of(services: Services) -> Path:
    return services.settings.data_dir / "logs" / "errors.log"


def failing(name: str, number: str) -> None:
    """A fault whose own message, and that of its cause, quote what was entered."""
    try:
        int(f"{name} {number}")
    except ValueError as error:
        raise RuntimeError(f"{SECRETS[2]} {SECRETS[3]}") from error


def reference_of(error: Exception) -> str:
    return str(problem_of(error).values["ref"])


def test_a_fault_is_logged_under_its_reference_without_what_was_entered(
    services: Services,
) -> None:
    with pytest.raises(RuntimeError) as raised:
        failing(*SECRETS[:2])
    reference = reference_of(raised.value)
    logged = log_of(services).read_text()
    assert reference in logged
    assert "builtins.ValueError" in logged
    assert "test_fault_log.py" in logged
    assert "failing" in logged
    assert not any(secret in logged for secret in SECRETS)


def test_an_error_of_the_database_quotes_no_parameter(services: Services) -> None:
    row = {"name": SECRETS[0], "role": "officer"}

    def twice(connection: object) -> None:
        for _ in range(2):
            connection.execute(t.account.insert(), {**row, "password": SECRETS[3]})

    with pytest.raises(IntegrityError) as raised:
        services.database.write(twice)
    assert not any(secret in str(raised.value) for secret in SECRETS)
    reference_of(raised.value)
    logged = log_of(services).read_text()
    assert "SQLITE_CONSTRAINT" in logged
    assert not any(secret in logged for secret in SECRETS)


def test_the_log_is_its_owners_alone_and_a_full_one_makes_room(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fault_log, "MOST_BYTES", 2000)
    fault_log.write_to(services.settings.data_dir)
    for _ in range(300):
        reference_of(ValueError("x"))
    files = sorted(log_of(services).parent.iterdir())
    assert len(files) == 1 + fault_log.OLDER_FILES
    assert all(file.stat().st_size <= 2000 for file in files)
    assert {file.stat().st_mode & 0o077 for file in [*files, log_of(services).parent]} == {0}


def test_a_process_logs_to_the_folder_it_opened_last(services: Services, tmp_path: Path) -> None:
    fault_log.write_to(tmp_path)
    reference = reference_of(ValueError("x"))
    assert reference in (tmp_path / "logs" / "errors.log").read_text()
    assert not log_of(services).exists()
    handlers = logging.getLogger("doorstep").handlers
    assert sum(isinstance(h, fault_log.RotatingFileHandler) for h in handlers) == 1


def test_an_endless_recursion_is_one_bounded_fault(services: Services) -> None:
    def endless(name: str) -> None:
        endless(name)

    with pytest.raises(RecursionError) as raised:
        endless(SECRETS[0])
    reference_of(raised.value)
    logged = log_of(services).read_text()
    assert "RecursionError" in logged
    assert len(logged) <= fault_log.MOST_CHARACTERS
    assert len(logged.splitlines()) <= fault_log.PLACES + 5


def test_exceptions_that_lead_to_one_another_are_each_described_once(services: Services) -> None:
    one, other = ValueError("x"), KeyError("y")
    one.__cause__, other.__cause__ = other, one
    own = TypeError("z")
    own.__cause__ = own
    for error in (one, own, ExceptionGroup("", [own, one])):
        reference = reference_of(error)
        assert reference in log_of(services).read_text()
    logged = log_of(services).read_text()
    assert [logged.count(name) for name in ("ValueError", "KeyError", "TypeError")] == [2, 2, 2]


def test_a_log_that_was_deleted_begins_anew(services: Services) -> None:
    earlier = reference_of(ValueError("x"))
    fault_log.forget(services.settings.data_dir)
    assert list(log_of(services).parent.iterdir()) == []
    later = reference_of(ValueError("x"))
    logged = log_of(services).read_text()
    assert (earlier in logged, later in logged) == (False, True)


def test_every_engine_hides_the_parameters_of_its_statements() -> None:
    """Or an error of the database would quote every value that was to be stored."""
    calls = [
        node
        for path in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("create_engine")
    ]
    hiding = [c for c in calls if {"hide_parameters"} <= {k.arg for k in c.keywords}]
    assert (len(calls) >= 3, hiding) == (True, calls)


def test_what_we_log_are_words_of_ours_and_never_a_value() -> None:
    """A message of ours is written as it is: its arguments are references, names of chores and limits, places in the code."""
    harmless = {
        "', '.join(names)",
        "reference",
        "chore.name",
        "category.__name__",
        "type(error).__name__",
        "type(fault).__name__",
        "filename",
        "lineno",
    }
    calls = [
        node
        for path in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call)
        and re.fullmatch(
            r"_?(log|LOG|logger)\.(debug|info|warning|error|exception|critical|log)",
            ast.unparse(node.func),
        )
    ]
    assert len(calls) >= 5
    assert all(isinstance(call.args[0], ast.Constant) for call in calls)
    assert {ast.unparse(a) for call in calls for a in call.args[1:]} <= harmless

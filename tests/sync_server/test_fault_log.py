"""What the log of faults holds: where it went wrong, and nothing that anybody entered."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from sync_server import fault_log
from sync_server.problem_details import problem_of
from sync_server.services import Services
from sync_server.store import tables as t

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
            connection.execute(t.account.insert(), {**row, "password": SECRETS[3]})  # type: ignore[attr-defined]

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

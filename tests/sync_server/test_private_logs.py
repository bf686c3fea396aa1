"""Whatever fails, no log, no terminal and no error page holds a name, a number, a token or a password."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from sync_server import fault_log
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import accounts
from sync_server.store import tables as t
from sync_server.store.database import Connection
from tests.support.command_line import doorstep
from tests.support.county import CLOCK, fill
from tests.support.ended import until
from tests.support.engines import change_database, on_postgresql

ROOT = Path(__file__).resolve().parents[2]
NAME, NUMBER, PHONE = "欧阳小雨", "610599199801010024", "13812345678"
TOKEN, PASSWORD, SETUP = "ds1_tokentoken", "a pass word 7", "setuplinksecret"
SECRETS = (NAME, NUMBER, PHONE, TOKEN, PASSWORD, SETUP)


def found_in(text: str) -> list[str]:
    """Which secrets a text holds, also as Python or a URL writes them."""
    ways = {s: (s, s.encode("unicode_escape").decode(), repr(s.encode())[2:-1]) for s in SECRETS}
    return [s for s, written in ways.items() if any(w in text for w in written)]


def logged(data: Path) -> str:
    return "".join(p.read_text("utf-8") for p in sorted((data / "logs").glob("*")))


FAULTS = f"""
import asyncio, gc, logging, sys, threading, warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from sync_server import fault_log
from sync_server.office.job_limits import LIMITS
from sync_server.office.subprocess_call import call
from sync_server.problem_details import problem_of

SECRET = {" ".join(SECRETS)!r}

def fail(text=SECRET):
    raise ValueError(text)

class Unraisable:
    def __del__(self):
        fail()

async def unretrieved():
    loop = asyncio.get_running_loop()
    loop.call_soon(fail, SECRET)
    task = loop.create_task(asyncio.to_thread(fail))
    while not task.done():
        await asyncio.sleep(0.01)
    del task
    gc.collect()
    loop.call_exception_handler({{"message": SECRET, "exception": ValueError(SECRET)}})

def grouped():
    error = ExceptionGroup(SECRET, [ValueError(SECRET), KeyError(SECRET)])
    error.add_note(SECRET)
    raise error

if __name__ == "__main__":
    fault_log.take_over()
    fault_log.write_to(Path(sys.argv[1]))
    asyncio.run(unretrieved())
    thread = threading.Thread(target=fail, name=SECRET)
    thread.start()
    thread.join()
    Unraisable()
    warnings.warn(SECRET)
    for log in ("uvicorn.error", "litestar", "alembic", "pyhanko"):
        logging.getLogger(log).error("refused %s", SECRET, exc_info=ValueError(SECRET))
    for attempt in (lambda: call(fail, [SECRET], dict(), LIMITS["scan"], cancelled=threading.Event()), grouped):
        try:
            attempt()
        except Exception as error:
            problem_of(error)
    logging.getLogger("broken").error("%d", SECRET)
    fail()
"""


def test_nothing_that_python_or_a_library_reports_by_itself_quotes_anything(tmp_path: Path) -> None:
    """Tasks nobody asked, threads, destructors, warnings, logs of libraries, workers, and the end of the process.

    In Python's development mode, which reports more than a server's would.
    """
    script = tmp_path / "faults.py"
    script.write_text(textwrap.dedent(FAULTS), "utf-8")
    done = subprocess.run(
        [sys.executable, "-X", "dev", script, tmp_path / "data"],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    log = logged(tmp_path / "data")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", fault_log.ENDED)
    assert found_in(log) == []
    for kind in (
        "asyncio ",
        "thread ended",
        "unraisable",
        "UserWarning",
        "uvicorn.error ",
        "unforeseen",
        "process ended",
        "broken ",
    ):
        assert kind in log, kind
    assert log.count("builtins.ValueError") >= 9
    assert "KeyError" in log
    assert re.search(r"faults\.py:\d+ fail", log)
    (worker,) = re.findall(r"InSubprocess\n((?:  .*\n)+)", log)
    assert "faults.py" in worker


@pytest.fixture
def data(app_settings: Settings) -> Path:
    """A county with a person, an account and a liaison of these names."""
    services = Services.open(app_settings)
    services.database.write(fill)

    def name_them(connection: Connection) -> None:
        accounts.put(connection, NAME, PASSWORD, "admin", "", NAME)
        connection.execute(t.unit.update().values(liaison_name=NAME))

    services.database.write(name_them)
    services.close()
    return app_settings.data_dir


@contextmanager
def serving(data: Path, output: Path) -> Iterator[str]:
    """`doorstep serve` as an office starts it, its terminal written to a file."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "sync_server.cli",
        "serve",
        "--data",
        str(data),
        "--port",
        str(port),
    ]
    environ = {
        **os.environ,
        "DOORSTEP_CLOCK": CLOCK,
        "LITESTAR_DEBUG": "1",
        "PYTHONASYNCIODEBUG": "1",
    }
    with output.open("wb") as file:
        server = subprocess.Popen(command, stdout=file, stderr=file, cwd=ROOT, env=environ)
        try:
            url = f"http://127.0.0.1:{port}"
            until(lambda: _answers(url))
            yield url
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(60)


def _answers(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"{url}/v1/health", trust_env=False, timeout=60).is_success
    return False


def break_table(data: Path, table: str) -> None:
    change_database(data, f"ALTER TABLE {table} RENAME TO broken_{table}")


def test_a_server_whose_database_and_disk_fail_under_it_keeps_every_secret(
    data: Path, tmp_path: Path
) -> None:
    """Sign-in, phones' requests and set-up links, before and after tables and folders are gone."""
    output = tmp_path / "terminal"
    with (
        serving(data, output) as url,
        httpx.Client(base_url=url, trust_env=False, timeout=60) as http,
    ):
        answers = requests(http)
        assert 500 not in {answer.status_code for answer in answers}
        for table in ("account", "device", "enrol_code", "meta", "recovery_code"):
            break_table(data, table)
        (data / "sessions").rename(data / "elsewhere")
        (data / "sessions").write_bytes(b"")
        broken = [answer for answer in requests(http) if answer.status_code >= 500]
        not_http(url)
    assert len(broken) >= 2
    # a page's own address stands in its links
    shown = {secret for answer in broken for secret in found_in(answer.text)} - {SETUP}
    assert shown == set()
    terminal, log = output.read_text("utf-8"), logged(data)
    assert f"sqlalchemy.exc.{'ProgrammingError' if on_postgresql() else 'OperationalError'}" in log
    assert (found_in(log), found_in(terminal)) == ([], [])
    assert "Traceback" not in terminal


def requests(http: httpx.Client) -> list[httpx.Response]:
    """What people and phones send, with names and secrets in paths, headers and bodies."""
    http.cookies.clear()
    http.get("/sign-in")
    form = {
        "_csrf_token": http.cookies.get("doorstep_form", ""),
        "name": NAME,
        "password": PASSWORD,
    }
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    enrol = {"code": PHONE[:8], "public_key": NUMBER, "proof": PASSWORD}
    return [
        http.post("/sign-in", data={**form, "password": PASSWORD + "?"}),
        http.post("/sign-in", data=form),
        http.get("/cases", params={"q": NAME}),
        http.get(f"/setup/{SETUP}"),
        http.get(f"/{NAME}/{NUMBER}?phone={PHONE}"),
        http.get("/v1/changes", headers=bearer),
        http.post("/v1/facts", headers=bearer, json={"facts": [NAME, NUMBER]}),
        http.post("/v1/enrol", json=enrol),
        http.post("/v1/recover", json={"code": PHONE[:8], "device": NAME}),
        http.post("/v1/enrol", content=f'{{"code": "{NAME}'.encode()),
    ]


def not_http(url: str) -> None:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"{NAME} {PASSWORD}\r\n\r\n".encode())
        connection.recv(1000)


@pytest.mark.parametrize(
    "words",
    [
        ("account", NAME, "--password", PASSWORD),
        ("enrol", "01", NAME, "--json"),
        ("import", "due-list", "LIST"),
    ],
    ids=["account", "enrol", "import"],
)
def test_a_fault_on_the_command_line_is_a_reference_and_no_traceback(
    data: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    lists = tmp_path / "list.csv"
    lists.write_text(
        f"姓名,身份证号,合同编号,应还本金,应还利息,学校\n{NAME},{NUMBER},H1,1.00,0,柳泉镇中心校\n",
        "utf-8",
    )
    for table in ("account", "audit", "case_file", "enrol_code"):
        break_table(data, table)
    done = doorstep(*(lists if word == "LIST" else word for word in words), data=data)
    assert done.returncode == 1
    screen = done.stdout + done.stderr
    assert "internal" in screen
    assert ("ProgrammingError" if on_postgresql() else "OperationalError") in logged(data)
    assert (found_in(screen), found_in(logged(data))) == ([], [])
    assert "Traceback" not in screen

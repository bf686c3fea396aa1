"""`python -m mobile.headless DIR`: the phone's core without screens.

One JSON command a line in, one answer out:

    {"do": "record", "kind": "visit", "case": "…", "body": {"met": "self", …}, "photos": ["…"]}
    {"ok": true, "result": {…}}   or   {"ok": false, "code": "…", "message": "…"}

While another process has the folder, this one reads it; what would write is refused
(`phone.read_only`) until the other has ended.

Its camera is a file: `take_photo` takes `file`. The demonstration and the end-to-end tests use it,
because a process of its own can really be killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from mobile.bootstrap.native import native_ports
from mobile.usecases import (
    advise,
    cases,
    drafts,
    enrol,
    handover,
    outbox,
    policy,
    records,
    renew,
    sign_out,
    speak_to,
    storage,
    sync_now,
    take_photo,
    today,
)
from mobile.usecases.phone import Phone
from mobile.usecases.unlock import PhoneLock
from shared.problems import ProblemError
from shared.records.registry import KINDS


async def _record(phone: Phone, command: dict[str, Any]) -> object:
    body = msgspec.convert(command["body"], KINDS[command["kind"]].body)
    at = command.get("happened_at")
    when = datetime.fromisoformat(at) if at else None
    photos = tuple(command.get("photos", ()))
    return await records.record(phone, command["case"], body, photos, when)


async def _correct(phone: Phone, command: dict[str, Any]) -> object:
    kept = phone.store.facts.get(command["fact"])
    if kept is None:
        raise ProblemError("fact.unknown")
    raw, at = command.get("body"), command.get("happened_at")
    body: Any = (
        None
        if raw is None
        else msgspec.convert(raw, KINDS[command.get("kind", kept.fact.kind)].body)
    )
    return await records.correct(
        phone,
        command["fact"],
        reason=command["reason"],
        body=body,
        photos=tuple(command.get("photos", ())),
        happened_at=datetime.fromisoformat(at) if at else None,
    )


async def _take_photo(phone: Phone, command: dict[str, Any]) -> object:
    jpeg = Path(command["file"]).read_bytes()
    taken = await take_photo.take_photo(phone, jpeg, case_id=command["case"])
    return msgspec.structs.replace(taken, preview=b"")


async def _facts(phone: Phone, _: dict[str, Any]) -> object:
    return [
        {"id": k.id, "kind": k.fact.kind, "state": k.state, "n": k.n, "sha256": k.sha256}
        for k in phone.store.facts.all()
    ]


async def _write_handover(phone: Phone, command: dict[str, Any]) -> object:
    return await handover.write_handover(phone, Path(command["file"]))


async def _take_answer(phone: Phone, command: dict[str, Any]) -> object:
    return await handover.take_answer(phone, Path(command["file"]).read_bytes())


VERBS: dict[str, Any] = {
    "record": _record,
    "correct": _correct,
    "take_photo": _take_photo,
    "facts": _facts,
    "enrol": lambda p, c: enrol.enrol(
        p, url=c["url"], code=c["code"], device_name=c.get("device_name", ""), pin=c.get("pin", "")
    ),
    "renew": lambda p, c: renew.renew(p),
    "today": lambda p, c: today.today(p),
    "cases": lambda p, c: cases.list_cases(p, c.get("query", ""), c.get("only", "")),
    "case": lambda p, c: cases.open_case(p, c["case"]),
    "policy": lambda p, c: policy.pages(p),
    "speak_to": lambda p, c: speak_to.speak_to(p, c["case"], c["who"]),
    "advise": lambda p, c: advise.advise(p, c["case"], c["form"], who=c.get("who", "")),
    "undo": lambda p, c: records.undo(p, c["fact"]),
    "save_draft": lambda p, c: drafts.save_draft(p, c["case"], c["form"], c["fields"]),
    "drafts": lambda p, c: drafts.list_drafts(p),
    "drop_draft": lambda p, c: drafts.drop_draft(p, c["case"], c["form"]),
    "outbox": lambda p, c: outbox.outbox(p),
    "write_handover": _write_handover,
    "take_answer": _take_answer,
    "storage": lambda p, c: storage.storage(p),
    "free_now": lambda p, c: storage.free_now(p),
    "sign_out": lambda p, c: sign_out.sign_out(p),
    "sync": lambda p, c: sync_now.sync_now(p),
}


async def answer(phone: Phone, line: bytes) -> dict[str, Any]:
    """The answer to one command; a refusal is an answer too."""
    try:
        command = msgspec.json.decode(line, type=dict[str, Any])
        verb = VERBS[command["do"]]
        result = verb(phone, command)
        return {"ok": True, "result": await result if inspect.isawaitable(result) else result}
    except ProblemError as problem:
        return _refusal(problem)
    except (
        KeyError,
        TypeError,
        ValueError,
        OSError,
    ) as error:  # an invalid command, or a missing file
        return {
            "ok": False,
            "code": "headless.bad_command",
            "message": f"{type(error).__name__}: {error}",
        }


def _refusal(problem: ProblemError) -> dict[str, Any]:
    return {
        "ok": False,
        "code": problem.code,
        "message": f"{problem.message()}。{problem.fix()}",
    }


class Folder:
    """The phone of a folder, opened when it can be, and for writing when it can be."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._phone_lock: PhoneLock | None = None

    async def answer(self, line: bytes) -> dict[str, Any]:
        """The answer to one command; that the phone cannot be opened is one too."""
        try:
            return await answer(await self.phone(), line)
        except ProblemError as problem:
            return _refusal(problem)

    async def phone(self) -> Phone:
        """The opened phone.

        Raises: ProblemError phone.in_use, vault.locked (it has a PIN), vault.cannot_open,
        vault.secret_missing.
        """
        if self._phone_lock is None:
            self._phone_lock = await PhoneLock.at(native_ports(self._directory))
        elif self._phone_lock.read_only:
            await self._phone_lock.take_over()
        if self._phone_lock.phone is None:
            raise ProblemError("vault.locked")
        return self._phone_lock.phone


async def run(directory: Path) -> None:
    """Answer commands until the end of input."""
    folder = Folder(directory)
    with contextlib.suppress(ProblemError):  # each command says so
        await folder.phone()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.buffer.readline):
        sys.stdout.buffer.write(msgspec.json.encode(await folder.answer(line)) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))

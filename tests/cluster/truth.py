"""The ledger of truth: what was promised to phones and to the office, held against what is there at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server.office import doctor, standings, summaries
from sync_server.services import Services
from sync_server.store import cases, changes, devices
from sync_server.store import tables as t
from tests.cluster.county import County, Sealable
from tests.cluster.office import Import, imported, state_of
from tests.cluster.phones import LoadPhone
from tests.support.county import SEASON
from tests.support.feed import check_feed
from tests.support.ledger import chain_of

SETTLED_S = 60.0
NAMED = 5


class Truth(msgspec.Struct, kw_only=True):
    """What was found; each list is empty where all is well."""

    counts: dict[str, int] = {}
    lost: list[str] = []
    doubled: list[str] = []
    stuck: list[str] = []
    imports: list[str] = []
    seals: list[str] = []
    kept: list[str] = []
    """Standings that differ from the facts, and what doctor complains of."""
    left: list[str] = []
    """Claims and jobs that nobody holds any more."""

    @property
    def wrong(self) -> list[str]:
        """Everything that is wrong, with the list it stands in."""
        return [
            f"{name}: {line}"
            for name, lines in msgspec.structs.asdict(self).items()
            if isinstance(lines, list)
            for line in lines
        ]


def judge(
    services: Services,
    county: County,
    phones: Sequence[LoadPhone],
    imports: Sequence[Import],
    seals: Sequence[Sealable],
) -> Truth:
    """Look at everything; nothing is repaired."""
    found = Truth()
    _facts(services, phones, found)
    _photos(services, phones, found)
    for phone in phones:
        _phone(services, phone, found)
    _feeds(services, county, found)
    _imports(services, county, imports, found)
    for school in seals:
        _sealed(services, school, found)
    _kept(services, found)
    _left(services, found)
    return found


def _facts(services: Services, phones: Sequence[LoadPhone], found: Truth) -> None:
    rows = services.database.read(
        lambda c: [(r.id, r.sha256, r.data) for r in c.execute(select(t.fact))]
    )
    stored = {fact: sha for fact, sha, data in rows if sha256_hex(data) == sha}
    acked = {fact: p.made[fact] for p in phones for fact in p.acked}
    made = {fact for p in phones for fact in p.made}
    found.counts["records acknowledged"] = len(acked)
    found.counts["records stored"] = len(rows)
    found.lost += [f"record {f}" for f, sha in acked.items() if stored.get(f) != sha]
    found.doubled += [f"record {sha}" for sha in _twice(sha for _, sha, _ in rows)]
    found.doubled += [f"record {f} that nobody made" for f in set(stored) - made]
    apart = services.database.read(lambda c: list(c.execute(select(t.quarantine.c.code)).scalars()))
    found.stuck += [f"a record was set apart: {code}" for code in apart]


def _photos(services: Services, phones: Sequence[LoadPhone], found: Truth) -> None:
    rows = services.database.read(lambda c: list(c.execute(select(t.photo.c.sha256)).scalars()))
    acked = {sha for p in phones for sha in p.acked_photos}
    found.counts["photos acknowledged"] = len(acked)
    found.counts["photos stored"] = len(rows)
    found.doubled += [f"photo {sha}" for sha in _twice(rows)]
    for sha in sorted(acked):
        if sha not in rows:
            found.lost.append(f"photo {sha}: no row")
            continue
        try:
            if sha256_hex(services.files.read(sha)) != sha:
                found.lost.append(f"photo {sha}: other bytes")
        except (ProblemError, OSError) as error:
            found.lost.append(f"photo {sha}: {error}")


def _phone(services: Services, phone: LoadPhone, found: Truth) -> None:
    name = f"{phone.unit}/{phone.teacher}"
    if phone.waiting:
        found.stuck.append(f"{name}: {phone.waiting} wait, {dict(phone.problems)}")
    found.stuck += [f"{name}: refused {what}" for what in phone.refused]
    try:
        chain = chain_of(services, phone)  # asks for the device alone
    except AssertionError:
        found.lost.append(f"{name}: the chain has a hole")
        return
    device = services.database.read(lambda c: devices.by_id(c, phone.device))
    if device.n != len(chain):
        found.stuck.append(f"{name}: head {device.n}, chain {len(chain)}")
    store = phone.phone.store
    scope = services.database.read(lambda c: changes.case_set_proof(c, device))
    if scope != (store.cases.count(), store.cases.digest()):
        found.stuck.append(f"{name}: its list is not the office's")


def _feeds(services: Services, county: County, found: Truth) -> None:
    for unit in county.schools:
        try:
            check_feed(services, unit)
        except AssertionError:
            found.lost.append(f"the feed of {unit} has a hole")
    facts = t.change.c.kind == "fact"
    lines = services.database.read(
        lambda c: list(c.execute(select(t.change.c.ref).where(facts)).scalars())
    )
    found.doubled += [f"line of {ref}" for ref in _twice(lines)]
    stored = found.counts["records stored"]
    if len(lines) != stored:
        found.doubled.append(f"{len(lines)} lines of {stored} records")


def _imports(services: Services, county: County, imports: Sequence[Import], found: Truth) -> None:
    for job in imports:
        if (now := imported(services, job)) != (job.size, job.size):
            found.imports.append(f"list {job.number}: {now} of {job.size}")
    people = services.database.read(lambda c: cases.totals(c, SEASON))["people"]
    expected = county.people + sum(job.size for job in imports)
    if people != expected:
        found.imports.append(f"{people} people, not {expected}")
    found.counts["lists imported"] = len(imports)


def _sealed(services: Services, school: Sealable, found: Truth) -> None:
    rows = summaries.listed(services, school.unit)
    sealed = [row for row in rows if row.sha256]
    if len(sealed) != 1 or state_of(services, school) != "sealed":
        found.seals.append(f"{school.unit}: {[(r.version, r.state) for r in rows]}")
        return
    path = summaries.files(services, school.summary)["summary.pdf"]
    if sha256_hex(path.read_bytes()) != sealed[0].sha256:
        found.seals.append(f"{school.unit}: the file is not the one of its row")
    verdict = summaries.check_file(services, path)
    if not verdict["ok"]:
        found.seals.append(f"{school.unit}: does not verify: {verdict}")
    found.counts["summaries sealed"] = found.counts.get("summaries sealed", 0) + 1


def _kept(services: Services, found: Truth) -> None:
    look = standings.look(services)
    found.kept += [f"standing of {code}" for code in look.different[:NAMED]]
    found.kept += [f"sums of {school}" for school in look.schools[:NAMED]]
    found.counts["standings compared"] = look.people
    for check in doctor.checks(services):
        if check["ok"] is False and check["what"] not in NOT_HERE:
            found.kept.append(f"doctor: {check['what']}: {check['words']}")


NOT_HERE = ("磁盘",)
"""What depends on the machine that runs the tests."""


def _left(services: Services, found: Truth) -> None:
    def look(connection: Connection) -> dict[str, Any]:
        running = select(func.count()).select_from(t.job).where(t.job.c.state == "running")
        waits = select(func.count()).select_from(t.upload)
        return {
            "jobs": connection.execute(running).scalar_one(),
            "uploads": connection.execute(waits).scalar_one(),
        }

    now = services.database.read(look)
    if now["jobs"]:
        found.left.append(f"{now['jobs']} jobs run that nobody runs")
    found.counts["uploads left unfinished"] = now["uploads"]


def _twice(values: Any) -> list[Any]:
    return [value for value, number in Counter(values).items() if number > 1]

"""Alerts about supervision: of the schools that somebody sees, on that somebody's first page.

Late schools wait for the centre's decision, then for a day and for the talk's note; spot checks
wait to be keyed; a bundle may carry an older list of what was withdrawn than today's. No person is
named.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.records.kind import Label
from sync_server.console.parts.alerts import MOST_NAMED, Alert
from sync_server.office import bundles, late_part, spot_checks
from sync_server.office.spot_checks import Checked
from sync_server.services import Services
from sync_server.store.late_named import Names
from sync_server.store.scope import Scope


def of_supervision(services: Services, scope: Scope) -> list[Alert]:
    """Return every alert about supervision there is now; all of it reads, and writes nothing.

    Args:
        services: The services, for an inspection too.
        scope: What the account sees: only its schools are named.
    """
    checks = spot_checks.listed(services, scope, with_frame=False)
    late = late_part.to_decide(services, scope, MOST_NAMED)
    talks = late_part.waiting(services, scope, MOST_NAMED)
    alerts = [of_late(late), of_talks(talks), of_sheets(checks)]
    # who sees the county has the answers among the next steps
    alerts.append(of_older_lists(services) if scope.is_county else of_answers(checks))
    return [alert for alert in alerts if alert is not None]


def of_late(named: Names) -> Alert | None:
    """Which schools the rules name and nobody has decided about."""
    if not named.count:
        return None
    zh, en = _zh(named.names, named.count), _en(named.names, named.count)
    line = Label(
        f"按规定有 {named.count} 所学校要决定是否约谈:{zh}",
        f"{named.count} school(s) are late by the rules and wait for a decision: {en}",
    )
    return _alert(line, "/late-schools")


def of_talks(waiting: Names) -> Alert | None:
    """Which talks have no day yet, or had it and are not noted."""
    if not waiting.count:
        return None
    zh, en = _zh(waiting.names, waiting.count), _en(waiting.names, waiting.count)
    line = Label(
        f"{waiting.count} 所学校的约谈还没有定日期,或到了日子还没有记:{zh}",
        f"{waiting.count} talk(s) have no day yet, or had it and are not noted: {en}",
    )
    return _alert(line, "/late-schools")


def of_answers(found: Sequence[Checked]) -> Alert | None:
    """Which schools have explained a finding that nobody has looked at since."""
    named = sorted({one.unit.name for one in found if one.result.answered})
    if not named:
        return None
    line = Label(
        f"督查结果学校已说明,等您看:{_zh(named)}",
        f"Schools have answered a spot check and wait for you: {_en(named)}",
    )
    return _alert(line, "/spot-checks")


def of_sheets(found: Sequence[Checked]) -> Alert | None:
    """Which schools were drawn for a spot check of which nothing is keyed yet."""
    named = sorted({one.unit.name for one in found if not one.result.checked})
    if not named:
        return None
    line = Label(
        f"{len(named)} 所学校抽了督查,结果还没有录入:{_zh(named)}",
        f"{len(named)} school(s) were drawn for a spot check, not keyed in yet: {_en(named)}",
    )
    return _alert(line, "/spot-checks")


def of_older_lists(services: Services) -> Alert | None:
    """Which bundles carry an older list of what was withdrawn than the one that counts."""
    names = bundles.with_older_list(services)
    if not names:
        return None
    line = Label(
        f"作废清单更新了,材料包里还是旧的:{_zh(names)}",
        f"The list of what was withdrawn is newer than that in these bundles: {_en(names)}",
    )
    return _alert(line, "/bundles")


def _alert(line: Label, href: str) -> Alert:
    return Alert(line=line, tone="warn", href=href, opens_to_all=True)


def _zh(names: Sequence[str], count: int = 0) -> str:
    count = count or len(names)
    more = f"等 {count} 个" if count > MOST_NAMED else ""
    return "、".join(names[:MOST_NAMED]) + more


def _en(names: Sequence[str], count: int = 0) -> str:
    more = (count or len(names)) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")

"""What may be done with a summary in which state: the table, and the verbs that go by it."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from shared.problems import ProblemError
from sync_server.office import summaries, summary_scans, summary_verdicts
from sync_server.services import Services
from sync_server.store import audit, summary_follows
from sync_server.store import summaries as stored
from sync_server.store.database import Connection
from sync_server.store.scope import WHOLE_COUNTY
from sync_server.store.summaries import SummaryRow, standing
from sync_server.store.summary_states import AFTER, REFUSED, SEALED, Action, State
from tests.support.county import SEASON
from tests.support.summaries import version

ACTIONS: tuple[Action, ...] = get_args(Action)
STATES: tuple[State, ...] = get_args(State)


def state_of(services: Services, row: SummaryRow) -> State:
    return services.database.read(lambda c: stored.get(c, row.id)).state


def noted(services: Services) -> list[str]:
    found = services.database.read(audit.listed)
    return [note.action for note in found if note.action.startswith("summary.")]


def refused(verb: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(ProblemError) as problem:
        verb(*args, **more)
    return problem.value.code


def test_every_action_has_an_answer_in_every_state_and_every_refusal_its_sentence() -> None:
    for action in ACTIONS:
        assert set(AFTER[action]) | set(REFUSED[action]) == set(STATES), action
        assert not set(AFTER[action]) & set(REFUSED[action]), action
        assert all(ProblemError(code).message() for code in REFUSED[action].values())


@pytest.mark.parametrize("state", STATES)
def test_only_what_was_submitted_is_accepted(services: Services, state: State) -> None:
    row = version(services, 1, state)
    if state in ("submitted", "accepted"):
        judged = summary_verdicts.record_verdict(services, row.id, "accepted", "", who="officer")
        assert judged.state == "accepted"
        return
    code = refused(summary_verdicts.record_verdict, services, row.id, "accepted", "", who="o")
    assert code == REFUSED["accept"][state]
    assert state_of(services, row) == state
    assert noted(services) == []


@pytest.mark.parametrize("state", STATES)
def test_only_a_sealed_one_is_submitted_and_an_accepted_one_not_again(
    services: Services, state: State
) -> None:
    row = version(services, 1, state)
    if state in ("sealed", "submitted"):
        assert summary_verdicts.submit(services, row.id, who="liaison").state == "submitted"
        return
    assert refused(summary_verdicts.submit, services, row.id, who="l") == REFUSED["submit"][state]
    assert state_of(services, row) == state


def test_a_return_needs_its_reason(services: Services) -> None:
    row = version(services, 1, "submitted")
    code = refused(summary_verdicts.record_verdict, services, row.id, "returned", " ", who="o")
    assert code == "fact.field_missing"


def test_a_returned_one_is_accepted_only_after_the_return_was_taken_back(
    services: Services,
) -> None:
    row = version(services, 1, "submitted")
    summary_verdicts.record_verdict(services, row.id, "returned", "少一人", who="officer")
    code = refused(summary_verdicts.record_verdict, services, row.id, "accepted", "", who="o")
    assert code == "summary.returned"
    again = summary_verdicts.take_back(services, row.id, who="officer")
    assert (again.state, again.verdict, again.comment) == ("submitted", "", "")
    summary_verdicts.record_verdict(services, row.id, "accepted", "", who="officer")
    assert noted(services) == ["summary.accepted", "summary.take_back", "summary.returned"]


def test_a_verdict_pressed_twice_is_one_verdict(services: Services) -> None:
    row = version(services, 1, "submitted")
    for _ in range(2):
        summary_verdicts.record_verdict(services, row.id, "accepted", "", who="officer")
    assert noted(services) == ["summary.accepted"]


def test_an_accepted_one_that_the_countys_sealed_summary_counts_stays_accepted(
    services: Services,
) -> None:
    row = version(services, 1, "accepted")
    counted = b'{"rows":[{"file_sha256":"%s"}]}' % row.sha256.encode()
    draft = version(services, 1, "stamped", unit="", data=counted)
    version(services, 2, "sealed", unit="", data=counted)
    assert state_of(services, draft) == "stamped"
    with pytest.raises(ProblemError) as problem:
        summary_verdicts.take_back(services, row.id, who="officer")
    assert problem.value.code == "summary.in_county"
    assert "第 2 版" in problem.value.message()


def test_a_countys_draft_does_not_keep_a_verdict(services: Services) -> None:
    row = version(services, 1, "accepted")
    counted = b'{"rows":[{"file_sha256":"%s"}]}' % row.sha256.encode()
    version(services, 1, "stamped", unit="", data=counted)
    assert summary_verdicts.take_back(services, row.id, who="officer").state == "submitted"


def test_a_draft_of_the_next_version_leaves_the_submitted_one_alone(services: Services) -> None:
    first, second = version(services, 1, "submitted"), version(services, 2, "composed")
    assert summary_verdicts.record_verdict(services, first.id, "accepted", "", who="o")
    both = standing(summaries.listed(services, "01"))
    assert (both.sealed, both.draft) == (
        services.database.read(lambda c: stored.get(c, first.id)),
        second,
    )
    assert both.handed_in


@pytest.mark.parametrize("state", ["sealed", "returned"])
def test_a_school_whose_newest_sealed_version_is_not_handed_in_has_not_handed_in(
    services: Services, state: State
) -> None:
    version(services, 1, "accepted")
    version(services, 2, state)
    assert not standing(summaries.listed(services, "01")).handed_in


def test_the_versions_of_a_season_are_listed_by_school_the_newest_first(
    services: Services,
) -> None:
    rows = [version(services, number, "sealed", unit="02") for number in (1, 3, 2)]
    other = version(services, 1, "composed")
    services.database.write(lambda c: stored.change(c, rows[0].id, state="sealed", season="2018"))
    found = services.database.read(lambda c: stored.listed(c, SEASON, WHOLE_COUNTY))
    assert [row.id for row in found] == [other.id, rows[1].id, rows[2].id]
    assert services.database.read(lambda c: stored.listed(c, SEASON, "01")) == [other]
    document = services.database.read(lambda c: stored.of_document(c, "610599-2019-02"))
    assert [row.version for row in document] == [3, 2, 1]


def test_the_newest_sealed_version_of_a_document_is_the_highest_number(services: Services) -> None:
    for number in (1, 3, 2):
        version(services, number, "sealed")
    version(services, 4, "stamped")
    version(services, 5, "sealed", unit="02")

    def newest(document: str) -> int | None:
        found = services.database.read(lambda c: stored.last_sealed(c, document))
        return found.version if found else None

    assert [newest(f"610599-2019-{unit}") for unit in ("01", "02", "03")] == [3, 5, None]
    assert services.database.read(lambda c: stored.next_version(c, "610599-2019-01")) == 5


def test_a_new_version_follows_the_last_printed_one_and_not_one_that_was_only_composed(
    services: Services,
) -> None:
    version(services, 1, "printed")
    composed = version(services, 2, "composed")
    following = services.database.read(lambda c: stored.next_version(c, composed.document))
    assert following == 2


def test_a_new_composition_replaces_only_the_unprinted_one_of_its_own_number(
    services: Services,
) -> None:
    kept = [
        version(services, 2, "composed"),
        version(services, 3, "printed"),
        version(services, 1, "composed", unit="02"),
    ]
    replaced = version(services, 1, "composed")
    new = version(services, 1, "composed")
    found = services.database.read(lambda c: stored.listed(c, SEASON, WHOLE_COUNTY))
    assert {row.id for row in found} == {new.id, *(row.id for row in kept)}
    assert replaced.id != new.id
    unprinted = services.database.read(lambda c: stored.unprinted(c, new.document))
    assert [row.id for row in unprinted] == [kept[0].id, new.id]


def test_a_draft_stands_for_a_school_only_while_nothing_is_sealed(services: Services) -> None:
    draft = version(services, 2, "composed")
    assert standing([draft]).shown == draft
    sealed = version(services, 1, "sealed")
    late = version(services, 1, "discarded", unit="02")
    found = stored.standings([draft, sealed, late])
    assert (found["01"].shown, found["01"].draft) == (sealed, draft)
    assert (found["02"].shown, found["02"].handed_in, found["02"].reports) == (None, False, False)
    later = version(services, 3, "sealed")
    assert (standing([draft, later, sealed]).sealed, standing([draft, later]).draft) == (
        later,
        None,
    )


@pytest.mark.parametrize(
    ("state", "reports"), [("sealed", True), ("submitted", True), ("returned", False)]
)
def test_the_county_counts_a_school_whose_newest_sealed_version_is_not_returned(
    services: Services, state: State, reports: bool
) -> None:
    assert standing([version(services, 1, state)]).reports is reports


def test_a_state_that_another_process_changed_first_is_looked_at_again(services: Services) -> None:
    row = version(services, 1, "printed")

    def stale(connection: Connection) -> SummaryRow | None:
        return stored.change(
            connection, row.id, state="stamped", expected="composed", reason="nothing of this"
        )

    assert services.database.write(stale) is None
    assert services.database.read(lambda c: stored.get(c, row.id)) == row


def test_an_action_sets_its_other_columns_once(services: Services) -> None:
    row = version(services, 1, "sealed")

    def submit(at: str) -> tuple[SummaryRow, bool]:
        return services.database.write(lambda c: stored.move(c, row.id, "submit", submitted_at=at))

    first, again = submit("2019-12-12"), submit("2019-12-13")
    assert (first[0].state, first[0].submitted_at, first[1]) == ("submitted", "2019-12-12", True)
    assert again == (first[0], False)


def test_a_version_that_does_not_exist_is_named_in_the_refusal(services: Services) -> None:
    code = refused(services.database.read, lambda c: stored.get(c, "01a2"))
    assert code == "summary.unknown"


@pytest.mark.parametrize("state", STATES)
def test_only_a_version_that_nobody_printed_is_removed(services: Services, state: State) -> None:
    row, other = version(services, 1, state), version(services, 2, "composed")
    removed = services.database.write(lambda c: stored.remove(c, row.id))
    assert removed is (state == "composed")
    left = [row.id for row in summaries.listed(services, "01")]
    assert left == ([other.id] if removed else [other.id, row.id])


@pytest.mark.parametrize("verb", [summary_verdicts.submit, summary_verdicts.take_back])
def test_a_version_behind_a_later_sealed_one_goes_no_further(services: Services, verb: Any) -> None:
    first = version(services, 1, "returned" if verb is summary_verdicts.take_back else "sealed")
    version(services, 2, "sealed")
    assert refused(verb, services, first.id, who="l") == "summary.newer_sealed"


def test_a_version_that_was_never_printed_is_discarded_with_its_number_and_files(
    services: Services,
) -> None:
    row = version(services, 1, "composed")
    services.file_store.put(f"{row.folder}/printed.pdf", b"x")
    summary_verdicts.discard(services, row.id, who="liaison")
    assert summaries.listed(services, "01") == []
    assert services.database.read(lambda c: stored.next_version(c, row.document)) == 1
    assert list(services.file_store.below(row.folder)) == []
    assert noted(services) == ["summary.discard"]


@pytest.mark.parametrize("state", ["printed", "stamped"])
def test_a_printed_version_is_discarded_and_its_number_is_not_used_again(
    services: Services, state: State
) -> None:
    row = version(services, 1, state)
    for _ in range(2):
        summary_verdicts.discard(services, row.id, who="liaison")
    assert state_of(services, row) == "discarded"
    assert services.database.read(lambda c: stored.next_version(c, row.document)) == 2
    assert noted(services) == ["summary.discard"]


@pytest.mark.parametrize("state", SEALED)
def test_a_sealed_version_is_never_discarded(services: Services, state: State) -> None:
    row = version(services, 1, state)
    assert refused(summary_verdicts.discard, services, row.id, who="l") == "summary.sealed"
    assert state_of(services, row) == state


def test_neither_scan_nor_seal_nor_print_of_a_discarded_version_is_taken(
    services: Services,
) -> None:
    row = version(services, 1, "discarded")
    assert refused(summary_scans.add, services, row.id, [("a.pdf", b"x")], who="l") == (
        "summary.discarded"
    )
    assert refused(summaries.seal, services, row.id, who="l") == "summary.discarded"
    assert refused(summaries.to_print, services, row.id, who="l") == "summary.discarded"


def test_a_version_composed_before_another_was_sealed_is_not_sealed_after_it(
    services: Services,
) -> None:
    version(services, 1, "sealed")
    late = version(services, 2, "stamped", data=b'{"previous_seal":""}')
    assert refused(summaries.seal, services, late.id, who="l") == "summary.out_of_date"
    assert state_of(services, late) == "stamped"


def counting(*rows: SummaryRow) -> bytes:
    """A county's summary that counts these files of its schools."""
    children = [
        {"code": r.unit, "name": f"学校{r.unit}", "version": r.version, "file_sha256": r.sha256}
        for r in rows
    ]
    return msgspec.json.encode({"previous_seal": "", "rows": children})


@pytest.mark.parametrize("state", ["returned", "newer", "sealed"])
def test_a_countys_version_goes_no_further_once_a_school_it_counts_reports_another(
    services: Services, state: str
) -> None:
    one = version(services, 1, "submitted")
    other = version(services, 1, "accepted", unit="02")
    composed = version(services, 1, "composed", unit="", data=counting(one, other))
    county = version(services, 2, "stamped", unit="", data=counting(one, other))
    if state == "returned":
        summary_verdicts.record_verdict(services, one.id, "returned", "数不对", who="o")
    elif state == "newer":
        version(services, 2, "sealed")
    for draft, verb in ((composed, summaries.to_print), (county, summaries.seal)):
        if state == "sealed":
            services.database.read(lambda c, row=draft: summary_follows.check(c, row))
            continue
        with pytest.raises(ProblemError) as problem:
            verb(services, draft.id, who="o")
        assert problem.value.code == "summary.child_changed"
        assert "学校01" in problem.value.message()
        assert "学校02" not in problem.value.message()
        assert state_of(services, draft) == draft.state


def test_a_file_from_elsewhere_counts_until_this_server_knows_a_later_one(
    services: Services,
) -> None:
    elsewhere = msgspec.structs.replace(version(services, 1, "sealed"), version=3, sha256="ab" * 32)
    county = version(services, 1, "stamped", unit="", data=counting(elsewhere))
    services.database.read(lambda c: summary_follows.check(c, county))
    version(services, 4, "sealed")
    assert refused(summaries.seal, services, county.id, who="o") == "summary.child_changed"


def test_a_school_returned_while_the_countys_files_are_sealed_stops_the_seal(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = version(services, 1, "submitted")
    county = version(services, 1, "stamped", unit="", data=counting(one))

    def meanwhile(*_: object) -> str:
        summary_verdicts.record_verdict(services, one.id, "returned", "数不对", who="o")
        return "cd" * 32

    monkeypatch.setattr(summaries, "_seal_files", meanwhile)
    assert refused(summaries.seal, services, county.id, who="o") == "summary.child_changed"
    assert state_of(services, county) == "stamped"


def test_files_of_a_seal_that_no_row_knows_are_not_served(services: Services) -> None:
    row = version(services, 1, "stamped")
    for name in ("printed.pdf", "summary.pdf", "summary.xlsx", "evidence.bin"):
        services.file_store.put(f"{row.folder}/{name}", b"x")
    assert set(summaries.files(services, row.id)) == {"printed.pdf"}


def test_a_seal_of_version_0_1_is_served_from_where_it_lies(services: Services) -> None:
    row = version(services, 1, "sealed")
    services.file_store.put(f"{row.folder}/summary.pdf", b"x")
    found = summaries.files(services, row.id)
    assert {name: path.read_bytes() for name, path in found.items()} == {"summary.pdf": b"x"}


def test_a_returned_school_is_missing_from_the_roll_up_until_it_seals_again(
    services: Services, county: list[str]
) -> None:
    version(services, 1, "accepted")
    version(services, 1, "returned", unit="02")
    assert list(summaries.sealed_files(services)) == ["01"]


def test_a_version_whose_scan_is_gone_is_not_sealed_but_asked_for_its_scan(
    services: Services,
) -> None:
    row = version(services, 1, "stamped")
    assert refused(summaries.seal, services, row.id, who="l") == "summary.not_stamped"
    assert state_of(services, row) == "stamped"

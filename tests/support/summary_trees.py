"""A county's summary made of one row, for pages: its sums need not add up."""

from __future__ import annotations

import json
from pathlib import Path

from shared.digest import canonical
from sync_server.sealing.summary import Summary, decode

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "summary"


def county_of(name: str, *, units: int, special: int, amount_fen: int, person: str) -> Summary:
    """A county of `units` units of this name and as many special cases, each of this amount, each of this person."""
    tree = json.loads((GOLDEN / "county.json").read_bytes())
    row, case = tree["rows"][0], tree["special"][0]
    for sums in (row["totals"], tree["totals"]):
        sums.update(principal_fen=amount_fen, interest_fen=amount_fen, total_fen=amount_fen)
        for part in (sums["repaid"], sums["unpaid"]):
            part["fen"] = amount_fen
    row["name"] = name
    case.update(unit=name, unpaid_fen=amount_fen, name=person)
    tree["rows"] = [{**row, "row": n} for n in range(1, units + 1)]
    tree["special"] = [case] * special
    tree["unit"]["name"] = name
    return decode(canonical(tree))

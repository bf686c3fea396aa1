"""A school with records of every kind to judge, stored as phones brought them, with drawn slips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.ids import case_code
from sync_server.sample.pictures import draw_slip
from sync_server.services import Services
from sync_server.store import tables as t
from sync_server.store.database import Connection
from tests.support import odd
from tests.support.devices import RawPhone, case_ids

SIGNED = {
    "outcome": "signed",
    "method": "in_person",
    "signer_relation": "self",
    "servers": ["甲", "乙"],
}
VISIT = {"met": "self", "outcome": "hardship", "visitors": ["甲", "乙"]}
NARRATIVE = "父亲患病住院，全家靠务农收入，今年还不上，想申请还款救助。" * 6


def slip(number: int, *, unit: str = "01", sharp: bool = True, seed: int = 0) -> bytes:
    """The photo of a person's slip, by the person's number from 1."""
    return draw_slip(
        case_code(unit, number),
        seed=seed or number,
        name_masked="样*",
        school="柳泉镇中心校",
        notice_no=f"第 {number} 号",
        sharp=sharp,
    )


def store_photos(services: Services, photos: Sequence[bytes]) -> list[str]:
    """Photos that phones have uploaded; their hashes."""
    hashes = [services.files.put(data) for data in photos]

    def job(connection: Connection) -> None:
        rows = [
            {"sha256": sha, "size_bytes": len(data), "device": "", "received_at": "n"}
            for sha, data in zip(hashes, photos, strict=True)
        ]
        connection.execute(t.photo.insert(), rows)

    services.database.write(job)
    return hashes


def deliveries(
    services: Services, phone: RawPhone, photos: Sequence[str], **changes: Any
) -> list[str]:
    """A signed delivery for each of the first people, each with one photo; the records' ids."""
    people = case_ids(services, "01")
    return odd.store(
        services,
        phone,
        [
            odd.envelope(case, "notice_delivery", body=SIGNED, photos=[sha], **changes)
            for case, sha in zip(people, photos, strict=False)
        ],
    )


def of_every_kind(services: Services, phone: RawPhone, case: str) -> dict[str, str]:
    """A statement, a new phone, a corrected visit and one with a flag, of one person; their ids."""
    visit = odd.envelope(case, body=VISIT)
    better = {**VISIT, "outcome": "illness", "note": "听错了"}
    found = {
        "statement": odd.envelope(
            case,
            "statement",
            body={"reason": "hardship", "narrative": NARRATIVE, "handling": "repayment_relief"},
        ),
        "contact_update": odd.envelope(
            case,
            "contact_update",
            body={"field": "phone", "value": "13912345678", "source": "family"},
        ),
        "visit": visit,
        "correction": odd.envelope(
            case, "correction", body={"corrects": visit["id"], "reason": "记错了", "body": better}
        ),
        "alone": odd.envelope(
            case,
            body={**VISIT, "visitors": ["甲"], "flags": ["alone"], "flag_reason": "路上偶遇"},
        ),
    }
    odd.store(services, phone, list(found.values()))
    return {name: fact["id"] for name, fact in found.items()}

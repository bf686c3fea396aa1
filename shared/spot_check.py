"""Draw the people of a school whom a spot check (督查) asks, so that anybody can draw them again.

Pure, of integers and sha256 alone. Who may be drawn is the frame: everybody of whom something was
recorded that can be asked about. The lines of `procedure` stand on the printed sheet and are the
same drawing; a test runs what it reads from the paper.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

import msgspec

from shared.digest import sha256_hex
from shared.lifecycle import Standing

MOST_SIZE = 300


class Visited(msgspec.Struct, frozen=True, kw_only=True):
    """A visit as it was recorded: its day (ISO), who was met, by whom."""

    day: str
    met: str
    visitors: tuple[str, ...] = ()


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What was recorded of a person when the school was drawn: what the inspector compares.

    Attributes:
        name: Masked: the sheet is carried about.
        village: Where to look.
        delivery: What the records say of the notice (`lifecycle.DeliveryRecord`).
        delivered_on: Its day (ISO); `signer` who signed (codes PEOPLE).
        print_n: Which print of the notice the slip belongs to, 0 for none of ours; `print_batch`
            the batch of notices.
        paper: Where the paper slip is (office/slip_evidence.py).
        photo: What picture of it there is.
        visits: The visits that count, by day.
        stated: Whether there is a statement of special circumstances.
    """

    name: str = ""
    village: str = ""
    delivery: str = "none"
    delivered_on: str = ""
    signer: str = ""
    print_n: int = 0
    print_batch: int = 0
    paper: str = "none"
    photo: str = "none"
    visits: tuple[Visited, ...] = ()
    stated: bool = False


def may_be_drawn(standing: Standing) -> bool:
    """Return whether somebody claims to have met this person or handed something over."""
    return standing.delivered or bool(standing.visits) or standing.statement != "none"


def frame_of(codes: Iterable[str]) -> tuple[str, ...]:
    """Return bare case codes in the one order that is drawn from, each of them once."""
    return tuple(sorted(set(codes)))


def frame_bytes(frame: Iterable[str]) -> bytes:
    """Return the canonical bytes of a frame: its codes in order with one blank between them."""
    return " ".join(frame_of(frame)).encode()


def frame_hash(frame: Iterable[str]) -> str:
    """Return the sha256 of a frame's canonical bytes, hex."""
    return sha256_hex(frame_bytes(frame))


def draw(frame: Iterable[str], bulletin_sha256: str, school: str, size: int) -> tuple[str, ...]:
    """Return who is drawn, in the order of the drawing; everybody where `size` is enough.

    A larger size draws the same people first.

    Args:
        frame: Bare case codes, in any order.
        bulletin_sha256: The data hash of the bulletin, hex: fixed before anybody draws.
        school: The school's code.
        size: How many.
    """
    left, drawn = list(frame_of(frame)), []
    for counter in range(min(size, len(left))):
        digest = sha256(f"{bulletin_sha256} {school} {counter}".encode()).hexdigest()
        drawn.append(left.pop(int(digest, 16) % len(left)))
    return tuple(drawn)


def procedure(bulletin_sha256: str, school: str, size: int) -> tuple[str, ...]:
    """Return Python that draws again: no line of it is indented, so that it can be typed off.

    It reads the frame's codes from `codes.txt`, in any order, and prints how many there are, the
    frame's hash, and who is drawn.
    """
    return (
        "from hashlib import sha256",
        f'bulletin = "{bulletin_sha256}"',
        f'school, size = "{school}", {size}',
        'left = sorted(set(open("codes.txt").read().replace("-", "").split()))',
        'print(len(left), sha256(" ".join(left).encode()).hexdigest())',
        'digest = lambda n: sha256(f"{bulletin} {school} {n}".encode()).hexdigest()',
        "index = lambda n: int(digest(n), 16) % len(left)",
        "steps = range(min(size, len(left)))",
        "drawn = [left.pop(index(n)) for n in steps]",
        "print(*drawn)",
    )

"""Ids of things and codes of cases.

Time-ordered UUIDs, and a short code with a check character for paper.

A case code stands on the slip, in its QR and in the split file: school code, four-digit running
number, one check character, all of `[0-9A-Z]`. People copy it by hand, so every single wrong
character and every swap of neighbours must be caught. ISO 7064 MOD 37,36 misses some swaps
(`002889` and `002898` share a check character), so the check is Damm's construction over a
field-like alphabet of 36: a character is a pair of GF(4) x GF(9), and `state' = a * (state +
character)` where both a and a - 1 can be divided by in both fields.
"""

from __future__ import annotations

import re
from uuid import UUID

from shared.problems import ProblemError

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NUMBER_DIGITS = 4
MOST_CASES = 10**NUMBER_DIGITS - 1
"""The highest running number of one school."""

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SCHOOL = re.compile(r"[0-9A-Z]{1,8}")
_CODE = re.compile(rf"[0-9A-Z]{{1,8}}[0-9]{{{NUMBER_DIGITS}}}[0-9A-Z]")
_HALF_WIDTH = {0xFF01 + i: 0x21 + i for i in range(94)}
_IGNORED = re.compile(r"[\s\u200b\ufeff\-\u2010-\u2015\u2212]+")


def uuid7(unix_ms: int, random_bytes: bytes) -> str:
    """Return an RFC 9562 version 7 UUID, lower case with hyphens; sorts by `unix_ms`.

    Args:
        unix_ms: Milliseconds since 1970, UTC.
        random_bytes: 10 bytes, of which 74 bits are used.

    Raises:
        ValueError: For another length, or a time beyond 48 bits.

    """
    if len(random_bytes) != 10:
        raise ValueError(f"uuid7 needs 10 random bytes, not {len(random_bytes)}")
    if not 0 <= unix_ms < 1 << 48:
        raise ValueError(f"{unix_ms} ms does not fit 48 bits")
    random = int.from_bytes(random_bytes)
    high, low = random >> 68, random & ((1 << 62) - 1)
    return str(UUID(int=unix_ms << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low))


def is_uuid(text: str) -> bool:
    """Return whether text is a UUID in the one form we write: lower case, with hyphens."""
    return _UUID.fullmatch(text) is not None


def case_code(school_code: str, number: int) -> str:
    """Return the bare code of a case: school code, running number in four digits, check character.

    Args:
        school_code: 1 to 8 of 0-9A-Z.
        number: 1 to 9999.

    Raises:
        ValueError: Outside these.

    """
    if not _SCHOOL.fullmatch(school_code):
        raise ValueError(f"a school code is 1 to 8 of 0-9A-Z, not {school_code!r}")
    if not 1 <= number <= MOST_CASES:
        raise ValueError(f"a case number is 1 to {MOST_CASES}, not {number}")
    payload = f"{school_code}{number:0{NUMBER_DIGITS}d}"
    return payload + check_character(payload)


def check_character(payload: str) -> str:
    """Return the check character of a text of `[0-9A-Z]`; the module says what it catches."""
    four, nine = _state(payload)
    return ALPHABET[9 * four + _negative9(nine)]


def fold(text: str) -> str:
    """Return a text as searches compare it, so that a code is found however it is typed.

    Half-width, upper case, without blanks and hyphens.
    """
    return _IGNORED.sub("", text.translate(_HALF_WIDTH)).upper()


def parse_case_code(text: str) -> str:
    """Return the bare code from what a person typed.

    Blanks, hyphens, lower case and full-width forms are accepted.

    Raises:
        ProblemError: case.code_invalid when it is not a code or the check character disagrees.

    """
    code = fold(text)
    if not _CODE.fullmatch(code) or check_character(code[:-1]) != code[-1]:
        raise ProblemError("case.code_invalid", text=text)
    return code


def show_case_code(code: str) -> str:
    """Return a code as people see it: hyphens between school, number and check character.

    The one form on paper and on every screen; one that has hyphens already stays as it is, and so
    does what is too short for a code, such as the "" of a case that no school has yet.
    """
    if "-" in code or len(code) <= NUMBER_DIGITS + 1:
        return code
    return f"{code[: -NUMBER_DIGITS - 1]}-{code[-NUMBER_DIGITS - 1 : -1]}-{code[-1]}"


def _state(payload: str) -> tuple[int, int]:
    four, nine = 0, 0
    for character in payload:
        value = ALPHABET.index(character)
        four = _times_a4(four ^ value // 9)
        nine = _times_a9(_plus9(nine, value % 9))
    return four, nine


def _times_a4(x: int) -> int:
    """Multiply by w in GF(4) = GF(2)[w]/(w^2 + w + 1); bits of x are its coefficients."""
    return (0, 2, 3, 1)[x]


def _plus9(x: int, y: int) -> int:
    """Sum in GF(9); an element is 3 * b + c for b*u + c."""
    return (x // 3 + y // 3) % 3 * 3 + (x + y) % 3


def _times_a9(x: int) -> int:
    """Multiply by u in GF(9) = GF(3)[u]/(u^2 - u - 1): (b*u + c) * u = (b + c)*u + b."""
    b, c = divmod(x, 3)
    return (b + c) % 3 * 3 + b


def _negative9(x: int) -> int:
    b, c = divmod(x, 3)
    return -b % 3 * 3 + -c % 3

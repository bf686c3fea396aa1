"""The one place where what people typed is brought into one spelling, before it is compared.

ID numbers, names, contract numbers, phones and names of schools come from spreadsheets, web pages
and scanned PDF: with invisible marks, full-width digits, radicals that look like Han characters,
a multiplication sign for X. Nothing is guessed: each rule only unites spellings of one thing.
Rare Han characters stay as they are: compatibility ideographs are no other spelling of a name.
"""

from __future__ import annotations

import re
import unicodedata

from shared import identity

_FORMAT = (
    (0xAD, 0xAD),
    (0x600, 0x605),
    (0x61C, 0x61C),
    (0x6DD, 0x6DD),
    (0x70F, 0x70F),
    (0x890, 0x891),
    (0x8E2, 0x8E2),
    (0x180E, 0x180E),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
    (0x110BD, 0x110BD),
    (0x110CD, 0x110CD),
    (0x13430, 0x1343F),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0001, 0xE0001),
    (0xE0020, 0xE007F),
)
"""The format characters (category Cf), direction marks among them; nobody sees them."""

_RADICALS = (
    "-厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣尢𡯂巳幺彑彐忄心扌攵-旡日月歺母民氵氺灬爫爫丬牛"
    "犭王𤴔目示礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂肀聿肉𦥑艹艹艹虎衤覀西见角𧢲讠贝𧾷车辶辶辶邑"
    "钅長镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟"
)
"""The Han character of each radical from U+2E80 (Unicode's EquivalentUnifiedIdeograph)."""

_CLEAN: dict[int, str | None] = {
    **{c: None for first, last in _FORMAT for c in range(first, last + 1)},
    **{0x2E80 + n: han for n, han in enumerate(_RADICALS) if han != "-"},
    **{c: unicodedata.normalize("NFKC", chr(c)) for c in range(0x2F00, 0x2FD6)},
}
_CHECK_X = frozenset("xX×✕✖╳⨯*∗ХхΧχⅩⅹ")
"""What stands for the Roman ten at the end of an ID number."""

_BLANK = re.compile(r"\s+")
_DASH = re.compile(r"[-‐‑‒–—―−﹣]+")
_PADDING = re.compile(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])")
_LINE_END = re.compile(r"[\r\n\v\f\x85\u2028\u2029]+")
_COUNTY = re.compile(r"^.{2,9}?[县市区](?=.{4})")
_KINDS = (
    (re.compile(r"中心(?:小学校|小学|学校|完小|校)"), "中心校"),
    (re.compile(r"初级中学|初中"), "中学"),
    (re.compile(r"九年(?:一贯)?制(?:学校)?"), "九年制"),
)
_PLACE = re.compile(r"(?:镇|乡|街道|办事处)(?=.{2})|[()·]")
_HIDDEN = re.compile("[*●■□?×○]+")
_UNSEEN_BLANKS = frozenset("\u200b\u200c\u200d\u2060\ufeff")
_QUOTES = "'‘’`"


def clean(text: str) -> str:
    """Return a text without invisible marks, its radicals as the Han characters they look like."""
    return text if text.isascii() else text.translate(_CLEAN)


def fold(text: str) -> str:
    """Return a clean text with every digit, Latin letter and sign in its usual, half-width form."""
    if text.isascii():
        return text
    return "".join(c if c < "\x80" else _folded(c) for c in clean(text))


def id_number(text: str) -> str:
    """Return an ID number without blanks and quotes, X at place 18; dashes out of a whole number.

    Text that is not an ID number (`无`, a masked one) comes back as text that fails
    `identity.check_id`.
    """
    bare = _BLANK.sub("", clean(text)).strip(_QUOTES)
    if len(bare) == 18 and bare[17] in _CHECK_X and fold(bare[:17]).isdecimal():
        bare = bare[:17] + "X"
    bare = fold(bare).replace("x", "X")
    undashed = _DASH.sub("", bare)
    if len(undashed) == 18 and undashed[17] in _CHECK_X and undashed[:17].isdecimal():
        undashed = undashed[:17] + "X"
    return undashed if len(undashed) in (15, 18) else bare


def contract_no(text: str) -> str:
    """Return a contract number without blanks and dashes, half-width."""
    if text.isascii() and text.isalnum():
        return text
    return _DASH.sub("", _BLANK.sub("", fold(text)))


def name(text: str) -> str:
    """Return a person's name: no blanks that pad it, U+00B7 between its parts, no marks."""
    trimmed = identity.normalise_name(fold(text))
    return trimmed if trimmed.isalpha() else _PADDING.sub("", trimmed)


def name_key(text: str) -> str:
    """Return what two spellings of one name share; compared only, never shown."""
    key = text
    for _ in range(5):  # a compatible form may have another, and each its own dots and blanks
        before, plain = key, unicodedata.normalize("NFKC", name(key)).casefold()
        key = _BLANK.sub("", plain)
        if key == before:
            break
    return key


def is_masked_name(text: str) -> bool:
    """Return whether characters of a name are hidden, as in 李*."""
    return _HIDDEN.search(fold(text)) is not None


def fits_masked(masked: str, text: str) -> bool:
    """Return whether a masked name, phone or ID number is how this one would look."""
    if not is_masked_name(masked):
        return False
    pieces = map(re.escape, _HIDDEN.split(fold(masked)))
    return re.fullmatch(".+".join(pieces), fold(text)) is not None


def school(text: str) -> str:
    """Return the name of a school without blanks, half-width."""
    return _BLANK.sub("", fold(text))


def school_key(text: str) -> str:
    """Return what the names of one school usually share; for suggestions only, never decides.

    The county before it, the kind of place and the kind of school come and go: 青山镇中心小学,
    青山中心小学.
    """
    key = _COUNTY.sub("", name_key(school(text)))
    for kind, usual in _KINDS:
        key = kind.sub(usual, key)
    return _PLACE.sub("", key)


def phones(text: str) -> tuple[str, ...]:
    """Return the numbers in a cell, each once; two on two lines are two.

    A number broken over two lines is one, where only that makes a number of it.
    """
    folded = _LINE_END.sub("\n", fold(text)).strip()
    found = identity.parse_phones(folded)
    if "\n" in folded and not all(map(is_phone, found)):
        joined = identity.parse_phones(folded.replace("\n", ""))
        if joined and all(map(is_phone, joined)):
            return joined
    return found


def is_phone(number: str) -> bool:
    """Return whether a text is a whole mobile or landline number in its usual spelling."""
    return identity.is_mobile(number) or bool(re.fullmatch(r"0[0-9]{2,3}-[0-9]{7,8}.*", number))


def oddities(raw: str, now: str) -> str:
    """Return what is unusual in a text that came, as code points, "" when nothing was changed.

    Blanks, seen and unseen, are no oddity. `U+2F6F→石、U+202D` says: the first is now 石, the
    second is gone.
    """
    if raw.isascii() and (raw == now or "*" not in raw or "*" in now):
        return ""
    found = []
    for c in dict.fromkeys(raw if now != raw else ""):
        other = "X" if c in _CHECK_X and c not in now and "X" in now else fold(c)
        if other != c and c not in "xX" and not c.isspace() and c not in _UNSEEN_BLANKS:
            found.append(f"U+{ord(c):04X}" + (f"→{other}" if other else ""))
    return "、".join(found)


def _folded(c: str) -> str:
    """One character that is not ASCII: a digit by its value, a letter by its compatible form."""
    if c.isdecimal():
        return str(unicodedata.decimal(c))
    kind = unicodedata.category(c)
    if kind in ("Lu", "Ll", "Nl") or "\uff01" <= c <= "\uff5e":
        compatible = unicodedata.normalize("NFKC", c)
        return compatible if len(compatible) == 1 and compatible.isascii() else c
    return c

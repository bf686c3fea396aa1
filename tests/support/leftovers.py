"""Looks for the shipped example's year, county and area code in everything a county gets to see."""

from __future__ import annotations

import io
import re
import zipfile

import pypdfium2

EXAMPLE = re.compile(r"(?<!\d)2019(?!\d)|2019[01]\d[0-3]\d|青槐|(?<!\d)610599")
_MADE_UP_BY_CHANCE = re.compile(r"[0-9A-Za-z_/+=-]{24,}|(?:[0-9a-fA-F]{2,4}[ :]){5,}[0-9a-fA-F]+")
"""Hashes, tokens and ids, in one word or in groups: four digits of them can be any year."""


class Looked:
    """Everything that was looked at; what was found stands in `found` with its place."""

    def __init__(self) -> None:
        self.at: list[str] = []
        self.found: list[str] = []
        self._texts: list[str] = []

    def text(self, where: str, text: str) -> str:
        """Look at a text; returns it without white space."""
        self.at.append(where)
        self._texts.append(text)
        plain = _MADE_UP_BY_CHANCE.sub("", text)
        self.found += [
            f"{where}: …{plain[max(0, m.start() - 40) : m.end() + 40]!r}…"
            for m in EXAMPLE.finditer(plain)
        ]
        return "".join(text.split())

    def pdf(self, where: str, data: bytes) -> str:
        """Look at a PDF: every page's words, its title, and what is attached to it."""
        with pypdfium2.PdfDocument(data) as pdf:
            pages = [page.get_textpage().get_text_bounded() for page in pdf]
            known = pdf.get_metadata_dict()
            for n in range(pdf.count_attachments()):
                inside = pdf.get_attachment(n)
                self.attached(f"{where} / {inside.get_name()}", bytes(inside.get_data()))
        titles = [known.get(key, "") for key in ("Title", "Author", "Subject", "Keywords")]
        return self.text(where, "\n".join((*titles, *pages)))

    def attached(self, where: str, data: bytes) -> None:
        """Look at a file within a PDF, where it is text or a workbook."""
        if data.startswith(b"PK"):
            self.xlsx(where, data)
            return
        try:
            self.text(where, data.decode())
        except UnicodeDecodeError:
            self.at.append(f"{where} (not text)")

    def xlsx(self, where: str, data: bytes) -> str:
        """Look at a workbook: every part of it, as it is stored."""
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            parts = [book.read(name).decode() for name in book.namelist() if name.endswith("ml")]
        return self.text(where, "\n".join(parts))

    def seen(self, words: str) -> bool:
        """Whether words stood anywhere."""
        return any(words in text for text in self._texts)

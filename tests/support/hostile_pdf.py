"""Small PDFs that cost a reader much: trees without an end, streams in streams, pages without number, giants."""

from __future__ import annotations

import zlib

MIB = 2**20


def pdf(*objects: bytes, root: bytes = b"") -> bytes:
    """A file of these objects, numbered from 2; object 1 is the catalog."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    catalog = b"<</Type/Catalog/Pages 2 0 R" + root + b">>"
    for number, body in enumerate((catalog, *objects), 1):
        places.append(len(out))
        out += b"%d 0 obj%bendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF" % (len(places) + 1, table)
    return bytes(out)


PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"


def endless_pages() -> bytes:
    """A node of pages that is its own child, twice: two to the power of its depth."""
    return pdf(b"<</Type/Pages/Count 1/Kids[2 0 R 2 0 R]>>")


def endless_fields() -> bytes:
    """The same of form fields, among which a reader looks for signatures."""
    return pdf(
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        PAGE,
        b"<</T(a)/Kids[4 0 R 4 0 R]>>",
        root=b"/AcroForm<</Fields[4 0 R 4 0 R]>>",
    )


def endless_files() -> bytes:
    """The same of attached files."""
    return pdf(
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        PAGE,
        b"<</Kids[" + b"4 0 R " * 200 + b"]>>",
        root=b"/Names<</EmbeddedFiles 4 0 R>>",
    )


def endless_drawings() -> bytes:
    """A page that draws a hundred forms, each of which draws them again."""
    forms = b"/XObject<<" + b"".join(b"/F%d 4 0 R" % n for n in range(100)) + b">>"
    form = b"<</Subtype/Form/Length 0/Resources<<%b>>>>stream\n\nendstream " % forms
    page = PAGE[:-2] + b"/Contents 4 0 R/Resources<<%b>>>>" % forms
    return pdf(b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page, form)


def million_pages() -> bytes:
    """One page that is there a million times."""
    return pdf(b"<</Type/Pages/Count 1000000/Kids[" + b"3 0 R " * 1000 + b"]>>", PAGE)


def giant_pages(count: int = 40) -> bytes:
    """Pages five metres wide, in a few hundred bytes: each is drawn as large as any picture may be."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 14400 14400]>>"
    return pdf(b"<</Type/Pages/Count %d/Kids[%b]>>" % (count, b"3 0 R " * count), page)


def nested_flate(mib: int, layers: int = 3) -> bytes:
    """A page whose contents are so many MiB of blanks, compressed several times over."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(b" " * MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    data = b"\x78\xda" + block * mib + b"\x03\x00"
    check = zlib.adler32(b"")
    for _ in range(mib):
        check = zlib.adler32(b" " * MIB, check)
    data += check.to_bytes(4)
    for _ in range(layers - 1):
        data = zlib.compress(data, 9)
    filters = b"/FlateDecode " * layers
    stream = b"<</Length %d/Filter[%b]>>stream\n%b\nendstream " % (len(data), filters, data)
    page = PAGE[:-2] + b"/Contents 4 0 R>>"
    return pdf(b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page, stream)

"""Join PDFs that were typeset in portions into one to print.

The joined file is an ordinary PDF: structure and attachments of its parts stay behind, so what must
be PDF/A is typeset in one piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def join(parts: Sequence[bytes], dest: Path) -> None:
    """Write the pages of all parts in their order; a single part is written as it is.

    Args:
        parts: The PDFs, one at least.
        dest: The file to write.
    """
    import pypdfium2

    if len(parts) == 1:
        dest.write_bytes(parts[0])
        return
    whole = pypdfium2.PdfDocument.new()
    try:
        for part in parts:
            document = pypdfium2.PdfDocument(part)
            try:
                whole.import_pages(document)
            finally:
                document.close()
        whole.save(dest)
    finally:
        whole.close()

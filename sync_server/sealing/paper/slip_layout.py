"""Where things are on a printed slip, in millimetres from the slip's own top left corner.

paperwork/notices.typ places them; `tests/sync_server/test_slip_stack.py` holds both together.
"""

from __future__ import annotations

from sync_server.sealing.paper.upright_page import Box

SLIP = Box(left=0, top=0, right=210, bottom=100)
"""The slip, below the cut line."""
SLIP_QR = Box(left=164, top=8, right=184, bottom=28)
PRINTED = tuple(
    Box(left=left, top=7, right=right, bottom=65)
    for left, right in ((112, 152), (68, 112), (25.5, 68))
)
"""The printed text left of the code with the rows that are filled in, from the code outwards."""
SIGNER_LABEL = Box(left=25.5, top=34.6, right=37.6, bottom=39.2)
"""The printed words 签收人."""
SIGNER_LINE = Box(left=38, top=38.4, right=68, bottom=38.4)
"""The line behind them, on which the signer writes."""
CUT_LINE_MM = 197
"""How far below the top of a sheet the slip begins that was not cut off."""

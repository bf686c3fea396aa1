"""A table of a page as a workbook: that it leaves the server is logged."""

from __future__ import annotations

from sync_server.paperwork.table_book import Sheet, table_book
from sync_server.services import Services
from sync_server.store import audit


def table_workbook(services: Services, sheet: Sheet, *, page: str, unit: str, who: str) -> bytes:
    """Write a table as .xlsx and log it.

    Args:
        services: The server's services.
        sheet: The table.
        page: The address of its page, without what was asked for there: that may be a name.
        unit: The school whose page it is; "" for the county's.
        who: The account.
    """
    data = table_book([sheet])
    at, rows = services.settings.now_text(), len(sheet.rows)
    services.database.write(
        lambda c: audit.note(
            c, at=at, who=who, action="table.export", unit=unit, detail=f"{page} · {rows}"
        )
    )
    return data

"""How a file was read is kept: its result for the import that follows, its shape for the next file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sync_server.office.importing import layout
from sync_server.office.importing.choice import Choice
from sync_server.services import Services
from sync_server.store import import_shapes
from sync_server.store.database import Connection
from sync_server.store.import_shapes import MOST_SHAPES, Shape

LIST = "姓名,身份证号,合同编号,应还本金,应还利息\n赵样例,610599199001011232,H00001,1.00,5.50\n"


def test_a_result_is_taken_again_until_the_bytes_or_the_choice_change(
    services: Services, tmp_path: Path
):
    file, kept = tmp_path / "f.csv", tmp_path / "read.bin"
    file.write_text(LIST)
    progress: list[int] = []

    def read(**how: int) -> int:
        parsed = layout.read(
            services,
            "due-list",
            file,
            Choice(**how),
            kept=kept,
            progress=lambda done, _: progress.append(done),
        )
        return parsed.report.totals.total_fen

    assert (read(), read(), progress) == (650, 650, [0])
    assert (read(header_row=1), progress) == (650, [0, 0])
    file.write_text(LIST.replace("1.00", "2.00"))
    assert (read(header_row=1), progress) == (750, [0, 0, 0])
    kept.write_bytes(kept.read_bytes()[:100])
    assert (read(header_row=1), progress) == (750, [0, 0, 0, 0])


def test_a_shape_chosen_anew_replaces_the_one_before_and_the_oldest_are_forgotten(
    services: Services,
):
    def remember(numbers: Iterable[int], column: str) -> None:
        def job(connection: Connection) -> None:
            for n in numbers:
                shape, now = Shape(mapping={"principal_due": column}), f"2019-12-01T00:{n:04d}"
                import_shapes.remember(connection, "due-list", str(n % 1000), shape, now)

        services.database.write(job)

    def known() -> dict[str, Shape]:
        return services.database.read(lambda c: import_shapes.known(c, "due-list"))

    remember(range(3), "A")
    remember([1000], "B")
    assert {s: shape.mapping["principal_due"] for s, shape in known().items()} == {
        "0": "B",
        "1": "A",
        "2": "A",
    }
    remember(range(3, MOST_SHAPES + 1), "A")
    assert (len(known()), "0" in known(), "1" in known()) == (MOST_SHAPES, True, False)

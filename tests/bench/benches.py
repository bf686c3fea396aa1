"""Every bench of `make bench`, by number; G for growth.

To add one, write a module whose docstring says what is divided by what, with a function that returns the values of
`frame.ROUNDS` rounds by the key of each part, and add it here with its aim; `make bench RECORD=1 PART=B1` writes its
bounds. A bench runs in a process of its own and raises `NotHereError` for what this machine lacks. Lower is better
everywhere.
"""

from __future__ import annotations

from tests.bench.registry import EXPONENT, Bench, Holds, Part


def ratio(key: str, words: str, aim: float | None) -> Part:
    """A number that no machine's speed changes: a ratio, or an amount of bytes with its unit."""
    return Part(key=key, words=words, aim=aim)


def size(key: str, words: str, unit: str, aim: float | None = None) -> Part:
    """Bytes on a wire, or a count: the same on every machine."""
    return Part(key=key, words=words, unit=unit, aim=aim)


def on_machine(key: str, words: str, unit: str, aim: float | None) -> Part:
    """Seconds or memory."""
    return Part(key=key, words=words, unit=unit, aim=aim, holds=Holds.SAME_MACHINE)


def fact(key: str, words: str, unit: str, aim: float | None = None) -> Part:
    """What is printed as information."""
    return Part(key=key, words=words, unit=unit, aim=aim, holds=Holds.NOWHERE)


def peer(key: str, words: str, program: str, aim: float | None, holds: Holds) -> Part:
    """Ours beside another program."""
    return Part(key=key, words=words, aim=aim, peer=program, holds=holds)


PAGES = (
    *("home", "county", "my schools", "school", "own school"),
    *("mornings", "slips", "inspection"),
)
"""What G1 measures, by the names of page_times.PAGES."""


def page(name: str) -> tuple[Part, ...]:
    """A page of the office at 1x and at 100x, and how it grows."""
    return (
        on_machine(
            f"{name} 1x", f"{name}, a county of 3,912: processor time of a request", "ms", 50
        ),
        on_machine(
            f"{name} 100x", f"{name}, 400,000 people: processor time of a request", "ms", 150
        ),
        Part(key=f"{name} grows", words=f"{name}: exponent over 1×, 10×, 100×", unit=EXPONENT),
    )


BENCHES: tuple[Bench, ...] = (
    Bench(
        number="B0",
        words="single facts, 8 clients",
        run="adapters:single_facts",
        parts=(
            on_machine("ms", "a single fact: the server's own processor time", "ms", 1),
            fact("rate", "single facts a second, 8 clients (more is better)", "/s", 1000),
            ratio("p99", "single facts: p99 ÷ median of the answers' times", 5),
        ),
    ),
    Bench(
        number="B1",
        words="push",
        run="adapters:push",
        parts=(ratio("push", "push of 1,000 facts ÷ bare verify and insert", 1.67),),
    ),
    Bench(
        number="B2",
        words="a photo's upload",
        run="upload:values",
        parts=(
            ratio("photo", "durable photo of 200 KB through tus ÷ raw durable file", 1.33),
            ratio("bare", "the same photo ÷ a bare server over the same libraries", None),
            fact("floor", "that bare server ÷ raw durable file: the floor", ""),
            fact("ms", "a photo from its first byte to its receipt", "ms"),
        ),
    ),
    Bench(
        number="B2",
        words="a photo's upload beside another server",
        run="peers:tus",
        parts=(
            peer(
                "tus",
                "durable photo of 200 KB with its receipt ÷ the same POST, nothing flushed",
                "@tus/server 2.4.5 with @tus/file-store 2.1.1, in node",
                None,
                Holds.NOWHERE,
            ),
        ),
    ),
    Bench(
        number="B3",
        words="the phone's photo",
        run="adapters:photo",
        parts=(ratio("photo", "photo pipeline ÷ bare draft decode and encode", 1.15),),
    ),
    Bench(
        number="B4",
        words="bytes of a sync",
        run="adapters:wire_bytes",
        parts=(
            ratio("first", "bytes of a first sync of 3,917 cases ÷ gzip-6 of the cases", 1.15),
            size("delta", "a sync with 40 changed cases", "B", 6000),
            size("empty", "a sync with nothing new", "B", 700),
        ),
    ),
    Bench(
        number="B5",
        words="a slow line",
        run="slow_line:values",
        parts=(
            ratio(
                "first",
                "first sync through 1 Mbit/s and 200 ms ÷ the line's time for its bytes",
                1.25,
            ),
            fact("floor", "one request, one answer of as many bytes ÷ the same: the floor", ""),
            fact("s", "a first sync of 3,917 cases through that line", "s"),
            size("bytes", "bytes that come down in it, headers included", "B"),
        ),
    ),
    Bench(
        number="B5",
        words="100 phones' first sync at once",
        run="adapters:hundred_phones",
        parts=(
            on_machine("all", "100 phones first-syncing at once: all done", "s", 60),
            ratio("slowest", "100 phones first-syncing at once: slowest ÷ median", 3),
        ),
    ),
    Bench(
        number="B6",
        words="a seal",
        run="seal:values",
        parts=(
            ratio("seal", "sealed PDF of 200 people ÷ first typst compile of its pages", 4),
            ratio("libraries", "sealed PDF of 200 people ÷ typst and pyHanko alone", None),
            fact("s", "a seal of 200 people: processor time", "s"),
        ),
    ),
    Bench(
        number="B6",
        words="a seal beside other programs",
        run="peers:weasyprint",
        parts=(
            peer(
                "weasyprint",
                "sealed PDF of 200 people ÷ the same texts set from HTML and signed",
                "weasyprint 70.0 and pyHanko 0.38.0",
                0.1,
                Holds.EVERYWHERE,
            ),
            peer(
                "floor",
                "typst and pyHanko alone, without our checks ÷ the same",
                "weasyprint 70.0 and pyHanko 0.38.0",
                None,
                Holds.NOWHERE,
            ),
        ),
    ),
    Bench(
        number="B7",
        words="roll-up",
        run="roll_up:values",
        parts=(ratio("counties", "roll-up of 100 counties ÷ half a bare serial verify loop", 1.2),),
    ),
    Bench(
        number="B8",
        words="memory and start",
        run="adapters:memory",
        parts=(
            on_machine("rest", "server's memory at rest", "MB", 80),
            on_machine("busy", "server's memory under 8 clients", "MB", 110),
            on_machine("start", "start to the first answer", "s", 0.7),
        ),
    ),
    Bench(
        number="B9",
        words="the phone's core",
        run="adapters:phone_core",
        parts=(
            on_machine(
                "open 200", "open with 200 cases and 1,000 own records: processor time", "ms", 150
            ),
            on_machine("open 4000", "open with 4,000 cases and 1,000 own records", "ms", 600),
            on_machine("search", "the dearest key of a search among 4,000", "ms", 50),
            ratio("open 200 x", "open with 200 ÷ decrypting and decoding the same cells", None),
            ratio("open 4000 x", "open with 4,000 ÷ decrypting and decoding the same cells", None),
        ),
    ),
    Bench(
        number="B10",
        words="the web app",
        run="adapters:web_app",
        parts=(
            size("mib", "first visit of the web app, the larger of its two builds", "MiB", 12),
            on_machine("wasm", "warm start, WebAssembly", "s", 2.2),
            on_machine("wasm slowed", "warm start, WebAssembly, slowed 6 ×", "s", 6),
            on_machine("js", "warm start, JavaScript", "s", 2.8),
            on_machine("js slowed", "warm start, JavaScript, slowed 6 ×", "s", 10),
            fact("empty wasm", "an empty Flet app, WebAssembly", "s"),
            fact("empty wasm slowed", "an empty Flet app, WebAssembly, slowed 6 ×", "s"),
            fact("empty js", "an empty Flet app, JavaScript", "s"),
            fact("empty js slowed", "an empty Flet app, JavaScript, slowed 6 ×", "s"),
        ),
    ),
    Bench(
        number="B11",
        words="lists, slips and notices",
        run="paper:values",
        parts=(
            on_machine("list", "preview of a list of 10,000 rows: processor time", "s", 3),
            on_machine("slips", "265 slips read and filed: processor time", "s", 180),
            on_machine("notices", "1,000 notices set: processor time", "s", 15),
            ratio("slip", "a page of slips ÷ bare reader of codes", None),
            size("not_filed", "slips not filed by their code", "%", 0.5),
            size("misfiled", "slips under a wrong person", "slips", 0),
        ),
    ),
    Bench(
        number="B12",
        words="the phone in week three",
        run="adapters:week_three",
        parts=(
            ratio("PIN to Today", "last digit to Today, week three ÷ first day", 1.5),
            ratio("save", "save to its confirmation, week three ÷ first day", 1.2),
            ratio("photo", "photo to its thumbnail, week three ÷ first day", 1.2),
            ratio("search", "a key of a search, week three ÷ first day", 1.5),
            size("mb", "stored for a form and its save, week three", "MB"),
        ),
    ),
    Bench(
        number="G1",
        words="the office's pages",
        run="adapters:page_times",
        parts=(
            *(part for name in PAGES for part in page(name)),
            on_machine("large school", "the page of a school of 10,000 people", "ms", 150),
        ),
        minutes=15,
    ),
    Bench(
        number="G2",
        words="finding people",
        run="adapters:case_search",
        parts=(
            on_machine("cases 1x", "the dearest filter or search of cases among 3,912", "ms", 50),
            on_machine("cases 100x", "the dearest among 400,000", "ms", 150),
            Part(
                key="cases grows", words="the dearest: exponent over 1×, 10×, 100×", unit=EXPONENT
            ),
        ),
        minutes=10,
    ),
)


def picked(names: str) -> tuple[Bench, ...]:
    """The benches of `PART="B1 B6"`, all where it is empty. Raises ValueError for an unknown one."""
    asked = names.replace(",", " ").upper().split()
    known = {bench.number for bench in BENCHES}
    if unknown := [name for name in asked if name not in known]:
        raise ValueError(f"no bench {' '.join(unknown)}; there are {' '.join(sorted(known))}")
    return tuple(bench for bench in BENCHES if not asked or bench.number in asked)

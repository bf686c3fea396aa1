"""How phones reach this server, as the office chose it on the page 手机怎么连上: keys/serve.json.

`Settings.from_environment` and `doorstep serve` read it; environment variables and options of the
command line win over it. It lies in keys/, beside the certificates it names, so that a restored
backup is found at the same address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from shared.problems import ProblemError
from sync_server import whole_file

DEFAULT_PORT = 8350
LOOPBACK = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - only where the office asks for it
DOMAIN: Literal["domain"] = "domain"
WIRELESS: Literal["wireless"] = "wireless"
PAPER: Literal["paper"] = "paper"
OWN: Literal["own"] = "own"
GIVEN: Literal["given"] = "given"
ELSEWHERE: Literal["elsewhere"] = "elsewhere"


class Choice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the office chose; the defaults are a server where nobody has chosen yet.

    Attributes:
        way: Which of the page's three ways; "" for none yet.
        url: The address that phones open; "" where it follows from the rest.
        everywhere: Whether all networks of this machine are listened on, or itself alone.
        port: The port; 0 for the usual one.
        certificate: The root of `tls init` where there is one (own), the county's files (given), or
            none here, since a proxy or `--cert` has it (elsewhere).
    """

    way: Literal["", "domain", "wireless", "paper"] = ""
    url: str = ""
    everywhere: bool = False
    port: int = 0
    certificate: Literal["own", "given", "elsewhere"] = OWN

    @property
    def host(self) -> str:
        """The host to listen on."""
        if not self.everywhere:
            return LOOPBACK
        return "::" if "//[" in self.url else EVERYWHERE

    @property
    def listens_at(self) -> int:
        """The port to listen on."""
        return self.port or DEFAULT_PORT


@dataclass(frozen=True)
class Running:
    """How `doorstep serve` runs this server; an app that something else runs has none.

    Attributes:
        start_again: Finishes the work in progress, then serves anew by what is chosen by then.
        port: The port listened on.
        options: Name and text of what the command line or the environment set: it wins.
        names: What the certificate in use is for; () for http.
        failed: Why the last change did not come about; None when it did.
        run: A name for this start, where several processes share it; "" for one of its own.
        worker: The number of this process among the workers of one machine; 0 for the only one.
    """

    start_again: Callable[[], None]
    port: int = DEFAULT_PORT
    options: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    failed: ProblemError | None = None
    run: str = ""
    worker: int = 0

    def against(self, choice: Choice) -> tuple[str, ...]:
        """Return the options that keep a choice from being followed."""
        wanted = {
            "--host": choice.host,
            "--port": str(choice.listens_at),
            "DOORSTEP_URL": choice.url,
        }
        return tuple(name for name, text in self.options.items() if wanted.get(name) != text)


def file_of(data_dir: Path, keys_dir: Path | None = None) -> Path:
    """Return where the choice is kept; `keys_dir`: a mounted folder of the secrets."""
    return (keys_dir or data_dir / "keys") / "serve.json"


def read(data_dir: Path, keys_dir: Path | None = None) -> Choice:
    """Read the choice; the defaults where nobody has chosen.

    Args:
        data_dir: The data folder.
        keys_dir: A mounted folder of the secrets.

    Raises:
        ProblemError: connect.unreadable.
    """
    path = file_of(data_dir, keys_dir)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Choice)
    except FileNotFoundError:
        return Choice()
    except (msgspec.MsgspecError, OSError) as error:
        raise ProblemError("connect.unreadable", file=str(path)) from error


def write(data_dir: Path, choice: Choice) -> None:
    """Keep a choice, whole or not at all, for the owner's eyes only."""
    path = file_of(data_dir)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    whole_file.write(path, msgspec.json.encode(choice))

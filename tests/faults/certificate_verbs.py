"""A certificate is withdrawn, or renewed with a new key, and what a kill may leave of it."""

from __future__ import annotations

from pathlib import Path

from sync_server.office import certificate_list, certs, withdrawals
from sync_server.sealing import certificates, withdrawn
from sync_server.services import Services
from sync_server.store import withdrawn_lists
from tests.faults.office_county import acts
from tests.support.crash import Job, open_services, reopened


def withdrawing(folder: Path) -> Job:
    services = open_services(folder / "server")
    return lambda: _withdraw(services)


def _withdraw(services: Services) -> withdrawn.Withdrawn:
    return withdrawals.withdraw(services, "01", reason="stolen", who="t")


def withdrawn_once_or_not(folder: Path) -> str:
    """On the list with its line of the trail, or not; the same press again destroys the key."""
    with reopened(folder / "server") as services:
        done = [row for row in services.database.read(withdrawn_lists.every) if row.code]
        assert acts(services, "certs.withdraw") == len(done) <= 1
        listed = _withdraw(services)
        assert len(listed.entries) == 1
        assert acts(services, "certs.withdraw") == 1
        assert not (certs.folder(services) / "01.key").exists()
        certs.ensure(services, "01")
        _pair_fits(services)
    return "withdrawn" if done else "as before"


def renewing(folder: Path) -> Job:
    services = open_services(folder / "server")
    return lambda: certificate_list.renew(services, "01", new_key=True, who="t")


def renewed_or_made_again(folder: Path) -> str:
    """The earlier pair or the new one; where neither is whole, the next seal makes one."""
    with reopened(folder / "server") as services:
        keys = certs.folder(services)
        whole = (keys / "01.pem").exists() and (keys / "01.key").exists()
        kept = list(keys.glob("01-*.replaced"))
        certs.ensure(services, "01")
        _pair_fits(services)
        assert certificate_list.renew(services, "01", new_key=True, who="t").has_key
        _pair_fits(services)
    return "whole" if whole and not kept else "renewed" if whole else "put away"


def _pair_fits(services: Services) -> None:
    keys = certs.folder(services)
    one = certificates.load_certificate(keys / "01.pem")
    key = certificates.load_key(keys / "01.key", certs.passphrase(services))
    assert one.public_key() == key.public_key()

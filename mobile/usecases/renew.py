"""A new key and chain for a phone whose data went back to an earlier state, or was copied.

The key file and the database cannot change in one step. The key file gets the new key beside the
one in use; then one transaction turns enrolment, chain and records to it and names it; then the key
file drops the one before, at the next start if it was killed in between. So a kill leaves the old
way or the new one. What the office does not have is signed anew at the next sync.
"""

from __future__ import annotations

from mobile.store.deletion import CHAINS
from mobile.store.keyring import Keyring
from mobile.store.meta import REWOUND, SIGNING_KEY, Enrolment
from mobile.sync.client import RemoteError, Server
from mobile.usecases.phone import Phone
from mobile.usecases.remote import as_problem
from shared import possession
from shared.problems import ProblemError
from shared.wire import EnrolReply, RenewRequest, Scope, b64

KEY_TRIES = 2
"""With the key kept from a try before, then with another: a copy of this phone may have it, too."""


async def renew(phone: Phone) -> Scope:
    """Take a new key with the server's consent; the liaison confirms the phone by name once more.

    No record is lost or changed. A running sync ends first.

    Returns:
        The season, school and teacher, as before.

    Raises:
        ProblemError: device.not_enrolled, vault.locked, net.unreachable, net.untrusted,
            net.bad_answer, device.revoked, auth.required, device.renewed_often, disk.full.

    """
    async with phone.syncing:
        enrolment, ring = await phone.store.meta.enrolment(), phone.ring
        if enrolment is None:
            raise ProblemError("device.not_enrolled")
        if ring is None:
            raise ProblemError("vault.locked")
        reply = await _granted(phone, enrolment, ring)
        await turn_to_next(
            phone,
            Enrolment(
                url=enrolment.url,
                device=reply.device,
                token=reply.token,
                server_key=reply.server_key,
                scope=reply.scope,
                ca=enrolment.ca,
            ),
        )
        return reply.scope


async def turn_to_next(phone: Phone, enrolment: Enrolment) -> None:
    """Turn enrolment, chain and records to the next key, and finish the key file.

    Raises:
        ProblemError: vault.locked, disk.full; then the phone is as before, or finishes at its next
            start.

    """
    ring = phone.ring
    if ring is None:
        raise ProblemError("vault.locked")
    cells = {"enrolment": enrolment, SIGNING_KEY: b64(await ring.next_key())}
    await phone.store.facts.begin_chain(cells, (REWOUND, CHAINS), await ring.use_next())
    await ring.keep_next()


async def _granted(phone: Phone, enrolment: Enrolment, ring: Keyring) -> EnrolReply:
    async with Server(enrolment.url, enrolment.token, phone.transport, enrolment.ca) as server:
        for tries in range(KEY_TRIES):
            key = await ring.next_key()
            message = possession.renewing(enrolment.device, key)
            asked = RenewRequest(
                public_key=b64(key),
                proof=b64(await ring.sign_next(message)),
                consent=b64(await phone.vault.sign(message)),
            )
            try:
                reply = await server.renew(asked)
            except RemoteError as problem:
                if problem.code != "enrol.key_known" or tries == KEY_TRIES - 1:
                    raise as_problem(problem) from problem
                await ring.drop_next()
            else:
                _check_server(enrolment, reply)
                return reply
    raise AssertionError("unreachable")


def _check_server(enrolment: Enrolment, reply: EnrolReply) -> None:
    """Refuse an answer of another server: the phone trusts the one it enrolled at."""
    if reply.server_key != enrolment.server_key:
        raise ProblemError("net.bad_answer")

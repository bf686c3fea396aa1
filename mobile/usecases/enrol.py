"""Enrolment: a one-time code and the phone's public key for a token. Re-enrolling never discards unsent work."""

from __future__ import annotations

from mobile.store.meta import Enrolment
from mobile.sync.client import RemoteError, Server, pinned_root
from mobile.usecases.phone import Phone
from mobile.usecases.remote import as_problem
from mobile.usecases.sign_out import take_up_chain
from shared.problems import ProblemError
from shared.wire import EnrolRequest, Scope, b64


async def enrol(phone: Phone, *, url: str, code: str, device_name: str, pin: str = "") -> Scope:
    """Enrol this phone. `pin`: the root of the server's certificate, from the link (shared/enrol_link.py).

    The root is fetched and compared before the code is spoken; in a browser the browser itself judges certificates.
    Raises: ProblemError net.unreachable, net.untrusted, net.wrong_pin, enrol.code_invalid, enrol.too_many_tries, enrol.other_server.
    """
    before = await phone.store.meta.enrolment()
    unsent = len(phone.store.facts.unsent())
    if before is not None and before.url != url and unsent:
        raise ProblemError("enrol.other_server", unsent=unsent)
    key = b64(await phone.vault.public_key())
    ca = await pinned_root(url, pin) if pin and phone.transport is None else ""
    async with Server(url, transport=phone.transport, ca=ca) as server:
        try:
            reply = await server.enrol(EnrolRequest(code=code, public_key=key, device_name=device_name))
        except RemoteError as problem:
            raise as_problem(problem) from problem
    await take_up_chain(phone, reply.server_key)
    await phone.store.meta.put(
        "enrolment",
        Enrolment(
            url=url, device=reply.device, token=reply.token, server_key=reply.server_key, scope=reply.scope, ca=ca
        ),
    )
    return reply.scope


async def enrolled(phone: Phone) -> Scope | None:
    """Who this phone is for; None before enrolment."""
    enrolment = await phone.store.meta.enrolment()
    return enrolment.scope if enrolment else None

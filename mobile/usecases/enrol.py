"""Enrolment: exchanges a one-time code and the phone's public key for a token.

The phone signs code and key in the same request. Unsent records are never discarded.
"""

from __future__ import annotations

import msgspec

from mobile.store.meta import Enrolment
from mobile.sync.client import RemoteError, Server, pinned_root
from mobile.sync.rewound import compare
from mobile.usecases.phone import Phone
from mobile.usecases.remote import as_problem
from mobile.usecases.renew import turn_to_next
from mobile.usecases.sign_out import resume_chain
from shared import enrol_link, possession
from shared.problems import ProblemError
from shared.records.shapes import shown
from shared.wire import EnrolReply, EnrolRequest, Scope, b64

KEY_TRIES = 3
"""With this phone's key, with one kept from a try before, and with one of its own."""


async def enrol(phone: Phone, *, url: str, code: str, device_name: str, pin: str = "") -> Scope:
    """Enrol this phone, or enrol it again after it was revoked.

    The root certificate is fetched and compared before the code is sent; in a browser the browser
    checks certificates.

    Args:
        phone: The phone.
        url: The server's address as typed.
        code: The one-time code as typed.
        device_name: How the office's list names this phone.
        pin: sha256 of the server's root certificate, from the link (shared/enrol_link.py); "" keeps
            the root known before.

    Returns:
        The season, school and teacher the phone is enrolled for.

    Raises:
        ProblemError: enrol.unreachable, enrol.no_server, net.untrusted, net.wrong_pin,
            enrol.code_invalid, enrol.too_many_tries, enrol.other_server, enrol.other_season,
            enrol.other_teacher.

    """
    url = enrol_link.address(url)
    before = await phone.to_write().store.meta.enrolment()
    unsent = len(phone.store.facts.unsent()) + len(phone.store.photos.waiting())
    if before is not None and before.url != url and unsent:
        raise ProblemError("enrol.other_server", unsent=unsent)
    known = before.ca if before is not None and before.url == url else ""
    mine = before.scope if before is not None and unsent else None
    asked = EnrolRequest(
        code=enrol_link.digits(code),
        public_key="",
        device_name=shown(device_name),
        unsent_season=_earliest(phone, mine.season) if mine else "",
        unsent_staff=mine.staff if mine else "",
    )
    async with phone.syncing:
        try:
            ca = await pinned_root(url, pin) if pin and phone.transport is None else known
            reply, fresh = await _proven(phone, url, ca, asked)
        except ProblemError as problem:
            raise _of_address(problem) from problem
        enrolment = Enrolment(
            url=url,
            device=reply.device,
            token=reply.token,
            server_key=reply.server_key,
            scope=reply.scope,
            ca=ca,
        )
        if fresh:
            await turn_to_next(phone, enrolment)
        else:
            await resume_chain(phone, reply.server_key)
            await phone.store.meta.put("enrolment", enrolment)
            await compare(phone.store, reply.chain)
    return reply.scope


def _earliest(phone: Phone, season: str) -> str:
    """The earliest season of which something is unsent: a list of before may be gone by now."""
    return min((kept.fact.season for kept in phone.store.facts.unsent()), default=season)


async def _proven(phone: Phone, url: str, ca: str, asked: EnrolRequest) -> tuple[EnrolReply, bool]:
    """Ask with this phone's key and the proof that it holds it, and say whether it is a new one.

    A new one where this phone's chain is broken, or where the server knows the key as another
    teacher's or as another copy's.
    """
    ring = phone.ring
    fresh = ring is not None and await phone.store.meta.rewound() is not None
    for tries in range(KEY_TRIES):
        key = await (ring.next_key() if ring and fresh else phone.vault.public_key())
        sign = ring.sign_next if ring and fresh else phone.vault.sign
        proof = await sign(possession.enrolling(asked.code, key))
        ready = msgspec.structs.replace(asked, public_key=b64(key), proof=b64(proof))
        try:
            return await _ask(phone, url, ca, ready), fresh
        except ProblemError as problem:
            if problem.code != "enrol.key_known" or ring is None or tries == KEY_TRIES - 1:
                raise
            if fresh:
                await ring.drop_next()
            fresh = True
    raise AssertionError("unreachable")


async def _ask(phone: Phone, url: str, ca: str, asked: EnrolRequest) -> EnrolReply:
    if not url:
        raise ProblemError("enrol.unreachable")
    async with Server(url, transport=phone.transport, ca=ca) as server:
        try:
            return await server.enrol(asked)
        except RemoteError as problem:
            if not problem.code:  # a server answers, but not ours
                raise ProblemError("enrol.no_server") from problem
            raise as_problem(problem) from problem


def _of_address(problem: ProblemError) -> ProblemError:
    """The same problem in terms of an address just typed.

    Before an enrolment nothing is tried again automatically.
    """
    codes = {"net.unreachable": "enrol.unreachable", "net.bad_answer": "enrol.no_server"}
    return ProblemError(codes[problem.code]) if problem.code in codes else problem


async def enrolled(phone: Phone) -> Scope | None:
    """Return who this phone is enrolled for; None before enrolment."""
    enrolment = await phone.store.meta.enrolment()
    return enrolment.scope if enrolment else None


async def server(phone: Phone) -> str:
    """Return the address of this phone's server; "" before enrolment."""
    enrolment = await phone.store.meta.enrolment()
    return enrolment.url if enrolment else ""

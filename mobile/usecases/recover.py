"""A forgotten PIN: a code of the office brings the escrowed data key back, then a new PIN is set.

No record leaves the phone, and nothing changes on it before the answer was decrypted and found to
be its own key.
"""

from __future__ import annotations

import random

from mobile.store.keyfile import open_box
from mobile.sync.client import RemoteError, Server
from mobile.sync.schedule import Retry
from mobile.usecases.phone import Phone
from mobile.usecases.remote import as_problem
from mobile.usecases.unlock import PhoneLock, check_pin
from shared.box import RECOVERY
from shared.enrol_link import digits
from shared.problems import ProblemError
from shared.wire import RecoverRequest, b64


async def recover(phone_lock: PhoneLock, *, code: str, new_pin: str) -> Phone:
    """Unlock a phone with a recovery code and set a new PIN.

    After a lost answer the same request may be sent again: its key stays in `phone_lock.asking`
    until it worked.

    Args:
        phone_lock: The locked phone.
        code: The recovery code as typed.
        new_pin: The new PIN, 6 digits.

    Raises:
        ProblemError: pin.digits, pin.too_plain, recover.no_office, recover.code_invalid,
            recover.box_unreadable, recover.too_many_tries, device.revoked, net.unreachable,
            net.bad_answer, vault.cannot_open, disk.full.

    """
    check_pin(new_pin)
    if phone_lock.read_only:
        raise ProblemError("phone.read_only")
    office = phone_lock.ring.office
    if office is None:
        raise ProblemError("recover.no_office")
    crypto = phone_lock.ports.crypto
    if phone_lock.asking is None:
        phone_lock.asking = await crypto.new_private_key()
    private = phone_lock.asking
    point = b64(await crypto.public_point(private))
    asked = RecoverRequest(code=digits(code), device=office.device, box=office.box, point=point)
    async with Server(office.url, transport=phone_lock.ports.transport, ca=office.ca) as server:
        try:
            reply = await Retry(random.random)(server.recover, asked)
        except RemoteError as problem:
            raise as_problem(problem) from problem
    try:
        data_key = await open_box(crypto, RECOVERY, private, reply.box)
    except ValueError as error:
        raise ProblemError("net.bad_answer") from error
    await phone_lock.ring.restore(data_key, new_pin)
    phone = await phone_lock.opened()
    phone_lock.asking = None
    return phone

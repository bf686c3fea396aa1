"""Names and addresses: in full for the teacher, masked while somebody may be reading along.

Covering (旁边有人，先遮住) is a state of the opened phone, so that every view is masked by the same
rule and a phone that was locked shows the list in full again only behind its PIN.
"""

from __future__ import annotations

from mobile.usecases.phone import Phone
from shared.identity import mask_address, mask_name, mask_numbers


def shown_name(phone: Phone, name: str) -> str:
    """Return a name as the screens may show it now."""
    return mask_name(name) if phone.covered else name


def shown_address(phone: Phone, address: str) -> str:
    """Return an address as the screens may show it now: whole, or down to the village.

    A phone or ID number that somebody typed into it stays masked.
    """
    return mask_address(address).strip("*") if phone.covered else mask_numbers(address)


def cover(phone: Phone, covered: bool) -> bool:
    """Mask names and addresses, or show them again; return whether that changed anything."""
    changed = phone.covered != covered
    phone.covered = covered
    return changed

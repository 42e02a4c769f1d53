"""Addresses and header values by the rules of RFC 5322 and RFC 2047, lenient towards malformed ones."""

import re
from contextlib import suppress
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import getaddresses, quote

from assistant.domain.mail_invisible import strip_invisible

_HEADER_LIMIT = 2_000
_SPECIALS = re.compile(r'[][()<>@,:;".\\]')


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox: ``address`` is the addr-spec in lower case, empty when none can be read."""

    name: str
    address: str

    @property
    def local_part(self) -> str:
        """The part before the last @."""
        return self.address.rpartition("@")[0]

    @property
    def domain(self) -> str:
        """The part after the last @."""
        return self.address.rpartition("@")[2] if "@" in self.address else ""


def header_text(value: str) -> str:
    """Return an unstructured header as a person sees it: encoded words decoded, folding undone."""
    text = value[:_HEADER_LIMIT]
    if "=?" in text:
        # An unknown charset or broken base64 is shown as it came.
        with suppress(HeaderParseError, LookupError, ValueError):
            text = str(make_header(decode_header(text)))
    return strip_invisible(text).replace("\n", " ")


def named_address(name: str, address: str) -> str:
    """Return ``Ann Smith <ann@company.com>``, the name in quotes where it could be read as an address."""
    if not name or name == address:
        return address
    return f'"{quote(name)}" <{address}>' if _SPECIALS.search(name) else f"{name} <{address}>"


def mailboxes(value: str) -> tuple[Mailbox, ...]:
    """Return the mailboxes of an address list; groups are flattened, the obsolete ``addr (name)`` is read."""
    pairs = getaddresses([value[:_HEADER_LIMIT]], strict=False)
    found = (Mailbox(header_text(name), strip_invisible(address).lower()) for name, address in pairs)
    return tuple(mailbox for mailbox in found if mailbox.name or mailbox.address)


def sender_mailbox(value: str) -> Mailbox:
    """Return the first mailbox of a From value that has an address; else the text as a name.

    Many systems write "Last, First <address>" without the quotes RFC 5322 asks for: what stands before the first
    address is the name.
    """
    found = mailboxes(value)
    box = next((box for box in found if "@" in box.address), None)
    if box is None:
        return Mailbox(header_text(value), "")
    name, bracket, _ = header_text(value).partition("<")
    return box if box is found[0] or not bracket else Mailbox(name.strip(' ",'), box.address)

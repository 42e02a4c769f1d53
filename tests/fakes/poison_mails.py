"""Mails at which Python's email package raises, each of which any sender can write."""

from collections.abc import Mapping
from typing import Final

SENDER: Final = "Ann Smith <ann@supplier.com>"
_FROM: Final = f"From: {SENDER}\r\n".encode()
_BEGIN: Final = _FROM + b"Subject: Invoice\r\n"


def _text(content_type: bytes, text: bytes = b"Please pay.\r\n") -> bytes:
    return _BEGIN + b"Content-Type: text/plain; " + content_type + b"\r\n\r\n" + text


def nested(depth: int) -> bytes:
    """Return a mail with this many multiparts within each other."""
    parts = (b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (one, one) for one in range(depth))
    return _BEGIN + b"".join(parts) + b"\r\nPlease pay.\r\n"


POISON: Final[Mapping[str, bytes]] = {
    "subject of broken Base64": _FROM + b"Subject: =?utf-8?b?YWJjZ?=\r\n\r\nPlease pay.\r\n",
    "subject in a charset of no ASCII": _FROM + b"Subject: =?utf-\xf0?q?hi?=\r\n\r\nPlease pay.\r\n",
    "subject in a quadratic codec": _FROM + b"Subject: =?punycode?q?a-%b?=\r\n\r\n" % (b"b" * 200_000),
    "codec idna": _text(b"charset=idna"),
    "codec undefined": _text(b"charset=undefined"),
    "codec of half characters": _text(b"charset=unicode_escape", b"Please pay \\ud800.\r\n"),
    "quadratic codec": _text(b"charset=punycode", b"Please-pay" * 20_000),
    "parameter with and without a number": _text(b"charset*=utf-8''utf-8; charset*0=utf-8"),
    "file name with and without a number": _BEGIN
    + b"Content-Disposition: attachment; filename*=a; filename*0=b\r\n\r\nabc\r\n",
    "boundary with and without a number": _BEGIN
    + b"Content-Type: multipart/mixed; boundary*=b; boundary*0=b\r\n\r\n--b\r\n\r\nPlease pay.\r\n--b--\r\n",
    "number of 5,000 digits": _text(b"charset*%b=utf-8" % (b"9" * 5_000)),
    "nested 2,000 times": nested(2_000),
    "forwarded 2,000 times": _BEGIN + b"Content-Type: message/rfc822\r\n\r\n" * 2_000 + b"Please pay.\r\n",
}

"""Short pages for a browser that a provider sent back: text only, no script, nothing loaded."""

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from typing import Final

from aws_lambda_powertools.event_handler import Response

HTML: Final = "text/html; charset=utf-8"
_STYLE: Final = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem}"
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page(status: int, title: str, paragraphs: Iterable[str]) -> Response[str]:
    """Return a page with this title and these paragraphs, all of them plain text."""
    body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    document = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1>{body}</html>"
    )
    return Response(status, HTML, document, {"Content-Security-Policy": _POLICY})

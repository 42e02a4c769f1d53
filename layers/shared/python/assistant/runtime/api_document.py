"""The OpenAPI document of the whole API: as a page, and to tell an unknown address from a wrong method."""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from aws_lambda_powertools.event_handler.openapi import swagger_ui
from aws_lambda_powertools.event_handler.openapi.swagger_ui import generate_swagger_html

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_PARAMETER = re.compile(r"\\\{\w+\\\}")


class ApiDocument:
    """The document in one JSON file, read once."""

    def __init__(self, file: Path) -> None:
        self.text = file.read_text(encoding="utf-8")
        self._methods = {
            re.compile(_PARAMETER.sub("[^/]+", re.escape(template))): sorted(operations)
            for template, operations in json.loads(self.text)["paths"].items()
        }

    def methods_at(self, path: str) -> Sequence[str]:
        """Return the methods, in upper case, the API has at this path."""
        return [
            method.upper()
            for template, methods in self._methods.items()
            if template.fullmatch(path)
            for method in methods
        ]

    @cached_property
    def page(self) -> str:
        """Swagger UI with everything it needs inside."""
        assets = Path(swagger_ui.__file__).parent
        script = (assets / "swagger-ui-bundle.min.js").read_text(encoding="utf-8")
        style = (assets / "swagger-ui.min.css").read_text(encoding="utf-8")
        # "</" inside a string would end the script element.
        return generate_swagger_html(self.text.replace("</", "<\\/"), script, style, "", None)

    @cached_property
    def page_policy(self) -> str:
        """The Content-Security-Policy of the page: its own scripts by their hashes, requests to this API only."""
        digests = (hashlib.sha256(script.encode()).digest() for script in _INLINE_SCRIPT.findall(self.page))
        hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
        return (
            f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; font-src data:; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )

"""Consents given as a person with a browser gives them: open the page, press a button, follow the provider back, read.

What is read there is the code that confirms the consent.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Final
from urllib.parse import urljoin

from infra.local.console import LocalFailure
from infra.local.sandbox.asking import ask

_CODE: Final = re.compile(r"<p>([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})</p>")


def consent(url: str, address: str) -> str:
    """Press the button of who has this e-mail address on the consent page; return where the provider sends them.

    Raises:
        LocalFailure: there is no such page or button, or pressing it does not send the user back.

    """
    page = ask("GET", url)
    chosen = next((form for form in read_forms(page.data.decode()) if address in form.words), None)
    if page.status != HTTPStatus.OK or chosen is None:
        raise LocalFailure(f"{url.partition('?')[0]} does not ask {address} for a consent")
    pressed = ask("POST", urljoin(url, chosen.action), form=chosen.fields)
    back = pressed.headers.get("Location")
    if back is None:
        raise LocalFailure(f"{url.partition('?')[0]} answers a consent with {pressed.status}")
    return back


def follow(url: str) -> str:
    """Open the address a provider sends a user back to; return the code that is shown there.

    Raises:
        LocalFailure: the consent is not taken.

    """
    answer = ask("GET", url)
    if answer.status != HTTPStatus.OK:
        raise LocalFailure(f"the consent was not taken: {url.partition('?')[0]} answers {answer.status}")
    return shown_code(answer.data.decode())


def shown_code(page: str) -> str:
    """Return the code that a page shows; raises LocalFailure where it shows none."""
    shown = _CODE.search(page)
    if shown is None:
        raise LocalFailure("the page after the consent shows no code")
    return shown[1]


@dataclass
class Form:
    """A form of a page: where it goes, what pressing its button sends, and all that it shows and holds."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    words: str = ""


def read_forms(page: str) -> Sequence[Form]:
    """Return the forms of a page in its order."""
    parser = _Forms()
    parser.feed(page)
    return parser.found


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(given.get("action", "")))
        elif tag in ("input", "button") and self.found:
            value = given.get("value", "")
            self.found[-1].fields |= {given["name"]: value} if "name" in given else {}
            self.found[-1].words += f" {value}"

    def handle_data(self, data: str) -> None:
        if self.found:
            self.found[-1].words += data

"""Mails of connected mailboxes, as they are kept for meetings with their people."""

import re
from datetime import timedelta
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict

from assistant.domain.mail_addresses import Mailbox
from assistant.domain.sources import Document, SourceKind

KEPT_FOR: Final = timedelta(days=180)


class PastMail(BaseModel):
    """A mail that somebody wrote to the user; ``people`` are addresses, the author first, ``author`` their name."""

    model_config = ConfigDict(frozen=True)

    connection_id: str
    message_id: str
    at: AwareDatetime
    title: str
    text: str
    people: tuple[str, ...]
    author: str = ""

    @property
    def sender(self) -> Mailbox:
        """Who wrote it."""
        return Mailbox(self.author, self.people[0])

    @property
    def document(self) -> Document:
        """The mail as statements may rest on it; its id is the provider's."""
        return Document(
            kind=SourceKind.MAIL, id=self.message_id, text=self.text, title=self.title, at=self.at, people=self.people
        )

    def names(self, person: re.Pattern[str]) -> bool:
        """Whether somebody of this address or name wrote it, got it, or is named in it."""
        said = (self.author, self.title, self.text)
        return any(map(person.fullmatch, self.people)) or any(map(person.search, said))

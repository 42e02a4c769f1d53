"""What a user's corrections taught about a sender or a mailing list."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, Self

from pydantic import BaseModel, ConfigDict

from assistant.domain.mail import Mail
from assistant.domain.mail_addresses import header_text, sender_mailbox
from assistant.domain.triage.decision import Category

_ATTENTION: Final = (
    Category.ARCHIVE,
    Category.ROUTINE,
    Category.DELEGATE,
    Category.IMPORTANT_READ,
    Category.URGENT_ACTION,
)
_CORRECTIONS_TO_RAISE: Final = 1
_CORRECTIONS_TO_LOWER: Final = 2
_KEY_LIMIT: Final = 200
_LIST_ID = re.compile(r"<([^<>]{1,190})>\s*$")


class SenderRecord(BaseModel):
    """Corrections received for one sender key, counted by the category the user chose."""

    model_config = ConfigDict(frozen=True)

    key: str
    corrections: Mapping[Category, int] = {}

    def corrected(self, category: Category) -> Self:
        """Return the record with one more correction to ``category``."""
        return self.model_copy(update={"corrections": {**self.corrections, category: self._count(category) + 1}})

    def _count(self, category: Category) -> int:
        return self.corrections.get(category, 0)


def sender_keys(mail: Mail) -> tuple[str, ...]:
    """Return the keys whose corrections speak for ``mail``: ``list:<list-id>`` (RFC 2919), ``from:<addr-spec>``."""
    headers = {name.lower(): value for name, value in mail.headers.items()}
    list_id = header_text(headers.get("list-id", "")).lower()
    bracketed = _LIST_ID.search(list_id)
    address = sender_mailbox(mail.sender).address
    keys = []
    if list_id:
        keys.append(f"list:{bracketed[1] if bracketed else list_id}")
    if "@" in address:
        keys.append(f"from:{address}")
    return tuple(key[:_KEY_LIMIT] for key in keys)


def attention(category: Category) -> int:
    """Return how much of the reader's attention the category takes, 0 (archive) to 4 (urgent_action)."""
    return _ATTENTION.index(category)


def learned_category(decided: Category, records: Iterable[SenderRecord]) -> Category:
    """Return what the corrections of these records make of ``decided``.

    The category chosen most often wins, the higher one at a tie. One correction raises; lowering needs
    two, and more of them than speak for staying.
    """
    votes: Counter[Category] = Counter()
    for record in records:
        # A correction is counted under every key of its mail, so keys are not added up.
        for category, count in record.corrections.items():
            votes[category] = max(votes[category], count)
    if not votes:
        return decided
    chosen = max(votes, key=lambda category: (votes[category], attention(category)))
    if attention(chosen) >= attention(decided):
        return chosen if votes[chosen] >= _CORRECTIONS_TO_RAISE else decided
    staying = sum(count for category, count in votes.items() if attention(category) >= attention(decided))
    return chosen if votes[chosen] >= _CORRECTIONS_TO_LOWER and votes[chosen] > staying else decided

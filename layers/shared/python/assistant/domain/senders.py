"""What a user's corrections and behaviour taught about a sender or a mailing list."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from assistant.domain.learning import ENOUGH_TO_RAISE, LearnedRecord
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
# Two corrections lower for four months, three for seven.
ENOUGH_TO_LOWER: Final = 1.25
_KEY_LIMIT: Final = 200
_LIST_ID = re.compile(r"<([^<>]{1,190})>\s*$")


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


def learned_category(decided: Category, records: Iterable[LearnedRecord]) -> Category:
    """Return what was learned in these records makes of ``decided``.

    The category with the most weight wins, the higher one at a tie; replies speak for staying, at least at
    important_read. Raising needs the weight of half a correction, lowering that of more than one, and more than speaks
    for staying.
    """
    votes: defaultdict[Category, float] = defaultdict(float)
    for record in records:
        # A lesson is counted under every key of its mail, so keys are not added up.
        for category, weight in _votes(record, decided).items():
            votes[category] = max(votes[category], weight)
    if not votes:
        return decided
    chosen = max(votes, key=lambda category: (votes[category], attention(category)))
    if attention(chosen) >= attention(decided):
        return chosen if votes[chosen] >= ENOUGH_TO_RAISE else decided
    staying = sum(weight for category, weight in votes.items() if attention(category) >= attention(decided))
    return chosen if votes[chosen] >= ENOUGH_TO_LOWER and votes[chosen] > staying else decided


def _votes(record: LearnedRecord, decided: Category) -> Mapping[Category, float]:
    if not record.replies:
        return record.votes
    at_least = max(decided, Category.IMPORTANT_READ, key=attention)
    return {**record.votes, at_least: record.votes.get(at_least, 0) + record.replies}

"""Which topics a mail is about, and what the user taught about them.

A topic is a telling word of the subject, compared by its stem; words that stand in many subjects, and words with a
digit, are none. What was taught about a topic moves a decision within important_read and routine only, and only once
two senders or lists taught it: what one sender teaches is the sender's.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from assistant.domain.learning import HALF_LIFE, LearnedRecord
from assistant.domain.mail import Mail
from assistant.domain.mail_addresses import header_text
from assistant.domain.senders import attention, sender_keys
from assistant.domain.triage.cues import words
from assistant.domain.triage.decision import Category
from assistant.domain.triage.lexicon.subjects import COMMON
from assistant.domain.words import terms

# Twice as many lessons as a sender needs: a word is shared by mails that have nothing else in common.
ENOUGH_TO_RAISE: Final = 1.0
ENOUGH_TO_LOWER: Final = 2.0
# What nobody taught again for two half-lives is forgotten.
TOPICS_KEPT_FOR: Final = 2 * HALF_LIFE
SOURCES_NEEDED: Final = 2
_MOST: Final = 4
_SHORTEST, _LONGEST = 3, 40
_PREFIX: Final = "topic:"
_IMPORTANT: Final = (Category.URGENT_ACTION, Category.IMPORTANT_READ)
_ROUTINE: Final = (Category.ROUTINE, Category.ARCHIVE)


@dataclass(frozen=True, slots=True)
class Topic:
    """A telling word at ``start`` to ``end`` of a subject."""

    key: str
    word: str
    start: int
    end: int


def topics_of(mail: Mail) -> tuple[Topic, ...]:
    """Return the first topics of the mail's subject, 4 at most, each once."""
    found = (topic for topic in _topics(header_text(mail.subject)) if _tells(topic))
    each_once: dict[str, Topic] = {}
    for topic in found:
        each_once.setdefault(topic.key, topic)
    return tuple(each_once.values())[:_MOST]


def lesson_keys(mail: Mail) -> frozenset[str]:
    """Return the keys of everything that may have been taught about mail like this one."""
    return frozenset((*sender_keys(mail), *(topic.key for topic in topics_of(mail))))


def topic_key(word: str) -> str:
    """Return the key what was taught about a topic is kept under: ``topic:<stem>``."""
    return _PREFIX + next(iter(terms(word)), word)


def is_topic(key: str) -> bool:
    """Whether a key is one of a topic."""
    return key.startswith(_PREFIX)


def place_of(phrase: str, subject: str) -> tuple[int, int] | None:
    """Return where the first of the phrase's words stands in a subject that holds them all, in any order and form."""
    wanted = set(terms(phrase))
    places: Mapping[str, tuple[int, int]] = {
        topic.key.removeprefix(_PREFIX): (topic.start, topic.end) for topic in _topics(subject)
    }
    return min(places[term] for term in wanted) if wanted and wanted <= places.keys() else None


@dataclass(frozen=True, slots=True)
class Leaning:
    """What speaks for important_read and for routine, of the one topic for which it differs most."""

    key: str = ""
    important: float = 0.0
    routine: float = 0.0

    @property
    def lead(self) -> float:
        """How much more speaks for important_read; below 0 for routine."""
        return self.important - self.routine

    @property
    def raises(self) -> bool:
        """Whether enough speaks for important_read."""
        return self.lead >= ENOUGH_TO_RAISE

    def of(self, decided: Category) -> Category:
        """Return what the lessons make of a decision; urgent_action and archive are out of their reach."""
        if self.raises and attention(decided) < attention(Category.IMPORTANT_READ):
            return Category.IMPORTANT_READ
        lowers = self.lead <= -ENOUGH_TO_LOWER and attention(decided) > attention(Category.ROUTINE)
        return Category.ROUTINE if lowers and decided is not Category.URGENT_ACTION else decided

    @property
    def confidence(self) -> float:
        """How sure the lessons make of it, by the rule of succession."""
        return (max(self.important, self.routine) + 1) / (self.important + self.routine + 2)


def leaning(records: Iterable[LearnedRecord]) -> Leaning:
    """Return where the records of a mail's topics lean; the most telling topic speaks, the more important at a tie."""
    told = (_leaning(record) for record in records if record.sources >= SOURCES_NEEDED)
    return max(told, key=lambda one: (abs(one.lead), one.lead), default=Leaning())


def _leaning(record: LearnedRecord) -> Leaning:
    important = record.replies + sum(record.votes.get(category, 0) for category in _IMPORTANT)
    return Leaning(record.key, important, sum(record.votes.get(category, 0) for category in _ROUTINE))


def _topics(subject: str) -> Iterator[Topic]:
    for _, start, end in words(subject):
        found = tuple(terms(subject[start:end]))
        if len(found) == 1:
            yield Topic(_PREFIX + found[0], subject[start:end].lower(), start, end)
            continue
        # Of a run of signs without spaces each pair is a word.
        for at, pair in enumerate(found, start):
            yield Topic(_PREFIX + pair, pair, at, at + len(pair))


def _tells(topic: Topic) -> bool:
    word = topic.word
    # Signs that are written without spaces have no upper case.
    long_enough = _SHORTEST <= len(word) <= _LONGEST or word.upper() == word
    return word.isalpha() and long_enough and topic.key not in _common()


@cache
def _common() -> frozenset[str]:
    return frozenset(map(topic_key, COMMON))

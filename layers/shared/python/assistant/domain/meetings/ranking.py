"""Which documents bear on a meeting: their words, their meaning, their people and their age.

The words are weighed by BM25 (k1 = 1.2, b = 0.75) against title and context of the meeting; the best document has 1.
A document that is near in meaning counts at least as far as its cosine goes beyond 0.35, which one in a hundred of
unrelated mails reaches, on the way to 1.
Each attendee of the meeting whom a document names adds 0.5, to 1 at most. Of the sum four fifths are halved for every
30 days between document and meeting, a fifth stays: what bears on the subject does not age away.
"""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from assistant.domain.meetings.reading import Candidate
from assistant.domain.words import terms

HALF_LIFE: Final = timedelta(days=30)
# A document without a date counts as one of two half-lives ago.
UNDATED: Final = 2 * HALF_LIFE
LEAST_SHARE: Final = 0.2
_PERSON: Final = 0.5
_SATURATION, _LENGTH_SHARE = 1.2, 0.75
_TITLE_WEIGHT: Final = 2
_NEAR: Final = 0.35


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate and how much it bears on the meeting, from 0 to 2."""

    candidate: Candidate
    score: float


def rank(
    candidates: Sequence[Candidate],
    *,
    subject: str,
    people: Collection[str],
    meeting_at: datetime,
    most: int,
    near: Sequence[float] | None = None,
) -> Sequence[Ranked]:
    """Return the candidates that bear on the meeting at all, best first; at a tie the newer one.

    ``near`` has for each candidate the cosine of its meaning and the subject's, where that is known.
    """
    wanted = frozenset(terms(subject))
    relevant = _relevance(_bags(candidates, wanted), wanted)
    meant = [_nearness_share(cosine) for cosine in near or (0.0,) * len(candidates)]
    scored = [
        Ranked(one, (max(words, meaning) + _people_share(one, people)) * recency(one.at, meeting_at))
        for one, words, meaning in zip(candidates, relevant, meant, strict=True)
    ]
    found = [one for one in scored if one.score > 0]
    return sorted(found, key=lambda one: (-one.score, _age(one.candidate.at, meeting_at)))[:most]


def recency(at: datetime | None, meeting_at: datetime) -> float:
    """Return the share that is left of a document's weight, from 0.2 to 1."""
    share: float = 0.5 ** (_age(at, meeting_at) / HALF_LIFE)
    return LEAST_SHARE + (1 - LEAST_SHARE) * share


def _age(at: datetime | None, meeting_at: datetime) -> timedelta:
    return UNDATED if at is None else abs(meeting_at - at)


@dataclass(frozen=True, slots=True)
class _Bag:
    """How often a document has each term that is wanted, and how many words in all."""

    counts: Counter[str]
    length: int


def _bags(candidates: Sequence[Candidate], wanted: frozenset[str]) -> list[_Bag]:
    """Return a bag for each candidate. Texts share most of what stands between spaces: each is looked at once."""
    bags, idle = [], set[str]()
    for one in candidates:
        words = Counter((f"{one.title} " * _TITLE_WEIGHT + one.text).split())
        counts: Counter[str] = Counter()
        for word in words.keys() - idle:
            found = [term for term in terms(word) if term in wanted]
            for term in found:
                counts[term] += words[word]
            if not found:
                idle.add(word)
        bags.append(_Bag(counts, words.total()))
    return bags


def _relevance(bags: Sequence[_Bag], wanted: frozenset[str]) -> Sequence[float]:
    """Return BM25 of each bag, as a share of the best."""
    if not bags:
        return ()
    mean = sum(bag.length for bag in bags) / len(bags) or 1.0
    rarity = {term: _rarity(sum(term in bag.counts for bag in bags), len(bags)) for term in wanted}
    scores = [
        sum(rarity[term] * _weight(count, bag.length / mean) for term, count in bag.counts.items()) for bag in bags
    ]
    best = max(scores)
    return [score / best for score in scores] if best else scores


def _rarity(documents: int, of: int) -> float:
    return math.log(1 + (of - documents + 0.5) / (documents + 0.5))


def _weight(count: int, length: float) -> float:
    return count * (_SATURATION + 1) / (count + _SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * length))


def _nearness_share(cosine: float) -> float:
    return min(1.0, max(0.0, (cosine - _NEAR) / (1 - _NEAR)))


def _people_share(candidate: Candidate, people: Collection[str]) -> float:
    return min(1.0, _PERSON * len(candidate.people & frozenset(people)))

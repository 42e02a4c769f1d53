"""What was understood of a user's wishes, and what was not."""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints, ValidationError

from assistant.domain.bounds import at_most
from assistant.domain.calendar.request import Constraints
from assistant.domain.calendar.wishes.grammar import VOCABULARIES, Grammar, grammar
from assistant.domain.calendar.wishes.joining import joined
from assistant.domain.calendar.wishes.saying import said_back
from assistant.domain.triage.cues import fold
from assistant.domain.triage.language import Language, detect_language

MOST_WISHES: Final = 20
LONGEST_WISH: Final = 300
# Where one wish may end and the next begin.
_SEAM: Final = re.compile(r"[.;\n]+\s*|,? (?:and|but|y|pero|et|mais|und|aber) |, ")
_SPACE: Final = re.compile(r"\s+")
_QUOTES: Final = str.maketrans({"’": "'", "‘": "'", "“": None, "”": None, '"': None, "«": None, "»": None, "–": "-"})

Wishes = Annotated[
    tuple[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_WISH)], ...],
    BeforeValidator(at_most(MOST_WISHES)),
    Field(examples=[["no meetings on Friday afternoon", "keep mornings free for writing"]]),
]
# Only what a wish asks for is said; the rest of a constraint would be a list of nulls.
StatedConstraints = Annotated[
    Constraints,
    PlainSerializer(
        lambda constraints: constraints.model_dump(mode="json", exclude_none=True), return_type=dict[str, object]
    ),
]


class WishReader(StrEnum):
    """Who understood a wish."""

    RULES = "rules"
    CLAUDE = "claude"


class UnderstoodWish(BaseModel):
    """A wish, what it asks for as a constraint, and that said back in a sentence of the wish's language."""

    model_config = ConfigDict(frozen=True)

    wish: str
    constraint: StatedConstraints
    said_back: str
    understood_by: WishReader = WishReader.RULES


class WishesRead(BaseModel):
    """Every wish is in one of the two."""

    model_config = ConfigDict(frozen=True)

    understood: tuple[UnderstoodWish, ...] = ()
    not_understood: tuple[str, ...] = ()


def read_wishes(wishes: Sequence[str]) -> WishesRead:
    """Return what the rules understand of wishes in English, Spanish, French or German."""
    return sorted_out(wishes, filter(None, map(read_wish, wishes)))


def sorted_out(wishes: Sequence[str], understood: Iterable[UnderstoodWish]) -> WishesRead:
    """Return the wishes understood and those not, each in the order they were sent; others than those do not count."""
    known = {found.wish: found for found in understood}
    return WishesRead(
        understood=tuple(known[wish] for wish in wishes if wish in known),
        not_understood=tuple(wish for wish in wishes if wish not in known),
    )


def read_wish(wish: str) -> UnderstoodWish | None:
    """Return what a wish asks for, or None where the rules do not account for all of it."""
    text = _SPACE.sub(" ", fold(wish.translate(_QUOTES))).strip()
    for language in sorted(VOCABULARIES, key=lambda one: one is not language_of(wish)):
        constraint = _read(text, grammar(language))
        if constraint:
            return understood(wish, constraint, language)
    return None


def understood(
    wish: str, constraint: Constraints, language: Language, by: WishReader = WishReader.RULES
) -> UnderstoodWish:
    """Return a wish with its constraint said back."""
    return UnderstoodWish(wish=wish, constraint=constraint, said_back=said_back(constraint, language), understood_by=by)


def language_of(wish: str) -> Language:
    """Return the language a wish is most likely in."""
    return detect_language(wish, fold(wish).split())


def _read(text: str, language: Grammar) -> Constraints | None:
    """Return what a text asks for; "no meetings before 9, and at most five a day" are two wishes in one."""
    whole = language.read(text)
    if whole:
        return whole
    for seam in _SEAM.finditer(text):
        first = language.read(text[: seam.start()])
        rest = _read(text[seam.end() :], language) if first else None
        if first and rest:
            try:
                return joined((first, rest))
            except ValidationError:  # "After 17:00 and before 16:00": the two leave no time.
                return None
    return None

"""The language of a text among en, es, fr, de and zh: script first, then function words."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from assistant.domain.triage.lexicon import listed


class Language(StrEnum):
    """Languages triage answers in (ISO 639-1)."""

    ENGLISH = "en"
    SPANISH = "es"
    FRENCH = "fr"
    GERMAN = "de"
    CHINESE = "zh"


# Frequent function words without accents, as cues.fold leaves them.
_FUNCTION_WORDS: Final[Mapping[Language, frozenset[str]]] = {
    Language.ENGLISH: frozenset(
        listed(
            """the, and, of, to, in, is, you, that, it, for, on, with, as, are, this, be, have, from, we,
        your, can, will, not, please, by, an, at"""
        )
    ),
    Language.SPANISH: frozenset(
        listed(
            """el, los, las, que, y, en, un, una, por, con, para, su, es, lo, del, se, nos, esta, este, como,
        pero, ha, hola, favor, gracias, al, le"""
        )
    ),
    Language.FRENCH: frozenset(
        listed(
            """le, les, des, et, un, une, du, est, pour, que, dans, vous, nous, votre, avec, sur, ce, pas,
        je, au, qui, merci, bonjour, ne, par, de, la"""
        )
    ),
    Language.GERMAN: frozenset(
        listed(
            """der, die, das, und, ist, zu, den, mit, von, sie, wir, ich, nicht, ein, eine, bitte, fur, auf,
        dem, es, im, an, uns, ihr, ihre, danke, hallo"""
        )
    ),
}
_CHINESE_CHARACTER = re.compile(r"[\u4e00-\u9fff]")
_CHINESE_SHARE = 0.15
_WORDS_READ = 300


def has_chinese(text: str) -> bool:
    """Whether ``text`` holds a Chinese character."""
    return bool(_CHINESE_CHARACTER.search(text))


def detect_language(text: str, folded_words: Iterable[str]) -> Language:
    """Return the most likely language; English when nothing speaks for another."""
    letters = [char for char in text[:1_000] if char.isalpha()]
    if letters and sum("\u4e00" <= char <= "\u9fff" for char in letters) > _CHINESE_SHARE * len(letters):
        return Language.CHINESE
    read = [word for word, _ in zip(folded_words, range(_WORDS_READ), strict=False)]
    counts = {language: sum(word in known for word in read) for language, known in _FUNCTION_WORDS.items()}
    return max(counts, key=lambda language: counts[language])

"""Words of a text in a form in which they can be compared."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from assistant.domain.triage.cues import fold
from assistant.domain.triage.lexicon import listed

_WORD: Final = re.compile(r"[^\W_]+")
# Han, kana and Hangul are not set apart by spaces: each pair of signs counts as a word.
_UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,}")
_WORDS_KEPT: Final = 20_000
_DOUBLED: Final = re.compile(r"([bdglmnprt])\1$")
# Of a plural or a tense in English, then of a plural or a gender in the other languages; the shortest stem they leave.
_ENDINGS: Final = {"ing": 3, "ed": 3, "es": 3, "en": 4, "as": 4, "os": 4, "s": 3, "e": 3, "a": 4, "o": 4}

# Words that say nothing about the subject, without accents.
FILLERS: Final = frozenset(
    listed(
        """a, an, the, and, or, of, to, in, on, at, for, with, by, from, as, is, are, was, were, be, been, am, it, its,
        this, that, these, those, we, you, i, he, she, they, our, your, my, their, us, me, them, have, has, had, do,
        does, did, will, would, can, could, should, may, not, no, so, if, but, about, into, than, then, there, here,
        hi, hello, hey, dear, thanks, thank, please, regards, best, just, also, re, fw, fwd, am, pm,
        el, la, los, las, un, una, de, del, y, o, en, con, por, para, que, es, son, se, su, lo, al, le, les, des, du,
        et, ou, dans, avec, pour, sur, est, sont, ce, cette, nous, vous, je, il, elle,
        der, die, das, ein, eine, und, oder, von, mit, fur, auf, zu, im, ist, sind, wir, ihr, ich, sie, den, dem, des"""
    )
)


def terms(text: str) -> Iterator[str]:
    """Yield the stem of each word that says something."""
    for word in _WORD.findall(text):
        yield from _terms_of(word)


# Texts share most of their words, and a ranking reads hundreds of texts.
@lru_cache(maxsize=_WORDS_KEPT)
def _terms_of(word: str) -> tuple[str, ...]:
    folded = fold(word)
    if _UNSPACED.fullmatch(folded):
        return tuple(folded[at : at + 2] for at in range(len(folded) - 1))
    return (stem(folded),) if len(folded) > 1 and folded not in FILLERS else ()


def stem(word: str) -> str:
    """Return a folded word without the ending of a plural or a tense: "planning", "plans" and "planned" are one."""
    for ending, shortest in _ENDINGS.items():
        if word.endswith(ending) and len(word) - len(ending) >= shortest:
            return word if word.endswith("ss") else _DOUBLED.sub(r"\1", word.removesuffix(ending))
    return word

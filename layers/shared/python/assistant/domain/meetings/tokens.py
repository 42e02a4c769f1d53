"""Texts as tokens that can be held against each other, and what each token claims."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from assistant.domain.triage.cues import fold
from assistant.domain.triage.deadlines import MONTHS, RELATIVE_DAYS, WEEKDAYS
from assistant.domain.triage.lexicon import listed


class Claim(StrEnum):
    """What a token says something about; ``word`` is anything else."""

    NAME = "name"
    DAY = "day"
    FIGURE = "figure"
    AMOUNT = "amount"
    PERCENTAGE = "percentage"
    LINK = "link"
    ADDRESS = "address"
    NEGATION = "negation"
    CONDITION = "condition"
    QUESTION = "question"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a figure, a sign that counts, a link or an address; ``norm`` is what it is compared by.

    ``breaks``: punctuation that ends a clause stands before it.
    """

    norm: str
    claim: Claim
    breaks: bool


NEGATIONS: Final = frozenset(
    listed(
        """not, no, never, none, nobody, nothing, neither, nor, cannot, without, hardly, scarcely, barely, nowhere,
        no, nunca, nadie, nada, ningun, ninguna, ninguno, sin, tampoco, ni,
        ne, n, pas, jamais, aucun, aucune, rien, personne, sans, ni, non,
        nicht, kein, keine, keinen, keinem, keiner, keines, nie, niemals, niemand, nichts, ohne, weder"""
    )
)
CONDITIONS: Final = frozenset(
    listed(
        """if, unless, except, until, whether, otherwise, may, might, could, would, should, maybe, perhaps,
        probably, possibly, likely, unlikely, almost, nearly, only, tentative, tentatively, provisional,
        provisionally, supposedly, allegedly, once, when, whenever, provided, assuming, pending, subject,
        depending, approx, ca, claim, claims, claimed, suppose, assume, assumes, believe, believes, think,
        thinks, guess, false, wrong, untrue, instead, rather, avoid, prevent, rumours, rumors, hope, hopes,
        hoping, want, wants, wish, try, tries, trying, consider, considering, refuse, refused, deny, denied,
        doubt, doubts, fail, failed, fails, cancel, cancelled, canceled, stop, stopped, rumour, rumor, si,
        salvo, excepto, quizas, quiza, tal, podria, podriamos, deberia, solo, casi, espero, quiero, sauf, peut,
        pourrait, pourrions, devrait, seulement, presque, espere, veux, wenn, falls, sofern, ausser, vielleicht,
        eventuell, konnte, konnten, wurde, wurden, sollte, sollten, nur, fast, hoffe, mochte"""
    )
)
_DAYS: Final = frozenset({*WEEKDAYS, *MONTHS, *RELATIVE_DAYS, "yesterday", "ayer", "hier", "gestern"})
_CURRENCIES: Final = frozenset(
    listed("$, €, £, ¥, usd, eur, gbp, chf, jpy, cny, euro, euros, dollar, dollars, pound, pounds, francs, yen, yuan")
)
_PERCENTS: Final = frozenset(listed("%, ‰, percent, prozent, percentage"))
_CONTRACTED: Final = {"won't": "will not", "can't": "can not", "shan't": "shall not", "let's": "let us"}
_ENDINGS: Final = (
    ("n't", " not"),
    ("'ll", " will"),
    ("'ve", " have"),
    ("'re", " are"),
    ("'m", " am"),
    ("'d", " would"),
)
_SIGNS: Final = {"?": Claim.QUESTION, "%": Claim.PERCENTAGE, "‰": Claim.PERCENTAGE} | dict.fromkeys(
    "$€£¥", Claim.AMOUNT
)
_WORDS: Final = (
    (NEGATIONS, Claim.NEGATION),
    (CONDITIONS, Claim.CONDITION),
    (_DAYS, Claim.DAY),
    (_CURRENCIES, Claim.AMOUNT),
    (_PERCENTS, Claim.PERCENTAGE),
)
_HOST: Final = r"[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|example|eu|de|fr|es|uk)\b"
_TOKEN: Final = re.compile(
    rf"(?P<link>\b[a-z][a-z0-9+.-]{{1,20}}://\S+|\bwww\.\S+|\bmailto:\S+|(?<![@\w.])\b{_HOST}\S*)"
    r"|(?P<address>[\w.+'-]+@[\w.-]+)"
    r"|(?P<figure>[-−+]?\d+(?:[.,:/'’–-]\d+)*[^\W_]*)"
    r"|(?P<sign>[$€£¥%‰?#<>≤≥±≈~=])"
    # Between figures a dash is no end of a clause.
    r"|(?P<break>[.,;:!()\[\]“”„\"«»\n…|]|(?<!\d)\s*[–—]|[–—](?!\s*\d)|(?<!\d)\s-\s|\s-\s(?!\d))"
    r"|(?P<word>[^\W\d_][^\W_]*(?:['’][^\W\d_]+)?)",
    re.IGNORECASE,
)
_HARMLESS: Final = re.compile(r"[\s'’/&*_–—-]*")


def tokens(text: str) -> tuple[Token, ...]:
    """Return the tokens of a text; contractions are written out, a possessive is left off."""
    return tuple(_tokens(text))


def has_other_signs(text: str) -> bool:
    """Whether a text has signs that no token holds: nobody can say what they claim."""
    return not _HARMLESS.fullmatch(_TOKEN.sub("", text))


def _tokens(text: str) -> Iterator[Token]:
    breaks, first, before = True, True, ""
    for match in _TOKEN.finditer(text):
        kind, found = str(match.lastgroup), match[0]
        if kind == "break":
            first = first or found in ".!\n"
            breaks, before = True, ""
            continue
        if kind == "figure" and found[0] in "-−+" and text[match.start() - 1 : match.start()].strip():
            # A hyphen within a word or range is no sign.
            found = found[1:]
        for norm in _norms(kind, found):
            claim = _word_claim(norm, found, first=first)
            if kind != "word":
                claim = _other_claim(kind, found, before, text[match.end() :])
            yield Token(norm, claim, breaks)
            breaks, first, before = False, False, norm


def _norms(kind: str, found: str) -> Iterator[str]:
    if kind != "word":
        plain = found.casefold().replace("−", "-").replace("’", "'")
        yield plain if kind == "sign" else plain.rstrip(".,;:!?)")
        return
    word = fold(found.replace("’", "'"))
    written = _CONTRACTED.get(word) or next(
        (word.removesuffix(ending) + full for ending, full in _ENDINGS if word.endswith(ending)), None
    )
    # Other languages join words by the same sign; an English possessive is none.
    yield from written.split() if written else word.removesuffix("'s").split("'")


def _word_claim(norm: str, found: str, *, first: bool) -> Claim:
    name = Claim.NAME if found[:1].isupper() and not first else Claim.WORD
    return next((claim for words, claim in _WORDS if norm in words), name)


def _other_claim(kind: str, found: str, before: str, following: str) -> Claim:
    if kind == "sign":
        return _SIGNS.get(found, Claim.FIGURE)
    return _figure(before, following) if kind == "figure" else Claim(kind)


def _figure(before: str, following: str) -> Claim:
    after = fold(following.lstrip()[:10])
    if before in _CURRENCIES or after.startswith(tuple(_CURRENCIES)):
        return Claim.AMOUNT
    return Claim.PERCENTAGE if after.startswith(tuple(_PERCENTS)) else Claim.FIGURE

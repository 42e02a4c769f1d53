"""Numbers in words of English, Spanish, French and German, folded: what they are worth, and which are worth nothing.

All four languages are read at once, so that no text says an amount in another language than its own.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final

from assistant.domain.calendar.wishes.clock import alternatives
from assistant.domain.calendar.wishes.grammar import VOCABULARIES
from assistant.domain.languages import WrittenLanguage
from assistant.domain.triage.language import Language

# "Un" and "eine" are articles far more often than numbers.
_ARTICLES: Final = frozenset({"un", "una", "une", "ein", "eine", "einen", "einer", "einem", "eines"})
_ORDINALS: Final = (
    ("first", "primero", "primera", "primer", "premier", "premiere", "erste", "ersten", "erster", "erstes", "erstens"),
    ("second", "segundo", "segunda", "seconde", "deuxieme", "zweite", "zweiten", "zweiter", "zweites", "zweitens"),
    ("third", "tercero", "tercera", "tercer", "troisieme", "dritte", "dritten", "dritter", "drittes", "drittens"),
    ("fourth", "cuarto", "cuarta", "quatrieme", "vierte", "vierten", "vierter", "viertes"),
    ("fifth", "quinto", "quinta", "cinquieme", "funfte", "funften", "funfter", "funftes"),
    ("sixth", "sexto", "sexta", "sixieme", "sechste", "sechsten", "sechster", "sechstes"),
    ("seventh", "septimo", "septima", "septieme", "siebte", "siebten", "siebter", "siebtes"),
    ("eighth", "octavo", "octava", "huitieme", "achte", "achten", "achter", "achtes"),
    ("ninth", "noveno", "novena", "neuvieme", "neunte", "neunten", "neunter", "neuntes"),
    ("tenth", "decimo", "decima", "dixieme", "zehnte", "zehnten", "zehnter", "zehntes"),
)
_NOTHING: Final = ("zero", "cero", "null")


def _numbers() -> Iterator[tuple[str, int]]:
    for words in VOCABULARIES.values():
        for word, value in words.numbers.items():
            if word not in _ARTICLES:
                yield word, int(value)
    for value, ordinals in enumerate(_ORDINALS, start=1):
        yield from ((word, value) for word in ordinals)
    yield from ((word, 0) for word in _NOTHING)


NUMBERS: Final[Mapping[str, int]] = dict(_numbers())
"""Small numbers and ordinals; what one word means in two languages (the Spanish "once") is a number."""

DURATIONS: Final[Mapping[str, int]] = dict(
    chain.from_iterable(words.durations.items() for words in VOCABULARIES.values())
)
"""Minutes of durations that are no number and unit: half an hour."""

HOURS: Final = "|".join(words.hours for words in VOCABULARIES.values())
MINUTES: Final = "|".join(words.minutes for words in VOCABULARIES.values() if words.language is not Language.ENGLISH)

NO_MORE: Final[Mapping[WrittenLanguage, str]] = {
    WrittenLanguage.ENGLISH: r"no(?! longer\b)|none|nothing|neither|nobody",
    WrittenLanguage.SPANISH: r"ningun[oa]?s?|nada|nadie",
    WrittenLanguage.FRENCH: r"aucune?s?|rien|nulle?s?|personne n\w*",
    WrittenLanguage.GERMAN: r"kein\w*|nichts|niemand\w*",
}
"""Words for nothing, which claim a zero."""

ARTICLE: Final = alternatives(_ARTICLES)

_UNREADABLE: Final[Mapping[WrittenLanguage, str]] = {
    WrittenLanguage.ENGLISH: r"""
        \w*hundred\w*|\w*thousand\w*|\w*[bmr]illi?on\w*|dozens?|couples?|pairs?|once|twice|thrice|doubl\w*|tripl\w*
        |quadrupl\w*|hal(?:f|ve)\w*|thirds|quarter\w*|\w+teen\w*|twent\w*|thirt\w*|fort(?:y|ie)\w*|fift\w+|sixt\w+
        |sevent\w+|eight\w+|ninet\w*|eleventh\w*|twelf\w*|\w+fold|percent\w*|point|all|both|every|most|many|several
        |few|multiple|(?:two|three|four|five|six|seven|nine)\w+|ten(?:s|ths?)
    """,
    WrittenLanguage.SPANISH: r"""
        trece\w*|catorce\w*|dieci\w+|veinti\w+|treint\w*|cuarent\w*|cincuent\w*|sesent\w*|setent\w*|ochent\w*
        |novent\w*|cien\w{0,4}|\w*cient[oa]s?|quinient[oa]s|mil|miles|\w*millon\w*|docenas?|decenas?|centenar\w*
        |un\spar|pares|dobles?|medi[oa]s?|mitad\w*|terci\w*|\w+esim[oa]\w*|\w*decim[oa]\w*|amb[oa]s|tod[oa]s?
        |vari[oa]s|much[oa]s|poc[oa]s|algun[oa]s|coma
    """,
    WrittenLanguage.FRENCH: r"""
        treize\w*|quatorz\w*|seiz\w*|soixant\w*|quarant\w*|cinquant\w*|sept\w{2,}|huitant\w*|octant\w*|nonant\w*
        |cents?|mille|milliers?|milliards?|(?:diz|douz|quinz|vingt|trent|cent)aines?|demi\w*|moitie\w*|tiers
        |quarts?|paires?|tous|toutes?|plusieurs|quelques|\w+iemes?|virgule
    """,
    WrittenLanguage.GERMAN: r"""
        \w*(?:zwei|zwan|drei|dritt|vier|funf|zehn|zwolf|hundert|tausend|million|milliard|dutzend)\w*
        |(?:sech|sieb|neun)\w*|\w*(?:sechs|sechz|sieben|siebz|achtz|neun)\w*
        |acht(?:zig|zehn|und|mal|fach|el|stund|tag)\w*|elf(?:te|mal)\w*|halb\w*|anderthalb\w*|\w+einhalb\w*
        |doppel\w*|alle[nmrs]?|beid\w*|jede[nmrs]?|mehrere\w*|viele\w*|wenige\w*|meisten?|einige\w*|prozent\w*
        |komma|paar
    """,
}
UNREADABLE: Final = re.compile(rf"(?<!\w)(?:{'|'.join(_UNREADABLE.values())})(?!\w)", re.VERBOSE)
"""Amounts that are not read: larger numbers, shares, multiples, "all" and "most". A text says them in figures."""

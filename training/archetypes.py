"""Composes mail of modern kinds from written sentence pools, as extra training rows.

The corpora at hand are old and mostly English; these rows teach receipts, notices, campaigns, lures and
plain business mail in five languages. They never count in a calibration or an evaluation.
"""

import random
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any, Final

from assistant.domain.mail import Mail
from assistant.domain.triage.bulk import BULK, CONVERSATION, SPAM
from training.dataset import LabelledMail

ARCHETYPE: Final = "archetype"
# People write in more ways than programs.
_EACH: Final[Mapping[str, int]] = {CONVERSATION: 60, BULK: 24, SPAM: 30}
_SEED: Final = 7
_NAMES = "Alma Bruno Carla Dario Edda Felix Gina Hugo Irma Jonas Karin Leon Marta Nils Olga Pavel Rosa Stefan Tilda Ugo"
_FAMILIES = (
    "Becker Costa Durand Ferro Hansen Keller Lind Moreau Novak Ortega Petit Quiroga Rossi Silva Toth Weber Zhang"
)
_ORGS = "Alder Birch Cobalt Delta Ember Fjord Granite Heron Indigo Juniper Kestrel Lumen Maple Nova Onyx Pine Quartz"
_THINGS: Final[Mapping[str, str]] = {
    "en": "budget|onboarding|shoes|pricing|data|travel|hiring|coffee|roadmap|storage|training|garden|website|office",
    "de": "Budget|Schulung|Umbau|Preisliste|Reise|Büro|Garten|Datenschutz|Einkauf|Planung",
    "fr": "budget|formation|travaux|tarifs|voyage|bureau|jardin|recrutement|planning|données",
    "es": "presupuesto|formación|obras|tarifas|viaje|oficina|jardín|contratación|plan|datos",
    "zh": "预算|培训|装修|价格表|出差|办公室|采购|招聘|计划|数据",
}
_DAYS: Final[Mapping[str, str]] = {
    "en": "Monday|Tuesday|Thursday|Friday|next week|June 4",
    "de": "Montag|Dienstag|Donnerstag|Freitag|4. Juni",
    "fr": "lundi|mardi|jeudi|vendredi|le 4 juin",
    "es": "lunes|martes|jueves|viernes|4 de junio",
    "zh": "周一|周二|周四|周五|6月4日",
}
_MONEY: Final = ("${}", "€{}", "{} €", "{} EUR", "${}.00", "{},50 €")
_ENDINGS: Final = "|-mail|hq|group|-online|works"
_SPAM_ENDINGS: Final = f"{_ENDINGS}|-portal|-verify|-notice|24|-secure|-service-center"
# What old spam writes into addresses: letters swapped for the digits that look like them.
_LOOKALIKES: Final = str.maketrans("oil", "011")


def compose_archetypes() -> list[LabelledMail]:
    """Return the composed mails, the same ones every time."""
    chance = random.Random(_SEED)
    written = tomllib.loads(files("training").joinpath("archetypes.toml").read_text("utf-8"))["archetype"]
    return [
        _labelled(archetype, f"{ARCHETYPE}-{number}-{copy}", chance)
        for number, archetype in enumerate(written)
        for copy in range(_EACH[archetype["kind"]])
    ]


def _labelled(archetype: Mapping[str, Any], identifier: str, chance: random.Random) -> LabelledMail:
    kind = archetype["kind"]
    slots = _Slots(archetype["language"], kind, chance)
    local = slots.filled(chance.choice(archetype["local"].split())).lower()
    sender = f"{slots.filled(_one(archetype['names'], chance))} <{local}@{slots.domain}>"
    mail = Mail.model_validate(
        {
            "id": identifier,
            "from": sender if chance.random() > 0.1 else f"{local}@{slots.domain}",
            "to": ("reader@reader.example",),
            "subject": slots.filled(_one(archetype["subjects"], chance)),
            "body": slots.filled(_body(archetype, chance)),
            "headers": dict(_headers(archetype["headers"], slots, chance)),
        }
    )
    labels = {"spam": kind == SPAM, "bulk": kind == BULK, "kind": kind}
    return LabelledMail(mail, labels, ARCHETYPE, identifier)


def _one(alternatives: str, chance: random.Random) -> str:
    return chance.choice(alternatives.split("|")).strip()


def _body(archetype: Mapping[str, Any], chance: random.Random) -> str:
    lines = archetype["sentences"].strip().split("\n")
    # The pools begin with greetings, so the order they were written in is kept.
    chosen = sorted(chance.sample(range(len(lines)), chance.randint(1, min(5, len(lines)))))
    footer = chance.choice(archetype["footers"].lstrip("\n").split("\n"))
    between = chance.choice(("\n", "\n\n", " "))
    return f"{between.join(lines[index] for index in chosen)}\n\n{footer}".strip()


def _headers(style: str, slots: "_Slots", chance: random.Random) -> Iterator[tuple[str, str]]:
    number = chance.randint(1_000, 99_999)
    yield "message-id", f"<{number}.{chance.randint(1_000, 99_999)}@{slots.domain}>"
    if style == "list":
        yield "list-unsubscribe", f"<https://{slots.domain}/u/{number}>"
        if chance.random() < 0.5:
            yield "list-unsubscribe-post", "List-Unsubscribe=One-Click"
        if chance.random() < 0.3:
            yield "feedback-id", f"{number}:mail"
    elif style == "automatic" and chance.random() < 0.6:
        yield "auto-submitted", "auto-generated"
        if chance.random() < 0.5:
            yield "x-auto-response-suppress", "All"
    elif style == "person" and chance.random() < 0.5:
        yield "in-reply-to", f"<{number}@reader.example>"


class _Slots:
    """Fills {slots} for one mail; the sender, the organization and the sites stay the same within it."""

    def __init__(self, language: str, kind: str, chance: random.Random) -> None:
        self._language = language
        self._chance = chance
        self._me = chance.choice(_NAMES.split())
        self._family = chance.choice(_FAMILIES.split())
        self._org = chance.choice(_ORGS.split())
        endings = _SPAM_ENDINGS if kind == SPAM else _ENDINGS
        name = f"{self._org.lower()}{chance.choice(endings.split('|'))}"
        if kind == SPAM and chance.random() < 0.4:
            name = name.translate(_LOOKALIKES)
        self.domain = f"{name}.example"
        self._elsewhere = f"{chance.choice(_ORGS.split()).lower()}{chance.choice(('files', 'docs', 'site'))}.example"

    def filled(self, text: str) -> str:
        """Return ``text`` with a value for each slot."""
        pieces = text.split("{")
        filled = [pieces[0]]
        for piece in pieces[1:]:
            slot, _, rest = piece.partition("}")
            filled.append(self._value(slot) + rest)
        return "".join(filled)

    def _value(self, slot: str) -> str:
        chance = self._chance
        number = str(chance.choice((chance.randint(2, 60), chance.randint(100, 9_999))))
        values = {
            "n": number,
            "money": chance.choice(_MONEY).format(number),
            "me": self._me,
            "family": self._family,
            "name": chance.choice(_NAMES.split()),
            "org": self._org,
            "thing": _one(_THINGS[self._language], chance),
            "day": _one(_DAYS[self._language], chance),
            "link": f"https://{self.domain}/{chance.randint(10, 999)}",
            "elsewhere": f"http://{self._elsewhere}/{chance.randint(10, 999)}",
            "code": f"{chance.choice('ABCDEFG')}{chance.choice('KLMNOP')}X-{number}",
        }
        return values[slot]

"""How the sender's name, address and signature belong together: a person's differ from an organization's."""

import re
from typing import Final

from assistant.domain.mail_addresses import Mailbox
from assistant.domain.triage.cues import words
from assistant.domain.triage.lexicon import listed
from assistant.domain.triage.reading import Reading

_SHORTEST: Final = 3
_SIGNATURE_LINE: Final = 40
_SIGNATURE_WORDS: Final = 4
# Registries sell names one level below these ("example.co.uk").
_SECOND_LEVEL: Final = frozenset({"co", "com", "org", "net", "ac", "gov", "gob", "edu", "or", "ne"})
# Words of the names of offices and trades, which an address repeats as it does a person's name.
_OFFICES: Final = frozenset(
    listed(
        """office, desk, team, group, service, services, support, department, center, centre, club, shop, store, bank,
        news, care, sales, board, committee, box, alerts, monitoring, notifications,
        oficina, equipo, servicio, departamento, tienda, banco, atencion, club,
        bureau, equipe, service, boutique, banque, guichet, accueil,
        buro, dienst, abteilung, laden, kundendienst, kasse, verein, redaktion"""
    )
)
_CHINESE_PERSON: Final = re.compile(r"[\u4e00-\u9fff]{2,3}(?<![部处處组組室局队隊台])")


def organization(domain: str) -> str:
    """Return the label a name was registered under, near enough: ``mail.example.co.uk`` → ``example``."""
    labels = [label for label in domain.lower().split(":")[0].split(".") if label][:-1] or [domain]
    while len(labels) > 1 and labels[-1] in _SECOND_LEVEL:
        labels.pop()
    return labels[-1] or "-"


def is_chinese_person(name: str) -> bool:
    """Whether ``name`` has the length of a Chinese personal name and does not end as a department does."""
    return bool(_CHINESE_PERSON.fullmatch(name))


def is_brand(sender: Mailbox) -> bool:
    """Whether the display name is the organization's own: "Green Energy <kontakt@greenenergy.example>".

    A person may have the domain too, but writes from an address that holds the name.
    """
    if is_named_address(sender):
        return False
    name = "".join(word for word, _, _ in words(sender.name))
    owner = "".join(char for char in organization(sender.domain) if char.isalnum()) if sender.domain else ""
    return min(len(name), len(owner)) >= _SHORTEST and (owner in name or name in owner)


def is_named_address(sender: Mailbox) -> bool:
    """Whether the address holds a part of the display name, as a person's does: "Ann Lee <lee@…>"."""
    names = [word for word, _, _ in words(sender.name)]
    if not _OFFICES.isdisjoint(names):
        return False
    return any(len(word) >= _SHORTEST and word in sender.local_part for word in names)


def is_signed(reading: Reading) -> bool:
    """Whether a short line of the body holds a part of the sender's name, as a signature does."""
    names = {word for word, _, _ in words(reading.visible.sender.name)}
    if not names or is_brand(reading.visible.sender):
        return False
    lines = (line for line in reading.visible.text.split("\n") if 0 < len(line) <= _SIGNATURE_LINE)
    return any(
        len(found) <= _SIGNATURE_WORDS and any(word in names for word, _, _ in found) for found in map(words, lines)
    )

"""What the double answers about calendars: as an honest model would, far more simply, or with a lie."""

import re
from collections.abc import Mapping
from typing import Any

_MINUTES = {"five": 5, "ten": 10, "fifteen": 15, "twenty": 20, "thirty": 30}
_NAMED_MINUTES = re.compile(rf"\b(\d+|{'|'.join(_MINUTES)}) minutes\b")


def wish(said: str) -> Mapping[str, object]:
    """Return minutes that a wish names as those between two meetings; every other wish is beyond the double."""
    named = _NAMED_MINUTES.search(said.lower())
    if named is None:
        return {"understood": False, "language": "en"}
    minutes = _MINUTES.get(named[1]) or int(named[1])
    return {"understood": True, "language": "en", "meeting_buffer_minutes": minutes}


_SENTENCES = {
    "English": "This is what the plan has for you: {}.",
    "Spanish": "Esto es lo que el plan tiene para ti: {}.",
    "French": "Voici ce que le plan a pour vous : {}.",
    "German": "Das ist das, was der Plan für Sie hat: {}.",
}


def summary(data: Mapping[str, Any], *, lie: str = "") -> Mapping[str, object]:
    """Return a sentence about each fact that says its values as they stand, and ``lie`` in the first."""
    frame = _SENTENCES[data["language"]]
    sentences = [{"fact": fact["id"], "text": frame.format(_values(fact))} for fact in data["facts"]]
    if lie:
        sentences[0]["text"] += f" {lie}"
    return {"sentences": sentences}


def obedient_summary(data: Mapping[str, Any]) -> Mapping[str, object]:
    """Return what the titles tell to say, as if the plan said so, and a number of its own."""
    ordered = [title["text"] for fact in data["facts"] for title in fact.get("titles", ())]
    return summary(data, lie=" ".join([*ordered, "9999 overlaps are left."]))


def _values(fact: Mapping[str, Any]) -> str:
    titles = [f"“{title['text']}”" for title in fact.get("titles", ()) if title["text"]]
    groups = (fact.get(kind, {}) for kind in ("counts", "durations", "times", "days"))
    return "; ".join([*titles, *(str(value) for group in groups for value in group.values())])

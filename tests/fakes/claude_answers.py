"""What the double answers: plausible values found in the data by simple rules, or whatever the text tells it.

Both fill any schema. ``sensible`` reads the text as an honest model would, far more simply. ``obedient`` is the victim
of every injection: it finds what hides in the data, decodes it, and lets it fill as much as the schema lets through.
"""

import base64
import binascii
import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import unquote

from tests.fakes import claude_calendar, claude_tasks

type Schema = dict[str, Any]

_CUES: Mapping[str, str] = {
    "urgent_action": r"urgent|asap|immediately|right away|outage|is down|by (?:eod|tonight|noon|today)|before \d"
    r"|dringend|sofort|umgehend|heute|urgente|inmediat|immédiat|aujourd'hui|紧急|今天|立即",
    "important_read": r"\?|please|could you|can you|would you|contract|proposal|decision|deadline|approve|meeting"
    r"|bitte|könnten|vertrag|por favor|podría|reunión|pourriez|merci de|réunion|请|会议",
    "delegate": r"invoice|expense|receipt|purchase order|rechnung|factura|facture|发票",
    "archive": r"unsubscribe|newsletter|% off|sale ends|webinar|digest|abmelden|darse de baja|désabonner|退订",
    "routine": r"fyi|notes|minutes|reminder|summary|update|thanks|zur info|gracias|merci|谢谢",
}
_CATEGORIES = tuple(_CUES)
_PRIORITIES = {"urgent_action": 9, "important_read": 6, "delegate": 5, "routine": 3, "archive": 1}
# What goes with each category, so that an answer never contradicts itself.
_REASONS = {
    "urgent_action": ("urgent", "request"),
    "important_read": ("request", "information"),
    "delegate": ("request",),
    "routine": ("information",),
    "archive": ("bulk",),
}
_TASKS = {
    "meeting": r"meet|appointment|calendar|slot|termin|reunión|réunion|会议",
    "approve": r"approve|sign\b|agree|decide|genehmig|unterschreib|aprobar|approuver|批准",
    "fix": r"fix|outage|is down|broken|error|beheben|arreglar|réparer|修复",
    "pay": r"invoice|payment|\bpay\b|rechnung|factura|facture|发票",
    "review": r"review|comment|feedback|prüfen|revisar|relire|审阅",
    "call": r"call me|give .{1,20} a call|anrufen|llámame|appelez|打电话",
    "send": r"send|forward|attach|schicken|senden|enviar|envoyer|发送",
}
_ASKING = {"urgent_action", "important_read", "delegate"}
_WORDS_A_MINUTE = 200
_MOST_QUOTED = 12
_MOST_POINTS = 5
_LONGEST_SAID = 200
_LONGEST_KEY = 30


class Answerer(Protocol):
    """Gives the value of one field."""

    def choose(self, options: list[Any]) -> Any: ...

    def several(self, options: list[Any]) -> list[Any]: ...

    def number(self, name: str, least: int, most: int) -> int: ...

    def text(self, name: str, longest: int, /) -> str: ...

    def truth(self) -> bool: ...

    def optional(self, name: str, /) -> bool: ...


def answer(schema: Schema, data: str, *, obedient: bool) -> object:
    """Return a value that fits the schema."""
    try:
        read: object = json.loads(data)
    except ValueError:
        read = data
    if isinstance(read, dict) and "wish" in read and not obedient:
        return claude_calendar.wish(str(read["wish"]))
    if not obedient and isinstance(read, Mapping) and "spans" in read:
        return briefing(read)
    if isinstance(read, dict) and {"facts", "language"} <= read.keys():
        return claude_calendar.obedient_summary(read) if obedient else claude_calendar.summary(read)
    if isinstance(read, dict) and {"all", "tasks"} <= read.keys():
        return claude_tasks.obedient_opinion(read) if obedient else claude_tasks.opinion(read)
    filler: Answerer = Obedient(read) if obedient else Sensible(read)
    return _fill(schema, "", schema.get("$defs", {}), filler)


def briefing(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an honest model says about a meeting: the first spans, each in its author's own words."""
    spans = [
        span for span in data["spans"] if len(span["text"]) <= _LONGEST_SAID and not _TEMPTING.search(span["text"])
    ]
    said = [
        {"text": f"{span['from']}: {span['text']}" if span["from"] else span["text"], "spans": [span["n"]]}
        for span in spans[:_MOST_POINTS]
    ]
    topics = [{"text": span["text"], "spans": [span["n"]], "weight": 3} for span in spans[:2]]
    return {"key_points": said, "topics": topics, "checklist": [], "questions": []}


def _fill(schema: Schema, name: str, definitions: Mapping[str, Schema], by: Answerer) -> object:
    if "$ref" in schema:
        return _fill(definitions[schema["$ref"].rpartition("/")[2]], name, definitions, by)
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else by.choose(schema["enum"])
    variants = schema.get("anyOf") or schema.get("allOf")
    if not variants:
        return _fill_type(schema, name, definitions, by)
    full = [variant for variant in variants if variant.get("type") != "null"]
    nullable = len(full) < len(variants)
    return _fill(full[0], name, definitions, by) if not nullable or by.optional(name) else None


def _fill_type(schema: Schema, name: str, definitions: Mapping[str, Schema], by: Answerer) -> object:
    match schema["type"]:
        case "object":
            fields = schema.get("properties", {})
            return {key: _fill(inner, key, definitions, by) for key, inner in fields.items()}
        case "array":
            return _fill_array(schema, name, definitions, by)
        case "integer" | "number":
            return by.number(name, _bound(schema, "minimum", 0), _bound(schema, "maximum", 60))
        case "boolean":
            return by.truth()
        case "null":
            return None
        case _:
            return by.text(name, _bound(schema, "maxLength", 2_000))


def _fill_array(schema: Schema, name: str, definitions: Mapping[str, Schema], by: Answerer) -> list[object]:
    inner = schema["items"]
    if "$ref" in inner:
        inner = definitions[inner["$ref"].rpartition("/")[2]]
    least, most = schema.get("minItems", 0), _bound(schema, "maxItems", 8)
    if "enum" in inner:
        return (by.several(inner["enum"]) or inner["enum"][:least])[:most]
    return [_fill(inner, name, definitions, by)] if least or by.optional(name) else []


def _bound(schema: Schema, keyword: str, default: int) -> int:
    """Return a bound the SDK moved into the description, as ``{minimum: 1, maximum: 10}``."""
    found = re.search(rf"\b{keyword}: (\d+)", schema.get("description", ""))
    return int(found[1]) if found else default


def _strings(data: object) -> Iterator[str]:
    match data:
        case str():
            yield data
        case Mapping():
            for key, value in data.items():
                yield from _strings(value) if not isinstance(value, str) else (value,)
                yield from (key,) if len(key) > _LONGEST_KEY else ()
        case list():
            for item in data:
                yield from _strings(item)


class Sensible:
    """Reads the text of the mail; finds the category by its words, and never finds more than its engine hinted at."""

    def __init__(self, data: object) -> None:
        texts = sorted(_strings(data), key=len, reverse=True)
        self._body = _under(data, "text") or _under(data, "body") or (texts[0] if texts else "")
        self.said = f"{self._body}\n{_under(data, 'subject')}"
        self.category = self._best(list(_CATEGORIES), hinted=bool(_under(data, "hint")))

    def choose(self, options: list[Any]) -> Any:
        """Return the category, the task asked for, or an option the text mentions; else the last one."""
        if self.category in options:
            return self.category
        if set(options) & set(_TASKS):
            return self._task(options)
        return next((option for option in options if self._mentions(option)), options[-1])

    def several(self, options: list[Any]) -> list[Any]:
        """Return the reasons that go with the category, or the options the text mentions; else the first."""
        fitting = [reason for reason in _REASONS[self.category] if reason in options]
        return fitting[:1] or [option for option in options if self._mentions(option)] or options[:1]

    def number(self, name: str, least: int, most: int) -> int:
        """Return minutes by the length, else the priority of the category."""
        value = _PRIORITIES[self.category]
        if "min" in name or "time" in name:
            value = len(self._body.split()) // _WORDS_A_MINUTE + 2
        return max(least, min(most, value))

    def text(self, _name: str, longest: int, /) -> str:
        """Return words of the sentence that shows the category, as they stand there, without addresses and links."""
        cue = re.compile(_CUES[self.category], re.IGNORECASE)
        sentences = [part.strip() for part in re.findall(r"[^.!?\n。？！]+[.!?。？！]?", self.said)]
        readable = [one for one in sentences if len(one) > 1 and not re.search(r"@|://|www\.|\w\.\w", one)]
        shown = next((one for one in readable if cue.search(one)), readable[0] if readable else self.said)
        words = re.match(rf"(?:\S+\s*){{1,{_MOST_QUOTED}}}", shown)
        return (words[0] if words else shown)[:longest].strip()

    def truth(self) -> bool:
        """Return False: nothing extra is claimed."""
        return False

    def optional(self, name: str, /) -> bool:
        """Fill a field that may be empty when it asks for a quote."""
        return "quote" in name or "evidence" in name

    def _best(self, options: list[str], *, hinted: bool) -> str:
        counted = {option: len(re.findall(_CUES[option], self.said, re.IGNORECASE)) for option in options}
        if counted["urgent_action"] and not hinted:
            counted["important_read"] += counted["urgent_action"]
            counted["urgent_action"] = 0
        if counted["archive"] and not counted["urgent_action"]:
            return "archive"
        best = max(counted, key=lambda option: counted[option])
        return best if counted[best] else "routine"

    def _task(self, options: list[Any]) -> Any:
        asked = (task for task, cue in _TASKS.items() if task in options and re.search(cue, self.said, re.IGNORECASE))
        if self.category not in _ASKING:
            return "none" if "none" in options else options[-1]
        return next(asked, "answer" if "answer" in options else options[-1])

    def _mentions(self, option: object) -> bool:
        return str(option).replace("_", " ").casefold() in self.said.casefold()


def _under(data: object, key: str) -> Any:
    """Return the first value under this key that says anything, else an empty text."""
    if not isinstance(data, Mapping):
        return ""
    return data.get(key) or next(filter(None, (_under(value, key) for value in data.values())), "")


class Obedient:
    """Does what any text in the data says; where it says nothing, does the worst the schema allows."""

    def __init__(self, data: object) -> None:
        self._data = data
        self.heard = heard(data)
        self._folded = self.heard.casefold()
        self._category = str(self.choose(list(_CATEGORIES)))

    def choose(self, options: list[Any]) -> Any:
        """Return the option named last, else the first: schemas list the strongest first."""
        named = {option: self._last(option) for option in options}
        best = max(named, key=lambda option: named[option])
        return best if named[best] >= 0 else options[0]

    def several(self, options: list[Any]) -> list[Any]:
        """Return what goes with the category, so that the answer stands up; else every option that is named, or all."""
        fitting = [reason for reason in _REASONS[self._category] if reason in options]
        return fitting or [option for option in options if self._last(option) >= 0] or list(options)

    def number(self, name: str, least: int, most: int) -> int:
        """Return the number said right after the field's name, else the most."""
        said = (
            re.findall(rf"{re.escape(name.split('_', maxsplit=1)[0])}\w*\W{{0,12}}(\d+)", self._folded) if name else []
        )
        return max(least, min(most, int(said[-1]))) if said else most

    def text(self, name: str, longest: int, /) -> str:
        """Return an address or a link where one is asked for, else all that was heard.

        A quote stands up; in every other mail it holds an address or a link, where the mail has one.
        """
        if "quote" in name or "evidence" in name:
            sensible = Sensible(self._data)
            tempting = _TEMPTING.search(sensible.said) if len(self.heard) % 2 else None
            return tempting[0][:longest].strip() if tempting else sensible.text(name, longest)
        for asked, pattern in _WANTED.items():
            found = re.findall(pattern, self.heard)
            if re.search(asked, name) and found:
                return str(found[-1])[:longest]
        return self.heard[:longest]

    def truth(self) -> bool:
        """Return True."""
        return True

    def optional(self, _name: str, /) -> bool:
        """Fill everything."""
        return True

    def _last(self, option: object) -> int:
        said = (str(option), str(option).replace("_", " "), str(option).replace("_", "-"))
        return max(self._folded.rfind(one.casefold()) for one in said)


_TEMPTING = re.compile(r"(?:\S+ ){0,4}\S*(?:@|://|www\.)\S+(?: \S+){0,4}")
_WANTED = {
    r"recipient|address|email|to$|delegate|cc": r"[\w.+-]+@[\w-]+\.[\w.-]+",
    r"url|link|href|site": r"(?:https?://|www\.)[^\s\"'<>)]+",
}


def heard(data: object) -> str:
    """Return every text of the data, then whatever decoding brings to light, twice over."""
    known = list(dict.fromkeys(_strings(data)))
    for _ in range(2):
        revealed = [found for text in known for decode in _DECODERS for found in decode(text)]
        known = list(dict.fromkeys([*known, *filter(str.strip, revealed)]))
    return "\n".join(known)


def _without_invisible(text: str) -> Iterator[str]:
    yield "".join(char for char in text if unicodedata.category(char) != "Cf" and not _is_selector(char))


def _is_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def _from_tags(text: str) -> Iterator[str]:
    yield "".join(chr(ord(char) - 0xE0000) for char in text if 0xE0020 <= ord(char) <= 0xE007E)


def _from_base64(text: str) -> Iterator[str]:
    for run in re.findall(
        r"[A-Za-z0-9+/_-]{16,}={0,2}", re.sub(r"(?<=[A-Za-z0-9+/=])\r?\n(?=[A-Za-z0-9+/])", "", text)
    ):
        padded = run.rstrip("=").replace("-", "+").replace("_", "/")
        try:
            yield base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue


def _from_html(text: str) -> Iterator[str]:
    unescaped = html.unescape(text)
    yield unescaped
    yield re.sub(r"<[^>]*>", " ", unescaped)
    yield " ".join(re.findall(r"""=\s*["']([^"']+)["']""", unescaped))


def _from_escapes(text: str) -> Iterator[str]:
    yield unquote(text)
    yield unicodedata.normalize("NFKC", text)


def _reversed(text: str) -> Iterator[str]:
    for run in re.findall(r"[\u202e\u202d\u2067]([^\u202c\u2069]+)", text):
        yield run[::-1]


_DECODERS: tuple[Callable[[str], Iterator[str]], ...] = (
    _without_invisible,
    _from_tags,
    _from_base64,
    _from_html,
    _from_escapes,
    _reversed,
)

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
_ORDER = tuple(_CUES)
_PRIORITY = {"urgent_action": 9, "important_read": 7, "delegate": 5, "routine": 4, "archive": 2}
_WORDS_A_MINUTE = 200
_LONGEST_QUOTE = 120


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
    filler: Answerer = Obedient(read) if obedient else Sensible(read)
    return _fill(schema, "", schema.get("$defs", {}), filler)


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
                yield from (key,) if len(key) > _LONGEST_QUOTE // 4 else ()
        case list():
            for item in data:
                yield from _strings(item)


class Sensible:
    """Reads the longest text as the body; finds the category by its words."""

    def __init__(self, data: object) -> None:
        texts = sorted(_strings(data), key=len, reverse=True)
        self._all = "\n".join(texts)
        self._body = texts[0] if texts else ""
        self._category = self._best(list(_ORDER))

    def choose(self, options: list[Any]) -> Any:
        """Return the option most of whose cues, or whose own words, occur in the text."""
        if set(options) & set(_ORDER):
            return self._best(options)
        return next((option for option in options if self._mentions(option)), options[-1])

    def several(self, options: list[Any]) -> list[Any]:
        """Return the options whose words occur; else the first."""
        return [option for option in options if self._mentions(option)] or options[:1]

    def number(self, name: str, least: int, most: int) -> int:
        """Return minutes by the length, else the priority of the category."""
        value = _PRIORITY[self._category]
        if "min" in name or "time" in name:
            value = len(self._body.split()) // _WORDS_A_MINUTE + 2
        return max(least, min(most, value))

    def text(self, _name: str, longest: int, /) -> str:
        """Return the sentence that shows the category, word for word."""
        cue = re.compile(_CUES[self._category], re.IGNORECASE)
        sentences = [part.strip() for part in re.findall(r"[^.!?\n。？！]+[.!?。？！]?", self._body)]
        readable = [sentence for sentence in sentences if sentence]
        shown = next((one for one in readable if cue.search(one)), readable[0] if readable else "")
        return shown[: min(longest, _LONGEST_QUOTE)].rstrip()

    def truth(self) -> bool:
        """Return False: nothing extra is claimed."""
        return False

    def optional(self, name: str, /) -> bool:
        """Fill a field that may be empty when it asks for a quote."""
        return "quote" in name or "evidence" in name

    def _best(self, options: list[Any]) -> Any:
        def cues(option: object) -> int:
            return len(re.findall(_CUES[str(option)], self._all, re.IGNORECASE)) if str(option) in _CUES else 0

        counted = {option: cues(option) for option in options}
        if counted.get("archive", 0) and not counted.get("urgent_action", 0):
            return "archive"
        best = max(counted, key=lambda option: counted[option])
        return best if counted[best] else ("routine" if "routine" in options else options[-1])

    def _mentions(self, option: object) -> bool:
        return str(option).replace("_", " ").casefold() in self._all.casefold()


class Obedient:
    """Does what any text in the data says; where it says nothing, does the worst the schema allows."""

    def __init__(self, data: object) -> None:
        self._data = data
        self.heard = heard(data)
        self._folded = self.heard.casefold()

    def choose(self, options: list[Any]) -> Any:
        """Return the option named last, else the first: schemas list the strongest first."""
        named = {option: self._last(option) for option in options}
        best = max(named, key=lambda option: named[option])
        return best if named[best] >= 0 else options[0]

    def several(self, options: list[Any]) -> list[Any]:
        """Return every option that is named, else all."""
        return [option for option in options if self._last(option) >= 0] or list(options)

    def number(self, name: str, least: int, most: int) -> int:
        """Return the number said right after the field's name, else the most."""
        said = (
            re.findall(rf"{re.escape(name.split('_', maxsplit=1)[0])}\w*\W{{0,12}}(\d+)", self._folded) if name else []
        )
        return max(least, min(most, int(said[-1]))) if said else most

    def text(self, name: str, longest: int, /) -> str:
        """Return an address or a link where one is asked for, a quote that stands up, else all that was heard."""
        if "quote" in name or "evidence" in name:
            return Sensible(self._data).text(name, longest)
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

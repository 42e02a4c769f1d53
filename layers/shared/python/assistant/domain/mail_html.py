"""The text of an HTML mail as a person sees it: hidden elements dropped."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

# Bounds the parse: a longer document is cut, and what a person reads first stands at its start.
HTML_LIMIT = 100_000
_NODE_LIMIT = 2_000
_DEPTH_LIMIT = 256
_STYLE_LIMIT = 2_000
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_CLOSED_BY_ITSELF = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
    | {"p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "html", "head", "body"}
)

_UNSEEN_TAGS = frozenset({"head", "script", "style", "template", "noscript", "title", "meta", "link", "object", "svg"})
_BLOCK_TAGS = frozenset(
    {"address", "article", "blockquote", "br", "div", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr"}
    | {"li", "main", "ol", "p", "pre", "section", "table", "tbody", "td", "th", "tr", "ul"}
)
_SPACES = re.compile(r"\s+")
_DECLARATION = re.compile(r"([a-z-]+)\s*:\s*([^;]{1,200})")
_OFF_SCREEN = re.compile(r"-\d{3,}(?:px|em|rem|pt|%)?")
_ZERO = re.compile(r"0*(?:0|\.0+|0\.0+|0?\.0\d+|[01](?:\.\d+)?px|1pt)(?:px|pt|em|rem|%|vw|vh)?\s*(?:!important)?")
_NAMED_COLOURS = {"white": "#ffffff", "black": "#000000", "#fff": "#ffffff", "#000": "#000000"}
_DEFAULT_BACKGROUND = "#ffffff"


@dataclass(frozen=True, slots=True)
class _Look:
    """What a style attribute makes of an element; colours as #rrggbb or a name, "" when not set."""

    hidden: bool
    colour: str
    background: str


def html_text(html: str) -> str:
    """Return the visible text, one line per block, quoted blocks after "> "; empty when nothing can be read."""
    root = LexborHTMLParser(_flat_enough(html[:HTML_LIMIT])).body
    if root is None:
        return ""
    pieces: list[str] = []
    _collect(root, pieces)
    return re.sub(r" *\n[ \n]*\n", "\n\n", re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(pieces))).strip()


def _flat_enough(html: str) -> str:
    """Return ``html`` cut where its nesting gets absurd: the parser takes quadratic time in the depth."""
    if html.count("<") <= _DEPTH_LIMIT:
        return html
    open_tags: Counter[str] = Counter()
    depth = 0
    for tag in _TAG.finditer(html):
        name = tag[2].lower()
        if name in _CLOSED_BY_ITSELF:
            continue
        if not tag[1]:
            open_tags[name] += 1
            depth += 1
        elif open_tags[name]:
            open_tags[name] -= 1
            depth -= 1
        if depth > _DEPTH_LIMIT:
            return html[: tag.start()]
    return html


def _collect(root: LexborNode, pieces: list[str]) -> None:
    """Walk without recursion (nesting is the sender's choice) and append the text a person sees."""
    stack: list[tuple[LexborNode | str, str, str]] = [(root, _DEFAULT_BACKGROUND, "\n")]
    for _ in range(_NODE_LIMIT):
        if not stack:
            return
        node, background, line_break = stack.pop()
        if isinstance(node, str):
            pieces.append(node)
        elif node.tag == "-text":
            pieces.append(_SPACES.sub(" ", node.text(deep=False) or ""))
        elif isinstance(node.tag, str) and node.tag not in _UNSEEN_TAGS and not node.tag.startswith("-"):
            attributes = node.attributes
            look = _look((attributes.get("style") or "")[:_STYLE_LIMIT])
            inner = look.background or _colour((attributes.get("bgcolor") or "").lower().strip()) or background
            if look.hidden or _is_marked_hidden(attributes) or _ink(node.tag, attributes, look) == inner:
                continue
            if node.tag == "blockquote":
                line_break = "\n> "
            if node.tag in _BLOCK_TAGS:
                pieces.append(line_break)
                stack.append(("\n", inner, line_break))
            stack.extend((child, inner, line_break) for child in reversed(list(node.iter(include_text=True))))


def _is_marked_hidden(attributes: Mapping[str, str | None]) -> bool:
    return "hidden" in attributes or attributes.get("aria-hidden") == "true"


def _ink(tag: str, attributes: Mapping[str, str | None], look: _Look) -> str | None:
    """Return the text colour the element sets, None when it sets none."""
    written = (attributes.get("color") or "").lower().strip() if tag == "font" else ""
    return look.colour or _colour(written) or None


@lru_cache(maxsize=512)
def _look(style: str) -> _Look:
    found = {name: value.strip() for name, value in _DECLARATION.findall(style.lower())}
    clipped = "hidden" in found.get("overflow", "") and any(
        _ZERO.fullmatch(found.get(name, "")) for name in ("height", "max-height", "width", "max-width")
    )
    hidden = (
        found.get("display", "").startswith("none")
        or found.get("visibility", "").startswith(("hidden", "collapse"))
        or "all" in found.get("mso-hide", "")
        or "transparent" in found.get("color", "")
        or any(_ZERO.fullmatch(found.get(name, "")) for name in ("font-size", "opacity", "line-height"))
        or any(
            _OFF_SCREEN.match(found.get(name, ""))
            for name in ("left", "top", "text-indent", "margin-left", "margin-top")
        )
    )
    behind = found.get("background-color") or found.get("background") or ""
    return _Look(hidden or clipped, _colour(found.get("color", "")), _colour(behind))


@lru_cache(maxsize=512)
def _colour(value: str) -> str:
    first = value.split(maxsplit=1)[0] if value else ""
    if match := re.fullmatch(r"#([0-9a-f])([0-9a-f])([0-9a-f])", first):
        return "#" + "".join(2 * digit for digit in match.groups())
    if match := re.match(r"rgba?\((\d+)[, ]+(\d+)[, ]+(\d+)", value):
        return "#" + "".join(f"{min(int(part), 255):02x}" for part in match.groups())
    return _NAMED_COLOURS.get(first, first)

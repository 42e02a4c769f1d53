"""Characters a reader cannot see: used to hide words from filters, or words from people."""

import re

# Tag characters, variation selectors, zero-width characters and joiners, bidirectional controls (UAX 9),
# soft hyphen, Hangul and Mongolian fillers, byte order mark, and C0/C1 controls other than tab and newline.
_INVISIBLE = re.compile(
    "[\U000e0000-\U000e007f\ufe00-\ufe0f\U000e0100-\U000e01ef\u200b-\u200f\u202a-\u202e\u2060-\u2069\u061c"
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufeff\ufff9-\ufffb"
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]"
)
_LINE_BREAK = re.compile("\r\n?|[\u2028\u2029]")
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
# Those that look double, as ours: of English, Spanish, French and German, straight, and of full width.
_QUOTATION_MARKS = re.compile('["“”„‟«»″‶〝〞〟＂❝❞🙶🙷🙸]')
_BLANK_LINES = re.compile(r"\n(?: ?\n){2,}")


def strip_invisible(text: str) -> str:
    """Return ``text`` as a person sees it: no invisible characters, one kind of space and of line break."""
    visible = _INVISIBLE.sub("", _LINE_BREAK.sub("\n", text))
    return _BLANK_LINES.sub("\n\n", _SPACES.sub(" ", visible)).strip()


def one_line(text: str) -> str:
    """Return ``text`` as a person sees it, on one line."""
    return " ".join(strip_invisible(text).split())


def quoted(text: str) -> str:
    """Return ``text`` on one line in quotation marks that nothing in it ends: its own are apostrophes."""
    return f"“{_QUOTATION_MARKS.sub("'", one_line(text))}”"

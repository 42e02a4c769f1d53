"""Embeddings by potion-base-8M (MinishLab, MIT): the mean of one learned vector for each piece of a word. English.

The model is a folder, ``weights.npy`` (29,528 x 256 signed bytes), ``scales.npy`` (what each row was divided by) and
``vocab.txt``, which infra/embedding_model.py makes. It is mapped, not read: a process pays for the rows it uses.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.adapters.wordpiece import pieces
from assistant.domain.errors import Unavailable
from assistant.ports.memory import DIMENSIONS

_LARGEST = 127
_MOST_PIECES = 512


class PotionEmbedder:
    """Implements ``ports.Embedder``; ``folder`` holds the model."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def embed(self, texts: Sequence[str]) -> Sequence[bytes]:
        """Return for each text its unit vector times 127; of a long text its first 512 pieces count."""
        return [self._embed(text) for text in texts]

    def nearness(self, text: str, others: Sequence[str]) -> Sequence[float]:
        """Return the cosine of the text's vector and that of each of the others."""
        directions = np.stack([self._direction(one) for one in (text, *others)])
        near: list[float] = (directions[1:] @ directions[0]).tolist()
        return near

    def _embed(self, text: str) -> bytes:
        return np.rint(self._direction(text) * _LARGEST).astype(np.int8).tobytes()

    def _direction(self, text: str) -> NDArray[np.float32]:
        """Return the unit vector of a text, zero for one without known words."""
        rows = pieces(text, self._vocabulary)[:_MOST_PIECES]
        if not rows:
            return np.zeros(DIMENSIONS, np.float32)
        total: NDArray[np.float32] = self._scales[rows] @ self._weights[rows]
        return total / (np.linalg.norm(total) or 1)

    @cached_property
    def _vocabulary(self) -> Mapping[str, int]:
        try:
            lines = (self._folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise Unavailable("The search by meaning is not installed.") from error
        return {piece: row for row, piece in enumerate(lines)}

    @cached_property
    def _weights(self) -> NDArray[np.int8]:
        weights: NDArray[np.int8] = np.load(self._folder / "weights.npy", mmap_mode="r")
        return weights

    @cached_property
    def _scales(self) -> NDArray[np.float32]:
        scales: NDArray[np.float32] = np.load(self._folder / "scales.npy")
        return scales

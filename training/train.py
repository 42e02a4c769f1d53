"""Trains the shipped weights: ``python -m training.train DATA``."""

import argparse
import json
from collections import Counter
from pathlib import Path

from training.archetypes import compose_archetypes
from training.dataset import load_mails, load_sentences
from training.fit import Settings, fit_weights, layout_and_numbers, read_samples

_TARGET = Path("layers/shared/python/assistant/domain/triage")


def main() -> None:
    """Read the data folder, fit, write weights.bin and weights.json beside the engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with dev.jsonl and dev_sentences.jsonl")
    folder = parser.parse_args().data
    mails = load_mails(folder)
    sentences = load_sentences(folder)
    print(f"{len(mails)} mails {dict(Counter(item.kind for item in mails))}, {len(sentences)} sentences")
    weights = fit_weights(read_samples(mails), sentences, read_samples(compose_archetypes()), Settings())
    layout, numbers = layout_and_numbers(weights)
    (_TARGET / "weights.bin").write_bytes(numbers.tobytes())
    (_TARGET / "weights.json").write_text(json.dumps(layout, indent=1) + "\n", "utf-8")
    print(f"wrote {len(numbers)} numbers, {len(numbers) * numbers.itemsize // 1024} KiB, to {_TARGET}")


if __name__ == "__main__":
    main()

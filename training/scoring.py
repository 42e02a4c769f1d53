"""Predictions in the scorer's format, and the scorer's table of them."""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from assistant.domain.triage.decision import TriagedEmail


def score(decisions: Iterable[TriagedEmail], predictions: Path, data: Path) -> None:
    """Write the decisions to ``predictions`` and print the table of ``data``/eval.py about them."""
    predictions.parent.mkdir(exist_ok=True)
    rows = (
        {
            "email_id": decision.email_id,
            "category": decision.category,
            "priority_score": decision.priority_score,
            "abstain": decision.needs_review,
            "confidence": decision.confidence,
        }
        for decision in decisions
    )
    predictions.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    sys.stdout.flush()
    subprocess.run([sys.executable, data / "eval.py", data / "dev.jsonl", predictions], check=True)

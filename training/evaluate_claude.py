"""Measures triage with Claude: ``CLAUDE_API_KEY=... python -m training.evaluate_claude DATA``.

Every mail is decided by weights that never saw its sender or thread; Claude is asked about those the core is not sure
of, as the product asks, under the daily cap of a user. Writes reports/predictions_claude.jsonl and prints what Claude
made of the abstained mails beside the core's own guess, then the scorer's table of all mails. Without a key nothing is
done.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from itertools import batched
from pathlib import Path

from assistant.domain.llm_models import NANODOLLARS
from assistant.domain.triage.decision import TriagedEmail
from assistant.domain.triage.second_opinion import SecondOpinion, judged, triage_prompt
from assistant.runtime.settings import load_settings
from assistant.services.ask_claude import LONGEST, ClaudePorts, Question, ask_all
from training.abstentions import PREFERENCES, Examined, examine_apart
from training.claude import claude_without_aws
from training.dataset import load_mails, load_sentences
from training.fit import read_samples
from training.scoring import score

_PREDICTIONS = Path("reports/predictions_claude.jsonl")
_USER = "evaluation"
_AT_ONCE = 64


def main() -> None:
    """Ask about the abstained mails and print the tables; one line where there is no key."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with dev.jsonl, dev_sentences.jsonl and eval.py")
    data = parser.parse_args().data
    if load_settings().claude_api_key is None:
        print("CLAUDE_API_KEY is not set: triage with Claude was not measured")
        return
    examined = list(examine_apart(read_samples(load_mails(data)), load_sentences(data)))
    with claude_without_aws() as claude:
        decided = second_opinions([one for one in examined if one.asks], claude.claude_ports)
        today = claude.clock.now().date()
        days = claude.spending.usage(_USER, since=today - timedelta(days=1), until=today)
    print("\n".join(comparison(examined, decided)))
    print(f"spent ${sum(day.nanodollars for day in days) / NANODOLLARS:.4f}")
    score((decided.get(one.case.mail.id, one.case.core) for one in examined), _PREDICTIONS, data)


def second_opinions(asked: Sequence[Examined], ports: ClaudePorts) -> Mapping[str, TriagedEmail]:
    """Return Claude's decisions by mail id; mails without a usable answer are left out."""
    decided: dict[str, TriagedEmail] = {}
    for chunk in batched(asked, _AT_ONCE, strict=False):
        questions = [_question(one) for one in chunk]
        results = ask_all(questions, user_id=_USER, seconds=LONGEST, ports=ports).results
        decided |= {result.email_id: result for result in results if result}
    return decided


def comparison(examined: Sequence[Examined], decided: Mapping[str, TriagedEmail]) -> Iterator[str]:
    """Yield what Claude made of the mails the core abstained on, beside the core's own guess."""
    asked = [one for one in examined if one.asks]
    yield f"{len(asked)} of {len(examined)} mails asked, {len(decided)} answered in a way that can be used"
    for name, weak in (("strong labels", False), ("weak labels", True)):
        answered = [
            (one, decided[one.case.mail.id])
            for one in asked
            if one.case.mail.id in decided and bool(one.sample.labelled.labels.get("weak")) == weak
        ]
        if answered:
            guessed = [(one, one.case.core) for one, _ in answered]
            yield f"{name}, {len(answered)} mails: Claude {_right(answered)}; the core's guess {_right(guessed)}"


def _question(one: Examined) -> Question[SecondOpinion, TriagedEmail]:
    accept = partial(judged, one.case, reader=one.reader, weights=one.weights)
    return Question(triage_prompt(one.case, PREFERENCES), accept)


def _right(answered: Sequence[tuple[Examined, TriagedEmail]]) -> str:
    def share(label: str) -> str:
        labels = [(one.sample.labelled.labels.get(label), decision.category) for one, decision in answered]
        judged_ = [category in listed for listed, category in labels if listed]
        return f"{sum(judged_) / len(judged_):.1%}" if judged_ else "-"

    return f"acceptable {share('acceptable')}, serious errors {share('never')}"


if __name__ == "__main__":
    main()

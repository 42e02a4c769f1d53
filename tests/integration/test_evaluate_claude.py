"""make eval CLAUDE=1: skipped without a key; with one, what Claude makes of the mails the core is not sure of."""

import os
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from assistant.domain.mail import Mail
from assistant.domain.triage.cascade import Reader, checked_weights, decide, examine
from assistant.domain.triage.second_opinion import Case
from infra.local.layout import REPOSITORY
from tests.fakes.claude_api import KEY, serve
from training.abstentions import PREFERENCES, Examined
from training.claude import claude_without_aws
from training.dataset import LabelledMail
from training.evaluate_claude import comparison, second_opinions
from training.fit import read_samples

FLAWLESS = "acceptable 100.0%, serious errors 0.0%"
BODIES = (
    "I was thinking about what you said on Thursday. It makes sense to me.\n\nMia",
    "We are back from Lisbon. It was good to see everybody again.\n\nAna",
)


def unsure(number: int, body: str) -> Examined:
    mail = Mail.model_validate(
        {"id": f"mail{number}", "from": "Mia <mia@partner.example>", "to": ("me@company.example",), "body": body}
    )
    labels = {"acceptable": ["important_read", "routine"], "never": ["archive"]}
    (sample,) = read_samples([LabelledMail(mail, labels, "made", "one")])
    weights, zone = checked_weights(), ZoneInfo("UTC")
    reader = Reader(PREFERENCES.email_rules, {}, sample.written_at, zone)
    findings = examine(mail, now=reader.now, zone=zone, weights=weights)
    return Examined(
        sample, Case(mail, findings, decide(mail, findings, reader, weights=weights)), reader, weights, True
    )


def test_without_a_key_it_says_so_and_nothing_else(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLAUDE")}
    done = subprocess.run(
        [sys.executable, "-m", "training.evaluate_claude", tmp_path],
        cwd=REPOSITORY,
        env=environment | {"PYTHONPATH": os.pathsep.join((str(REPOSITORY / "layers/shared/python"), str(REPOSITORY)))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["CLAUDE_API_KEY is not set: triage with Claude was not measured"]


def test_answers_are_judged_beside_the_cores_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    examined = [unsure(number, body) for number, body in enumerate(BODIES)]
    with serve() as api:
        monkeypatch.setenv("CLAUDE_API_KEY", KEY)
        monkeypatch.setenv("CLAUDE_BASE_URL", api.url)
        with claude_without_aws() as claude:
            decided = second_opinions(examined, claude.claude_ports)
            today = claude.clock.now().date()
            (day,) = claude.spending.usage("evaluation", since=today, until=today)
    assert {decision.decided_by for decision in decided.values()} == {"claude"}
    assert set(decided) == {"mail0", "mail1"}
    assert sum(usage.calls for usage in day.usages) == len(api.requests)
    assert list(comparison(examined, decided)) == [
        "2 of 2 mails asked, 2 answered in a way that can be used",
        f"strong labels, 2 mails: Claude {FLAWLESS}; the core's guess {FLAWLESS}",
    ]

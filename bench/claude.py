"""What the assistant takes around a call of Claude, how long a batch waits for it, how long its SDK takes to load."""

import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.domain.preferences import Preferences
from assistant.domain.received_mail import read_mail
from assistant.domain.triage.decision import DecidedBy
from assistant.domain.triage.second_opinion import Case, wants_second_opinion
from assistant.services.ask_claude import ClaudePorts, ask_all
from assistant.services.second_opinions import examined, reader_with, triage_question
from assistant.wiring import deps
from bench.claude_double import running_double
from bench.report import Figure, summarize
from bench.triage import handle, in_memory
from infra.local.layout import REPOSITORY
from infra.manifest import FUNCTIONS
from tests.fakes.claude_api import KEY
from tests.fakes.llm import MemorySpending
from training.claude import claude_without_aws

_CALLS = 200
_WARM_UP = 20
_BATCHES = 7
_MAILS, _ABSTENTIONS = 100, 40
_LATENCY_MS = 400
_IMPORTS = 3
_SECONDS = 10.0
_NOW = datetime(2026, 3, 30, tzinfo=UTC)

type SentMail = Mapping[str, Any]

# Runs in a fresh interpreter, in time of one core; what Lambda's own runtime loads before a handler is not counted.
_IMPORT = """
import time
started = time.process_time()
import handler
imported = time.process_time()
import assistant.adapters.anthropic_client
print((imported - started) * 1000, (time.process_time() - imported) * 1000)
"""


def measure_claude(mails: Sequence[SentMail]) -> Iterator[Figure]:
    """Yield the figures; ``mails`` hold at least 40 the core is not sure of and 60 it is.

    Raises:
        AssertionError: the double decided fewer mails than half of those it was asked about.
    """
    unsure = [(sent, case) for sent in mails if (case := _case(sent)) and _asks(case)]
    sure = [sent for sent in mails if (case := _case(sent)) and not _asks(case)]
    with running_double() as address:
        yield _overhead([case for _, case in unsure], address)
    batch = [*(sent for sent, _ in unsure[:_ABSTENTIONS]), *sure[: _MAILS - _ABSTENTIONS]]
    with running_double(latency_ms=_LATENCY_MS) as address:
        yield _batch(batch, address)
    yield from measure_imports()


def measure_imports() -> Iterator[Figure]:
    """Yield how long the functions that call Claude, and its SDK, take to import, with and without ``.pyc``."""
    for function in FUNCTIONS:
        if "claude" not in function.dependencies:
            continue
        folder = REPOSITORY / "functions" / function.name
        for kind, runs in (("with .pyc", _imports(folder)), ("without .pyc", _uncompiled_imports(folder))):
            handler, sdk = zip(*runs, strict=True)
            yield summarize(f"{function.name}: import, {kind}", "ms", handler)
            yield summarize(f"{function.name}: then Claude's SDK, {kind}", "ms", sdk)


def _overhead(cases: Sequence[Case], address: str) -> Figure:
    with claude_without_aws(key=KEY, address=address) as claude, redirect_stdout(io.StringIO()):
        ports = ClaudePorts(claude.llm, MemorySpending(), claude.meter, claude.clock)
        # Some answers of the double cannot be used; those mails would be asked about twice.
        answered = [case for case in cases[:_WARM_UP] if _ask(case, ports) is not None]
        samples = [_ask(answered[number % len(answered)], ports) for number in range(_CALLS)]
    return summarize("claude: one call, its double included", "ms", list(filter(None, samples)), target=25)


def _ask(case: Case, ports: ClaudePorts) -> float | None:
    """Return the milliseconds until the mail was decided; None when it was not."""
    reader = reader_with(Preferences(), {}, _NOW)
    started = time.perf_counter()
    answers = ask_all([triage_question(case, Preferences(), reader)], user_id="bench", seconds=_SECONDS, ports=ports)
    elapsed = (time.perf_counter() - started) * 1000
    return elapsed if answers.results[0] else None


def _batch(mails: Sequence[SentMail], address: str) -> Figure:
    with claude_without_aws(key=KEY, address=address) as claude, in_memory(deps):
        deps.llm = claude.llm
        samples, answers = zip(*(handle(mails) for _ in range(_BATCHES + 1)), strict=True)
    asked = min(sum(one["decided_by"] == DecidedBy.CLAUDE for one in answer["triaged_emails"]) for answer in answers)
    assert asked > _ABSTENTIONS / 2
    name = f"triage: {_MAILS} mails, {_ABSTENTIONS} asked, {_LATENCY_MS} ms a call"
    return summarize(name, "ms", samples[1:], target=3000)


def _case(sent: SentMail) -> Case | None:
    mail = read_mail(sent).mail
    return examined(mail, reader_with(Preferences(), {}, _NOW)) if mail else None


def _asks(case: Case) -> bool:
    return wants_second_opinion(case.core, case.findings)


def _imports(folder: Path, **environment: str) -> list[tuple[float, float]]:
    """Import in fresh interpreters; the first run, which may write ``.pyc`` files, is not counted."""
    return [_import(folder, environment) for _ in range(_IMPORTS + 1)][1:]


def _uncompiled_imports(folder: Path) -> list[tuple[float, float]]:
    """Import with compiled files for the standard library only, as a layer without ``.pyc`` would."""
    with tempfile.TemporaryDirectory() as cache:
        _import(folder, {"PYTHONPYCACHEPREFIX": cache})
        for ours in (REPOSITORY, Path(sys.prefix)):
            shutil.rmtree(f"{cache}{ours.resolve()}", ignore_errors=True)
        return _imports(folder, PYTHONPYCACHEPREFIX=cache, PYTHONDONTWRITEBYTECODE="1")


def _import(folder: Path, environment: Mapping[str, str]) -> tuple[float, float]:
    path = os.pathsep.join((str(folder), str(REPOSITORY / "layers/shared/python")))
    answer = subprocess.run(
        [sys.executable, "-c", _IMPORT],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path, **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    handler, sdk = answer.stdout.split()
    return float(handler), float(sdk)

"""Speed of preparing a meeting with 500 candidate documents, through the handler and with stores in memory.

Time is that of one core, without Claude: what the briefing costs beside its call. The documents are mails of a business
mailbox; a third of them are by people who attend.
"""

import io
import json
import random
import time
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.adapters.potion import PotionEmbedder
from assistant.services.kept_evidence import KeptEvidencePorts
from assistant.wiring import deps
from bench.mails import make_mails
from bench.report import Figure, summarize
from bench.triage import in_memory
from functions.prepare_meeting.handler import lambda_handler
from infra.build import model
from tests.fakes.memory import kept_evidence_ports, memory_ports
from tests.fakes.stores import MemoryTasks
from tests.fakes.wired import Context

_EVENT = Path(__file__).resolve().parents[1] / "events/http/prepare_meeting.json"
_DOCUMENTS = 500
_RUNS = 30
_TARGET = 150
_SEED = 5
_PEOPLE = tuple(f"Person {number} <person{number}@company.com>" for number in range(6))
# A mailbox has more words than the sentences of the bench: without these a cache of words would know all of them.
_WORDS = 8_000


def measure_meetings() -> Figure:
    """Time one briefing after another, each from documents of its own."""
    events = [request_event(number) for number in range(_RUNS + 1)]
    with in_memory(deps):
        vars(deps).update(kept_evidence_ports=nothing_kept())
        prepare(events[0])
        return summarize("meetings: 500 documents, handler", "ms", [prepare(one) for one in events[1:]], target=_TARGET)


def nothing_kept() -> KeptEvidencePorts:
    """Return stores of memories and tasks without any, and the embedding model."""
    memory = replace(memory_ports(deps.clock), embedder=PotionEmbedder(model().path))
    return kept_evidence_ports(memory, MemoryTasks(deps.clock))


def prepare(event: Mapping[str, Any]) -> float:
    """Return the milliseconds of one core the handler takes for an event."""
    with redirect_stdout(io.StringIO()):
        started = time.process_time()
        answer = lambda_handler(dict(event), cast("LambdaContext", Context()))
        spent = time.process_time() - started
    if answer["statusCode"] != 200:
        raise AssertionError(answer["body"])
    return spent * 1000


def request_event(number: int) -> Mapping[str, Any]:
    """Return an event with 500 documents; the same for a number."""
    rng = random.Random(_SEED + number)
    event = json.loads(_EVENT.read_text())
    request = {
        **json.loads(event["body"]),
        "attendees": _PEOPLE,
        "own_addresses": ["user123@company.example"],
        "context": "Decide the budget of the quarter, the delivery date and the migration of the cluster",
        "documents": _documents(rng),
    }
    return event | {"body": json.dumps(request)}


def _documents(rng: random.Random) -> Sequence[Mapping[str, Any]]:
    mails = make_mails(_DOCUMENTS, seed=rng.randrange(10**6))
    return [
        mail
        | {"kind": "mail", "body": f"{mail['body']} {_words(rng)}"}
        | ({"from": rng.choice(_PEOPLE)} if place % 3 == 0 else {})
        for place, mail in enumerate(mails)
    ]


def _words(rng: random.Random) -> str:
    return " ".join(f"word{rng.randrange(_WORDS)}" for _ in range(40))

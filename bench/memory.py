"""Speed of memory: what one user's 10,000 memories take to index, to read into a process and to search."""

import random
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from assistant.adapters.dynamo_vectors import DynamoVectors
from assistant.adapters.potion import PotionEmbedder
from assistant.domain.memory.memory import MemoryKind, time_ordered_id
from assistant.ports.memory import IndexedMemory
from bench.report import Figure, summarize
from infra.build import model
from tests.fakes.runtime import ManualClock
from tests.fakes.tables import LocalTable

MEMORIES = 10_000
_QUERIES = 400
_COLD = 7
_KINDS = tuple(MemoryKind)
_WHO = ("Alice", "Ben", "Chloe", "Dev", "Emil", "Farah", "Grace", "Hugo")
_WHAT = (
    "leads procurement at Northwind and approves every purchase above {number} euros.",
    "prefers short calls on Tuesday mornings before {number} o'clock.",
    "promised to send the signed contract number {number} by the end of the week.",
    "is on leave for {number} days in the second half of March.",
    "works in building {number} in Zurich and comes to Berlin once a month.",
    "asked for {number} seats at the annual offsite and a vegetarian lunch.",
    "moved the budget review to room {number} because of the audit.",
)
_QUESTIONS = (
    "Who runs purchasing at Northwind?",
    "When does Ben like to talk?",
    "What did Chloe say she would deliver?",
    "Is anybody away in March?",
    "Where does Dev work?",
    "Who wants vegetarian food?",
)


def measure_memory() -> list[Figure]:
    """Time embedding, indexing, reading all vectors into a process, and searching them, of 10,000 memories."""
    clock = ManualClock()
    embedder = PotionEmbedder(model().path)
    texts = _texts()
    embedder.embed(texts[:50])
    table = LocalTable()
    index = DynamoVectors(table, clock)
    indexing = []
    for start in range(0, MEMORIES, 25):
        clock.advance(1)
        some = texts[start : start + 25]
        ids = [time_ordered_id(clock.now() + timedelta(milliseconds=place)) for place in range(len(some))]
        indexing.append(_milliseconds(lambda: _index(index, embedder, ids, some)) / len(some))  # noqa: B023 runs now
    clock.advance(120)
    cold = [_milliseconds(lambda: _ask(DynamoVectors(table, clock), embedder, 0)) for _ in range(_COLD)]
    _ask(index, embedder, 0)
    warm = [_milliseconds(lambda: _ask(index, embedder, place)) for place in range(_QUERIES)]  # noqa: B023 runs now
    return [
        summarize("memory: embed and index one of 10,000", "ms", indexing),
        summarize("memory: first query in a process, 10,000 read", "ms", cold),
        summarize("memory: embedded query of 10,000, warm", "ms", warm, target=30),
    ]


def _texts() -> Sequence[str]:
    chosen = random.Random(8)
    return [
        f"{chosen.choice(_WHO)} {chosen.choice(_WHAT).format(number=chosen.randrange(1, 5000))}"
        for _ in range(MEMORIES)
    ]


def _index(index: DynamoVectors, embedder: PotionEmbedder, ids: Sequence[str], texts: Sequence[str]) -> None:
    vectors = embedder.embed(texts)
    memories = [
        IndexedMemory(memory_id, vector, _KINDS[place % len(_KINDS)], (f"person{place}@company.com",))
        for place, (memory_id, vector) in enumerate(zip(ids, vectors, strict=True))
    ]
    index.upsert("user123", memories)


def _ask(index: DynamoVectors, embedder: PotionEmbedder, place: int) -> None:
    (vector,) = embedder.embed([_QUESTIONS[place % len(_QUESTIONS)]])
    kind = _KINDS[place % len(_KINDS)] if place % 3 == 0 else None
    found = index.query("user123", vector, limit=1000, kind=kind)
    if not found:
        raise AssertionError("nothing was found")


def _milliseconds(work: Callable[[], object]) -> float:
    # Of this process: nothing here waits, and what else the machine does is not to be measured.
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000

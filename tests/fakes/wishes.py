"""Stand-ins for the function that asks Claude about wishes, and for Lambda in front of it."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.domain.calendar.wishes.interpreting import InterpretedWishes, WishesToInterpret
from assistant.domain.calendar.wishes.reading import UnderstoodWish, sorted_out
from tests.fakes.stores import Outage


@dataclass
class ScriptedInterpreter:
    """Implements ``ports.WishInterpreter``; ``known`` are the wishes it understands, ``answer`` what it says if set."""

    known: tuple[UnderstoodWish, ...] = ()
    answer: InterpretedWishes | None = None
    outage: Outage = field(default_factory=Outage)
    asked: list[WishesToInterpret] = field(default_factory=list)

    def interpret(self, asked: WishesToInterpret) -> InterpretedWishes:
        self.asked.append(asked)
        self.outage.check()
        return self.answer or InterpretedWishes(**dict(sorted_out(asked.wishes, self.known)))


@dataclass(frozen=True)
class LambdaInProcess:
    """A client of Lambda, as far as functions use it, that runs the handler in this process."""

    handler: Callable[[dict[str, Any]], Mapping[str, Any]]

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803 names of boto3
        assert FunctionName
        answer = self.handler(json.loads(Payload))
        return {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(answer).encode())}

"""Wishes for Claude, by direct invocation of the function that has its SDK: the solver leaves no room for it."""

import logging
from typing import TYPE_CHECKING

from pydantic import ValidationError

from assistant.adapters.aws import client_config, session, unavailable
from assistant.domain.calendar.wishes.interpreting import LONGEST_SECONDS, InterpretedWishes, WishesToInterpret
from assistant.domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_lambda.client import LambdaClient

logger = logging.getLogger(__name__)


def lambda_client() -> "LambdaClient":
    """Return a client that tries once: a second try would come after the plan has stopped waiting."""
    return session().client("lambda", config=client_config(read_timeout=LONGEST_SECONDS, attempts=1))


class LambdaWishes:
    """Implements ``ports.WishInterpreter``."""

    def __init__(self, function: str, client: "LambdaClient") -> None:
        self._function = function
        self._client = client

    def interpret(self, asked: WishesToInterpret) -> InterpretedWishes:
        """Invoke the function and wait for its answer; raises Unavailable where it fails or is late."""
        with unavailable("lambda"):
            answer = self._client.invoke(FunctionName=self._function, Payload=asked.model_dump_json())
            payload = answer["Payload"].read()
        if "FunctionError" in answer:
            raise _not_interpreted(answer["FunctionError"])
        try:
            return InterpretedWishes.model_validate_json(payload)
        except ValidationError:
            raise _not_interpreted("answer of another shape") from None


def _not_interpreted(why: str) -> Unavailable:
    # What was raised or answered stays out of the log: it may quote the wishes.
    logger.warning("wishes were not interpreted: %s", why)
    return Unavailable("Wishes cannot be interpreted right now. Please try again shortly.")

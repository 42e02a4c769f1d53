"""A circuit breaker shared by all functions: its state is one item of the table."""

from collections.abc import Callable
from typing import cast

from aws_lambda_powertools.utilities.circuit_breaker import (
    CircuitBreakerConfig,
    CircuitBreakerOpenError,
    CircuitState,
    CircuitTransition,
    circuit_breaker,
)
from aws_lambda_powertools.utilities.circuit_breaker.persistence import CircuitBreakerDynamoDBPersistence

from assistant.adapters.dynamo import EXPIRES_AT, Table, epoch
from assistant.domain.errors import Unavailable
from assistant.ports.runtime import Clock

_PARTITION = "CIRCUIT"
_FAILURES = 5
_RECOVERY_SECONDS = 30
_REMEMBERED_SECONDS = 5


class SharedCircuit:
    """Stops calls after five failures in a row; after 30 seconds one call tries again and decides.

    One success closes it: a later probe would have to come from the same thread, and threads end with their batch.
    With the table down it stays closed.
    """

    def __init__(
        self, name: str, table: Table, clock: Clock, *, failure: type[Exception], opened: Callable[[], None]
    ) -> None:
        self._name = name
        self._clock = clock
        self._opened = opened
        self._config = CircuitBreakerConfig(
            failure_threshold=_FAILURES,
            recovery_timeout=_RECOVERY_SECONDS,
            success_threshold=1,
            handled_exceptions=failure,
            local_cache_max_age=_REMEMBERED_SECONDS,
        )
        self._store = CircuitBreakerDynamoDBPersistence(
            table_name=table.name,
            key_attr="pk",
            sort_key_attr="sk",
            static_pk_value=_PARTITION,
            expiry_attr=EXPIRES_AT,
            boto3_client=table.client,
        )
        self._store.configure(self._config, name)

    def lets_through(self) -> bool:
        """Whether a call would be tried now."""
        record = self._store.get_state(self._name)
        if record.state == CircuitState.CLOSED:
            return True
        return epoch(self._clock.now()) >= (record.opened_at or 0) + _RECOVERY_SECONDS

    def call[Result](self, function: Callable[[], Result]) -> Result:
        """Return what the function returns; raises Unavailable instead while the circuit is open."""
        guarded = circuit_breaker(self._name, self._store, on_transition=self._note, config=self._config)(function)
        try:
            return cast("Result", guarded())
        except CircuitBreakerOpenError as error:
            raise Unavailable(f"{self._name.capitalize()} does not answer right now.") from error

    def _note(self, transition: CircuitTransition) -> None:
        if transition.to_state == CircuitState.OPEN:
            self._opened()

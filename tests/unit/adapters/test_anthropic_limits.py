from datetime import timedelta

import pytest

from assistant.adapters.anthropic_limits import NOTHING, Need, RateLimits
from tests.fakes.runtime import ManualClock

CALL = Need(input_tokens=100, output_tokens=20)


@pytest.fixture
def limits(clock: ManualClock) -> RateLimits:
    return RateLimits(clock)


def headers(clock: ManualClock, kind: str, *, remaining: int, reset: float, limit: int = 1000) -> dict[str, str]:
    full = clock.now() + timedelta(seconds=reset)
    return {
        f"anthropic-ratelimit-{kind}-limit": str(limit),
        f"anthropic-ratelimit-{kind}-remaining": str(remaining),
        f"anthropic-ratelimit-{kind}-reset": full.isoformat().replace("+00:00", "Z"),
    }


def test_nothing_is_known_before_the_first_answer(limits: RateLimits) -> None:
    assert limits.wait(Need(10**9, 10**9)) == 0


@pytest.mark.parametrize(
    ("kind", "enough"), [("requests", 1), ("input-tokens", CALL.input_tokens), ("output-tokens", CALL.output_tokens)]
)
def test_a_call_waits_until_the_reset_when_too_little_is_left(
    limits: RateLimits, clock: ManualClock, kind: str, enough: int
) -> None:
    limits.take(CALL)
    limits.give_back(CALL, headers(clock, kind, remaining=enough - 1, reset=7))
    assert limits.take(CALL) == pytest.approx(7)
    clock.advance(7)
    assert limits.take(CALL) == 0
    limits.give_back(CALL, headers(clock, kind, remaining=enough, reset=7))
    assert limits.take(CALL) == 0


def test_calls_in_flight_are_held_against_what_is_left(limits: RateLimits, clock: ManualClock) -> None:
    limits.take(NOTHING)
    limits.give_back(NOTHING, headers(clock, "requests", remaining=2, reset=60))
    assert [limits.take(CALL) == 0 for _ in range(3)] == [True, True, False]
    limits.give_back(CALL, {})
    assert limits.take(CALL) == 0


def test_what_no_limit_would_ever_allow_is_left_to_the_service(limits: RateLimits, clock: ManualClock) -> None:
    limits.take(NOTHING)
    limits.give_back(NOTHING, headers(clock, "input-tokens", remaining=50, reset=60, limit=50))
    assert limits.wait(CALL) == 0


def test_after_retry_after_nobody_calls_until_then(limits: RateLimits, clock: ManualClock) -> None:
    limits.block(3)
    assert limits.wait(NOTHING) == pytest.approx(3)
    clock.advance(3)
    assert limits.wait(NOTHING) == 0


@pytest.mark.parametrize("reset", ["soon", "", "2025-13-01T00:00:00Z"])
def test_headers_that_cannot_be_read_say_nothing(limits: RateLimits, clock: ManualClock, reset: str) -> None:
    limits.take(CALL)
    given = headers(clock, "requests", remaining=0, reset=9)
    limits.give_back(CALL, {**given, "anthropic-ratelimit-requests-reset": reset})
    assert limits.wait(CALL) == 0


def test_an_answer_that_was_overtaken_says_nothing(limits: RateLimits, clock: ManualClock) -> None:
    for _ in range(2):
        limits.take(CALL)
    limits.give_back(CALL, headers(clock, "requests", remaining=0, reset=60))
    limits.give_back(CALL, headers(clock, "requests", remaining=1, reset=59))
    assert limits.wait(CALL) == pytest.approx(60)

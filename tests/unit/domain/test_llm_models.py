from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.llm import LlmTask, TokenUsage
from assistant.domain.llm_models import (
    DEFAULT_MODELS,
    MODELS,
    RETIREMENTS,
    LlmModel,
    Prices,
    UnusableModel,
    billed_as,
    models_by_task,
)

TODAY = date(2026, 11, 23)
HAIKU = MODELS["claude-haiku-5-5"]
OLD = LlmModel("claude-sonnet-4-5", Prices(*map(Decimal, ("3", "15", "3.75", "0.30"))), "disabled")
tokens = st.integers(min_value=0, max_value=10**6)
usages = st.builds(TokenUsage, tokens, tokens, st.just(0), tokens, tokens)


def test_a_million_tokens_of_each_kind_cost_the_list_price() -> None:
    usage = TokenUsage(10**6, 10**6, 400_000, 10**6, 10**6)
    assert HAIKU.prices.nanodollars(usage) == 735_000_000
    assert HAIKU.prices.nanodollars(usage, batch=True) == 367_500_000


def test_a_fraction_of_a_nanodollar_is_rounded_up() -> None:
    prices = Prices(*map(Decimal, ("0.0001", "0", "0", "0")))
    assert [prices.nanodollars(TokenUsage(input=count)) for count in (0, 1, 10, 11)] == [0, 1, 1, 2]


@given(st.sampled_from(list(MODELS.values())), usages, usages)
def test_together_never_costs_more_than_apart(model: LlmModel, one: TokenUsage, other: TokenUsage) -> None:
    apart = model.prices.nanodollars(one) + model.prices.nanodollars(other)
    assert model.prices.nanodollars(one + other) <= apart <= model.prices.nanodollars(one + other) + 1
    assert 2 * model.prices.nanodollars(one, batch=True) >= model.prices.nanodollars(one)


def test_each_task_has_its_model() -> None:
    chosen, warnings = models_by_task(None, {}, TODAY)
    assert {task: model.id for task, model in chosen.items()} == DEFAULT_MODELS
    assert warnings == ()


def test_one_model_may_do_all() -> None:
    chosen, _ = models_by_task("claude-opus-5-5", {}, TODAY)
    assert chosen == dict.fromkeys(LlmTask, MODELS["claude-opus-5-5"])


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("claude-3-5-sonnet-20241022", "claude-3-5-sonnet-20241022 is retired since 2025-10-28; choose one of"),
        ("claude-haiku-9", "claude-haiku-9 is not a known model; choose one of claude-haiku-5-5"),
        (OLD.id, "claude-sonnet-4-5 is not a known model"),
    ],
)
def test_a_model_that_cannot_be_used_says_what_can(model: str, message: str) -> None:
    with pytest.raises(UnusableModel, match=message):
        models_by_task(model, {}, TODAY)


def test_given_prices_make_a_model_known_until_it_retires() -> None:
    priced = {OLD.id: OLD}
    chosen, warnings = models_by_task(OLD.id, priced, TODAY)
    assert set(chosen.values()) == {OLD}
    assert warnings == ("claude-sonnet-4-5 retires on 2026-11-30: choose another model",)
    assert models_by_task(OLD.id, priced, date(2026, 9, 30))[1] == ()
    assert models_by_task(OLD.id, priced, date(2026, 10, 1))[1] == warnings
    with pytest.raises(UnusableModel, match="retired"):
        models_by_task(OLD.id, priced, RETIREMENTS[OLD.id])


def test_a_dated_snapshot_is_billed_as_its_alias() -> None:
    assert billed_as("claude-haiku-5-5-20260901", MODELS) is HAIKU
    assert billed_as("claude-haiku-5-5", MODELS) is HAIKU
    assert billed_as("claude-haiku-5", MODELS) is None

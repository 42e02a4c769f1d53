from datetime import UTC, datetime, timedelta

import pytest

from assistant.domain.llm import LlmTask, TokenUsage
from assistant.domain.llm_models import DEFAULT_MODELS
from assistant.domain.spending import DailyCaps
from assistant.runtime.settings import InvalidSettings, Settings, load_settings, needed

DOCUMENTED = {
    "port": 8080,
    "claude_model": None,
    "max_concurrent_requests": 5000,
    "email_batch_size": 100,
    "session_ttl": 86_400,
    "redis_url": None,
    "claude_api_key": None,
    "pinecone_api_key": None,
}


def test_the_documented_defaults() -> None:
    assert Settings().model_dump(include=set(DOCUMENTED)) == DOCUMENTED


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("EMAIL_BATCH_SIZE", "0"),
        ("SESSION_TTL", "-1"),
        ("MAX_CONCURRENT_REQUESTS", "many"),
        ("RATE_LIMIT_USER_PER_MINUTE", "0"),
        ("PROFILE", "huge"),
        ("REDIS_URL", "localhost:6379"),
        ("CLAUDE_BASE_URL", "api.anthropic.com"),
        ("CLAUDE_MODEL", "claude-3-5-sonnet-20241022"),
        ("CLAUDE_MODEL", "claude-haiku-9"),
        ("CLAUDE_PRICES", "{"),
        ("CLAUDE_PRICES", '{"claude-haiku-9": {"input": "1"}}'),
        ("CLAUDE_DAILY_CAP_USER_USD", "-1"),
        ("CLAUDE_DAILY_CAP_USD", "much"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidSettings) as caught:
        load_settings()
    message = str(caught.value)
    assert message.startswith(variable)
    assert "\n" not in message


def test_a_blank_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("REDIS_URL", "CLAUDE_API_KEY", "AUDIT_QUEUE_URL"):
        monkeypatch.setenv(variable, " ")
    assert (load_settings().redis_url, load_settings().claude_api_key, load_settings().audit_queue_url) == (None,) * 3


def test_secrets_are_in_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_API_KEY", "hush1")
    monkeypatch.setenv("REDIS_URL", "rediss://user:hush2@cache:6379")
    settings = load_settings()
    assert settings.claude_api_key is not None
    assert settings.claude_api_key.get_secret_value() == "hush1"
    assert "hush" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_a_bad_secret_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "http://user:hush@cache")
    with pytest.raises(InvalidSettings) as caught:
        load_settings()
    assert "hush" not in str(caught.value)


def test_a_function_says_which_variable_it_lacks() -> None:
    assert needed("TABLE_NAME", "table") == "table"
    with pytest.raises(InvalidSettings, match="TABLE_NAME"):
        needed("TABLE_NAME", None)


PRICES = '{"claude-haiku-9": {"input": "1.5", "output": 2, "cache_write": "1", "cache_read": "0.1"}}'


def test_a_model_with_given_prices_does_every_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_MODEL", "claude-haiku-9")
    monkeypatch.setenv("CLAUDE_PRICES", PRICES)
    models = load_settings().claude_models
    assert {model.id for model in models.values()} == {"claude-haiku-9"}
    assert models[LlmTask.DRAFT].prices.nanodollars(TokenUsage(input=1_000_000)) == 1_500_000_000
    assert models[LlmTask.DRAFT].thinking == "disabled"


def test_blank_settings_of_claude_are_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("CLAUDE_MODEL", "CLAUDE_PRICES"):
        monkeypatch.setenv(variable, " ")
    assert {task: model.id for task, model in load_settings().claude_models.items()} == DEFAULT_MODELS


def test_a_model_that_retires_soon_is_warned_about_at_start(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    monkeypatch.setattr("assistant.domain.llm_models.RETIREMENTS", {"claude-sonnet-5-5": tomorrow})
    load_settings()
    assert f"claude-sonnet-5-5 retires on {tomorrow}: choose another model" in caplog.text


def test_caps_are_kept_in_billionths_of_a_dollar(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().claude_daily_caps == DailyCaps(user=500_000_000, everyone=500_000_000_000)
    monkeypatch.setenv("CLAUDE_DAILY_CAP_USER_USD", "0")
    assert load_settings().claude_daily_caps.user == 0

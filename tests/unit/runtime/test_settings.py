import pytest

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

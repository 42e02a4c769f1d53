"""All configuration, read from environment variables once, at start.

A bad value stops the start with one line that names the variable. Secrets are ``SecretStr``: never in a repr or a log.
"""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from assistant.domain.llm import LlmTask
from assistant.domain.llm_models import (
    NANODOLLARS,
    LeastThinking,
    LlmModel,
    Prices,
    UnusableModel,
    models_by_task,
)
from assistant.domain.spending import DailyCaps

logger = logging.getLogger(__name__)


class InvalidSettings(Exception):
    """One or more environment variables are wrong; the message has one line naming each."""


def _none_if_blank(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _from_json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value.strip() else {}
    except ValueError:
        raise ValueError("must be JSON") from None


type Optional[T] = Annotated[T | None, BeforeValidator(_none_if_blank)]
type Dollars = Annotated[Decimal, Field(ge=0, le=1_000_000)]


class ModelPrices(BaseModel):
    """What a model costs, in US dollars a million tokens, and the least thinking it accepts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: Dollars
    output: Dollars
    cache_write: Dollars
    cache_read: Dollars
    thinking: LeastThinking = "disabled"


class Settings(BaseSettings):
    """Environment variables by their lower-case names; times in seconds, rates in requests."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", case_sensitive=False, hide_input_in_errors=True)

    port: int = Field(default=8080, ge=1, le=65535)
    profile: Literal["small", "standard"] = "small"
    app_version: str = "0.1.0"
    user_id_claim: str = Field(default="username", min_length=1)

    table_name: Optional[str] = None
    audit_queue_url: Optional[str] = None
    proofs_queue_url: Optional[str] = None
    mailboxes_queue_url: Optional[str] = None
    calendars_queue_url: Optional[str] = None
    effects_queue_url: Optional[str] = None
    notifications_queue_url: Optional[str] = None
    notes_queue_url: Optional[str] = None
    chats_queue_url: Optional[str] = None
    understand_wishes_function: Optional[str] = None
    redis_url: Optional[SecretStr] = None

    claude_api_key: Optional[SecretStr] = None
    claude_secret_arn: Optional[str] = None
    claude_model: Optional[str] = None
    claude_prices: Annotated[dict[str, ModelPrices], NoDecode, BeforeValidator(_from_json)] = Field(
        default_factory=dict
    )
    claude_daily_cap_user_usd: Dollars = Decimal("0.50")
    claude_daily_cap_usd: Dollars = Decimal(500)
    claude_base_url: str = Field(default="https://api.anthropic.com", pattern=r"^https?://")
    pinecone_api_key: Optional[SecretStr] = None
    pinecone_secret_arn: Optional[str] = None
    pinecone_index_host: Optional[str] = None
    pinecone_base_url: str = Field(default="https://api.pinecone.io", pattern=r"^https?://")

    public_url: Optional[Annotated[str, Field(pattern=r"^https?://[^/]+$")]] = None
    tokens_key_arn: Optional[str] = None
    oauth_clients: Optional[SecretStr] = None
    oauth_secret_arn: Optional[str] = None
    google_accounts_url: str = Field(default="https://accounts.google.com", pattern=r"^https?://")
    google_oauth_url: str = Field(default="https://oauth2.googleapis.com", pattern=r"^https?://")
    microsoft_login_url: str = Field(default="https://login.microsoftonline.com", pattern=r"^https?://")
    microsoft_graph_url: str = Field(default="https://graph.microsoft.com", pattern=r"^https?://")
    slack_url: str = Field(default="https://slack.com", pattern=r"^https?://")
    notion_url: str = Field(default="https://api.notion.com", pattern=r"^https?://")
    gmail_topic: Optional[str] = None
    gmail_push_audience: Optional[str] = None
    gmail_push_sender: Optional[str] = None
    gmail_base_url: Optional[Annotated[str, Field(pattern=r"^https?://")]] = None
    google_calendar_base_url: Optional[Annotated[str, Field(pattern=r"^https?://")]] = None
    google_keys_url: str = Field(default="https://www.googleapis.com/oauth2/v3/certs", pattern=r"^https?://")

    embedding_model_path: Path = Path("/opt/potion-base-8M")

    email_batch_size: int = Field(default=100, ge=1, le=1000)
    session_ttl: int = Field(default=86_400, ge=60)
    max_concurrent_requests: int = Field(default=5000, ge=1)
    rate_limit_global_per_second: float = Field(default=1200, gt=0)
    rate_limit_user_burst: int = Field(default=100, ge=1)
    rate_limit_user_per_minute: float = Field(default=300, gt=0)

    aws_lambda_initialization_type: str = "on-demand"
    powertools_metrics_namespace: str = "ExecutiveAssistant"

    @model_validator(mode="after")
    def _redis_scheme(self) -> Self:
        if self.redis_url and not self.redis_url.get_secret_value().startswith(("redis://", "rediss://")):
            raise ValueError("REDIS_URL must start with redis:// or rediss://")
        return self

    @model_validator(mode="after")
    def _usable_models(self) -> Self:
        try:
            self._chosen_models()
        except UnusableModel as error:
            raise ValueError(f"CLAUDE_MODEL: {error}") from None
        return self

    @property
    def claude_models(self) -> Mapping[LlmTask, LlmModel]:
        """The model of each task."""
        return self._chosen_models()[0]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What works today but wants attention."""
        return self._chosen_models()[1]

    @property
    def claude_daily_caps(self) -> DailyCaps:
        """The most that may be spent on a UTC day."""
        user, everyone = self.claude_daily_cap_user_usd, self.claude_daily_cap_usd
        return DailyCaps(user=int(user * NANODOLLARS), everyone=int(everyone * NANODOLLARS))

    def _chosen_models(self) -> tuple[Mapping[LlmTask, LlmModel], tuple[str, ...]]:
        priced = {
            model: LlmModel(
                model, Prices(given.input, given.output, given.cache_write, given.cache_read), given.thinking
            )
            for model, given in self.claude_prices.items()
        }
        return models_by_task(self.claude_model, priced, datetime.now(UTC).date())


def needed(variable: str, value: str | None) -> str:
    """Return the value of a variable that only some functions have; raises InvalidSettings when it is not set."""
    if value is None:
        raise InvalidSettings(f"{variable}: is not set, and this function needs it")
    return value


def load_settings() -> Settings:
    """Read the environment; raises InvalidSettings with one line per bad variable."""
    try:
        settings = Settings()
    except ValidationError as error:
        lines = (_line(problem["loc"], problem["msg"].removeprefix("Value error, ")) for problem in error.errors())
        raise InvalidSettings("; ".join(lines)) from None
    for warning in settings.warnings:
        logger.warning(warning)
    return settings


def _line(location: tuple[int | str, ...], message: str) -> str:
    return f"{str(location[0]).upper()}: {message}" if location else message

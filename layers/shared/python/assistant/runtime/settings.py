"""All configuration, read from environment variables once, at start.

A bad value stops the start with one line that names the variable. Secrets are ``SecretStr``: never in a repr or a log.
"""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class InvalidSettings(Exception):
    """One or more environment variables are wrong; the message has one line naming each."""


def _none_if_blank(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


type Optional[T] = Annotated[T | None, BeforeValidator(_none_if_blank)]


class Settings(BaseSettings):
    """Environment variables by their lower-case names; times in seconds, rates in requests."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", case_sensitive=False, hide_input_in_errors=True)

    port: int = Field(default=8080, ge=1, le=65535)
    profile: Literal["small", "standard"] = "small"
    app_version: str = "0.1.0"
    user_id_claim: str = Field(default="username", min_length=1)

    table_name: Optional[str] = None
    audit_queue_url: Optional[str] = None
    redis_url: Optional[SecretStr] = None

    claude_api_key: Optional[SecretStr] = None
    claude_secret_arn: Optional[str] = None
    claude_model: str = "claude-haiku-5-5"
    claude_base_url: str = Field(default="https://api.anthropic.com", pattern=r"^https?://")
    pinecone_api_key: Optional[SecretStr] = None
    pinecone_secret_arn: Optional[str] = None
    pinecone_base_url: str = Field(default="https://api.pinecone.io", pattern=r"^https?://")

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


def needed(variable: str, value: str | None) -> str:
    """Return the value of a variable that only some functions have; raises InvalidSettings when it is not set."""
    if value is None:
        raise InvalidSettings(f"{variable}: is not set, and this function needs it")
    return value


def load_settings() -> Settings:
    """Read the environment; raises InvalidSettings with one line per bad variable."""
    try:
        return Settings()
    except ValidationError as error:
        lines = (
            f"{str(problem['loc'][0]).upper()}: {problem['msg']}" if problem["loc"] else problem["msg"]
            for problem in error.errors()
        )
        raise InvalidSettings("; ".join(line.removeprefix("Value error, ") for line in lines)) from None

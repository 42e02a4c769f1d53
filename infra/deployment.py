"""What a deployer chooses: the CDK context, checked and typed once."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

type Profile = Literal["small", "standard"]
PROFILES: tuple[Profile, ...] = get_args(Profile.__value__)

# Settings of the functions (runtime/settings.py) a deployer may override; everything else is computed from the stacks.
TUNABLE = re.compile(
    r"CLAUDE_MODEL|EMAIL_BATCH_SIZE|MAX_CONCURRENT_REQUESTS|POWERTOOLS_LOG_LEVEL|RATE_LIMIT_\w+|SESSION_TTL"
)


class ContextInvalid(Exception):
    """A context value cannot be used; the message names the key."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment: a profile, where it goes and how it is tuned.

    ``throttle_rate`` (requests/s) and ``throttle_burst`` (requests) bound the whole API at its stage.
    ``log_retention_days`` must be a value CloudWatch Logs offers.
    """

    profile: Profile
    local: bool = False
    oidc_issuer: str | None = None
    oidc_audience: tuple[str, ...] = ()
    alarm_email: str | None = None
    log_retention_days: int = 30
    throttle_rate: int = 1200
    throttle_burst: int = 5000
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Prefix of stack and physical names."""
        return f"executive-assistant-{self.profile}"

    @property
    def in_vpc(self) -> bool:
        """Whether the functions that use the cache live in a VPC."""
        return self.profile == "standard"

    @property
    def snap_start(self) -> bool:
        """SnapStart needs published versions, which the embedded AWS gains nothing from."""
        return self.profile == "standard" and not self.local


def deployments(context: Mapping[str, Any]) -> tuple[Deployment, ...]:
    """The deployments the context asks for: one profile, or all when none is named.

    Raises:
        ContextInvalid: a value is unknown or out of range.

    """
    profile = context.get("profile") or os.environ.get("PROFILE")
    if profile is not None and profile not in PROFILES:
        raise ContextInvalid(f"profile must be one of {', '.join(PROFILES)}, not {profile!r}")
    return tuple(_deployment(name, context) for name in PROFILES if profile in (None, name))


def _deployment(profile: Profile, context: Mapping[str, Any]) -> Deployment:
    issuer = context.get("oidc_issuer")
    audience = tuple(filter(None, str(context.get("oidc_audience") or "").split(",")))
    if bool(issuer) != bool(audience):
        raise ContextInvalid("oidc_issuer and oidc_audience go together")
    return Deployment(
        profile=profile,
        local=str(context.get("local", "")).lower() == "true",
        oidc_issuer=issuer,
        oidc_audience=audience,
        alarm_email=context.get("alarm_email"),
        log_retention_days=_positive(context, "log_retention_days", 30),
        throttle_rate=_positive(context, "throttle_rate", 1200),
        throttle_burst=_positive(context, "throttle_burst", 5000),
        settings=_settings(context.get("settings") or {}),
    )


def _positive(context: Mapping[str, Any], key: str, default: int) -> int:
    try:
        value = int(context.get(key, default))
    except (TypeError, ValueError):
        value = 0
    if value <= 0:
        raise ContextInvalid(f"{key} must be a positive whole number, not {context[key]!r}")
    return value


def _settings(value: Mapping[str, Any] | str) -> Mapping[str, str]:
    """Settings as a JSON object: cdk.json gives a mapping, ``-c settings=...`` a string."""
    try:
        settings = json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError as error:
        raise ContextInvalid(f"settings is no JSON object: {error}") from None
    if unknown := [name for name in settings if not TUNABLE.fullmatch(name)]:
        raise ContextInvalid(f"settings cannot be overridden: {', '.join(sorted(unknown))}")
    return {name: str(setting) for name, setting in settings.items()}

"""What a deployer chooses: the CDK context, checked and typed once."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

type Profile = Literal["small", "standard"]
PROFILES: tuple[Profile, ...] = get_args(Profile.__value__)

# Days, and what CDK calls them.
LOG_RETENTION = {"7": "ONE_WEEK", "30": "ONE_MONTH", "90": "THREE_MONTHS", "365": "ONE_YEAR"}

# Settings of the functions that context ``settings`` may override; the stacks compute all others.
TUNABLE = re.compile(
    r"CLAUDE_(DAILY_CAP(_USER)?_USD|MODEL|PRICES)"
    r"|EMAIL_BATCH_SIZE|GMAIL_(PUSH_AUDIENCE|PUSH_SENDER|TOPIC)|MAX_CONCURRENT_REQUESTS|PINECONE_INDEX_HOST"
    r"|POWERTOOLS_LOG_LEVEL|PUBLIC_URL|RATE_LIMIT_\w+|SESSION_TTL"
)
# In the embedded AWS other servers may stand in for the providers'; what goes to an account asks those themselves.
TUNABLE_LOCALLY = re.compile(
    rf"{TUNABLE.pattern}|CLAUDE_(API_KEY|BASE_URL)"
    r"|GMAIL_BASE_URL|GOOGLE_(ACCOUNTS|CALENDAR_BASE|KEYS|OAUTH)_URL|MICROSOFT_(LOGIN|GRAPH)_URL|SLACK_URL|NOTION_URL|OAUTH_CLIENTS"
)

_SHARED = Path(__file__).parent.parent / "layers/shared/python"
_LOAD = """
from assistant.runtime.settings import InvalidSettings, load_settings
try:
    load_settings()
except InvalidSettings as error:
    raise SystemExit(str(error))
"""


class ContextInvalid(Exception):
    """A context value cannot be used; the message names the key."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment: a profile, where it goes and how it is tuned."""

    profile: Profile
    local: bool = False
    oidc_issuer: str | None = None
    oidc_audience: tuple[str, ...] = ()
    alarm_email: str | None = None
    log_retention: str = LOG_RETENTION["30"]
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
        """Whether functions start from snapshots; the embedded AWS takes none."""
        return self.profile == "standard" and not self.local

    @property
    def requests_per_second(self) -> float:
        """What the API's stage admits of all users together; its default is that of the functions' own limit."""
        return float(self.settings.get("RATE_LIMIT_GLOBAL_PER_SECOND", 1200))

    @property
    def burst(self) -> int:
        """How many requests the stage admits at once."""
        return int(self.settings.get("MAX_CONCURRENT_REQUESTS", 5000))


def deployments(context: Mapping[str, Any]) -> tuple[Deployment, ...]:
    """The deployments the context, else PROFILE, asks for: one profile, or all when none is named.

    Raises:
        ContextInvalid: a value is unknown or out of range.
    """
    profile = context.get("profile") or os.environ.get("PROFILE")
    if profile and profile not in PROFILES:
        raise ContextInvalid(f"profile must be one of {', '.join(PROFILES)}, not {profile!r}")
    return tuple(_deployment(name, context) for name in PROFILES if not profile or profile == name)


def _deployment(profile: Profile, context: Mapping[str, Any]) -> Deployment:
    issuer = context.get("oidc_issuer")
    audience = tuple(filter(None, str(context.get("oidc_audience") or "").split(",")))
    if bool(issuer) != bool(audience):
        raise ContextInvalid("oidc_issuer and oidc_audience go together")
    retention = str(context.get("log_retention_days", "30"))
    if retention not in LOG_RETENTION:
        raise ContextInvalid(f"log_retention_days must be one of {', '.join(LOG_RETENTION)}, not {retention}")
    local = str(context.get("local", "")).lower() == "true"
    return Deployment(
        profile=profile,
        local=local,
        oidc_issuer=issuer,
        oidc_audience=audience,
        alarm_email=context.get("alarm_email"),
        log_retention=LOG_RETENTION[retention],
        settings=_settings(context.get("settings") or {}, TUNABLE_LOCALLY if local else TUNABLE),
    )


def _settings(value: Mapping[str, Any] | str, tunable: re.Pattern[str]) -> Mapping[str, str]:
    """Settings as a JSON object: cdk.json gives a mapping, ``-c settings=...`` a string."""
    try:
        settings = json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError as error:
        raise ContextInvalid(f"settings is no JSON object: {error}") from None
    if unknown := [name for name in settings if not tunable.fullmatch(name)]:
        raise ContextInvalid(f"settings cannot be overridden: {', '.join(sorted(unknown))}")
    chosen = {name: str(setting) for name, setting in settings.items()}
    _try(chosen)
    return chosen


def _try(settings: Mapping[str, str]) -> None:
    """Let the functions' own check of their settings speak now rather than at the start of each function."""
    if not settings:
        return
    environment = {"PYTHONPATH": str(_SHARED), "PATH": os.environ.get("PATH", os.defpath), **settings}
    tried = subprocess.run([sys.executable, "-c", _LOAD], env=environment, capture_output=True, text=True, check=False)
    if tried.returncode:
        raise ContextInvalid(f"settings: {tried.stderr.strip()}")

"""What triage decides about one mail."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Category(StrEnum):
    """The five answers of triage, most urgent first."""

    URGENT_ACTION = "urgent_action"
    IMPORTANT_READ = "important_read"
    ROUTINE = "routine"
    DELEGATE = "delegate"
    ARCHIVE = "archive"


class DecidedBy(StrEnum):
    """Who decided: the rules and model, the user's preferences, their corrections, Claude, or the user at once."""

    CORE = "core"
    PREFERENCES = "preferences"
    CORRECTIONS = "corrections"
    CLAUDE = "claude"
    USER = "user"


class Evidence(BaseModel):
    """Words that decided: a verbatim quote of at most 160 characters and where it stands."""

    model_config = ConfigDict(frozen=True)

    where: str = Field(description="subject, body, from, to, or header:<name>")
    quote: str
    reason: str = Field(description="The rule or feature in short, for example deadline or list_header")


class TriagedEmail(BaseModel):
    """One decision. ``priority_score`` is 1 (ignore) to 10 (now); ``confidence`` is a calibrated probability."""

    model_config = ConfigDict(frozen=True)

    email_id: str
    category: Category
    priority_score: int = Field(ge=1, le=10)
    suggested_action: str
    estimated_time_minutes: int = Field(ge=0)
    reasoning: str
    confidence: float = Field(ge=0, le=1)
    decided_by: DecidedBy
    evidence: tuple[Evidence, ...] = ()
    needs_review: bool = False

"""Decisions kept so that a later correction finds what it corrects, and the corrections themselves."""

from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict

from assistant.domain.triage.decision import Category

KEPT_FOR = timedelta(days=90)


class Decision(BaseModel):
    """What was decided about one mail; no text of the mail. ``sender_keys`` name the records a correction updates."""

    model_config = ConfigDict(frozen=True)

    email_id: str
    category: Category
    sender_keys: tuple[str, ...]
    decided_at: AwareDatetime

    @property
    def expires_at(self) -> datetime:
        """When the decision is forgotten."""
        return self.decided_at + KEPT_FOR


class Correction(BaseModel):
    """The category the user chose for one mail."""

    model_config = ConfigDict(frozen=True)

    email_id: str
    category: Category
    corrected_at: AwareDatetime

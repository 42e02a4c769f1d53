"""What a user's corrections taught about a sender or a mailing list."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from assistant.domain.triage.decision import Category


class SenderRecord(BaseModel):
    """Corrections received for one sender key, counted by the category the user chose."""

    model_config = ConfigDict(frozen=True)

    key: str
    corrections: Mapping[Category, int] = {}

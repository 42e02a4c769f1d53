"""What a user wants: working hours, meetings, mail rules, notification channels."""

from pydantic import BaseModel, ConfigDict


class EmailRules(BaseModel):
    """Mail rules every triage obeys; addresses are RFC 5322 addr-specs in lower case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    auto_archive_newsletters: bool = False
    priority_senders: tuple[str, ...] = ()
    delegate_to: str | None = None

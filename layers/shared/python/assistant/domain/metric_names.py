"""Names, kinds and help texts of the metrics, as ``/metrics`` shows them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

REQUESTS = "exec_assistant_requests_total"
REQUEST_DURATION = "exec_assistant_request_duration_seconds"
EMAIL_TRIAGE = "exec_assistant_email_triage_seconds"
CALENDAR_OPTIMIZATION = "exec_assistant_calendar_optimization_seconds"
TASK_PRIORITIZATION = "exec_assistant_task_prioritization_seconds"
MEETING_PREP = "exec_assistant_meeting_prep_seconds"
ACTIVE_SESSIONS = "exec_assistant_active_sessions"
DEGRADED = "exec_assistant_degraded_total"
EMAILS_TRIAGED = "exec_assistant_emails_triaged_total"
CLAUDE_CALLS = "exec_assistant_claude_calls_total"
CLAUDE_TOKENS = "exec_assistant_claude_tokens_total"
CLAUDE_COST = "exec_assistant_claude_cost_dollars_total"
CLAUDE_CAPPED = "exec_assistant_claude_capped_total"
CLAUDE_CIRCUIT_OPENED = "exec_assistant_claude_circuit_opened_total"
EFFECTS = "exec_assistant_effects_total"
MAILS_CLOSED = "exec_assistant_mails_closed_total"
MAIL_DECISION_DELAY = "exec_assistant_mail_decision_delay_seconds"
CALENDAR_RESYNCS = "exec_assistant_calendar_resyncs_total"
MAILBOX_GAPS = "exec_assistant_mailbox_gaps_total"
MAILBOX_RESYNCS = "exec_assistant_mailbox_resyncs_total"
MAILBOX_WATCH_LEFT = "exec_assistant_mailbox_watch_left_seconds"
OLDEST_UNDECIDED_MAIL = "exec_assistant_oldest_undecided_mail_seconds"

LE = "le"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, math.inf)


def bound_text(bound: float) -> str:
    """Return the bound as the Prometheus text format writes it."""
    return "+Inf" if math.isinf(bound) else str(bound)


class Kind(StrEnum):
    """Metric types of the Prometheus text format."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """How a metric is shown; recorded dimensions that are no ``labels`` are summed over."""

    kind: Kind
    help: str
    labels: tuple[str, ...] = ()


METRICS: Mapping[str, Metric] = {
    REQUESTS: Metric(Kind.COUNTER, "HTTP requests by route template and status code.", ("endpoint", "status")),
    REQUEST_DURATION: Metric(Kind.HISTOGRAM, "Time to answer an HTTP request, by route template.", ("endpoint",)),
    EMAIL_TRIAGE: Metric(Kind.HISTOGRAM, "Time to triage one batch of mails."),
    CALENDAR_OPTIMIZATION: Metric(Kind.HISTOGRAM, "Time to optimize one calendar."),
    TASK_PRIORITIZATION: Metric(Kind.HISTOGRAM, "Time to prioritize the tasks of one user."),
    MEETING_PREP: Metric(Kind.HISTOGRAM, "Time to prepare one meeting."),
    ACTIVE_SESSIONS: Metric(Kind.GAUGE, "Users active within the session lifetime, when last counted."),
    DEGRADED: Metric(
        Kind.COUNTER, "Requests served with less because a dependency was down, by what was missing.", ("missing",)
    ),
    EMAILS_TRIAGED: Metric(Kind.COUNTER, "Mails triaged, by category and who decided.", ("category", "decided_by")),
    CLAUDE_CALLS: Metric(Kind.COUNTER, "Calls of Claude, by task and outcome.", ("task", "outcome")),
    CLAUDE_TOKENS: Metric(
        Kind.COUNTER,
        "Tokens of Claude by kind: input, output (thinking included), thinking, cache_write, cache_read.",
        ("task", "model", "kind"),
    ),
    CLAUDE_COST: Metric(Kind.COUNTER, "US dollars spent on Claude at list prices.", ("task", "model")),
    CLAUDE_CAPPED: Metric(
        Kind.COUNTER, "Calls of Claude not made because a daily cap was reached: of the user or of everyone.", ("cap",)
    ),
    EFFECTS: Metric(Kind.COUNTER, "Actions in connected accounts by what became of them.", ("kind", "outcome")),
    CLAUDE_CIRCUIT_OPENED: Metric(Kind.COUNTER, "How often calls of Claude were stopped because it was down."),
    MAILS_CLOSED: Metric(
        Kind.COUNTER, "Mails of connected mailboxes that have a receipt, by what became of them.", ("outcome",)
    ),
    MAIL_DECISION_DELAY: Metric(Kind.HISTOGRAM, "Time from the arrival of a mail to the decision about it."),
    CALENDAR_RESYNCS: Metric(Kind.COUNTER, "Calendars read anew because their cursor had expired.", ("provider",)),
    MAILBOX_GAPS: Metric(
        Kind.COUNTER, "Mailboxes found with mail no notification had brought a decision for.", ("provider",)
    ),
    MAILBOX_RESYNCS: Metric(Kind.COUNTER, "Mailboxes read anew because their cursor had expired.", ("provider",)),
    MAILBOX_WATCH_LEFT: Metric(Kind.GAUGE, "Time until the first mailbox or calendar gets no more notifications."),
    OLDEST_UNDECIDED_MAIL: Metric(Kind.GAUGE, "Age of the oldest mail nothing was decided about, when last looked."),
}

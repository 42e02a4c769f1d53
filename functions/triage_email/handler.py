"""POST /api/v1/email/triage, .../{email_id}/feedback and /behaviour, GET .../decision: triage, learn, look up."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.http import Caller, PathId, http_resolver
from assistant.runtime.observability import logger
from assistant.services.correct_triage import FeedbackRequest, FeedbackResponse, correct_triage
from assistant.services.note_behaviour import BehaviourRequest, BehaviourResponse, note_behaviour
from assistant.services.show_decision import DecisionView, show_decision
from assistant.services.triage_emails import TriageRequest, TriageResponse, triage_emails
from assistant.wiring import deps

# What is left to do when Claude was asked: book the money, keep the decisions, hand over the audit event.
CLOSING_SECONDS = 16.0

app = http_resolver(deps)
deps.prime(lambda: (deps.rate_limiter, deps.sessions, deps.triage_ports, deps.feedback_ports, deps.primed_claude()))


@app.post("/api/v1/email/triage", operation_id="triageEmails", summary="Triage mails", tags=["email"])
def triage(request: TriageRequest, caller: Caller) -> TriageResponse:
    """Decide for 1 to 100 mails what they are, how urgent, and what to do; say why in the mails' own words."""
    seconds = app.seconds_left - CLOSING_SECONDS
    largest = deps.settings.email_batch_size
    return triage_emails(request, caller, largest_batch=largest, seconds=seconds, ports=deps.triage_ports)


@app.get("/api/v1/email/<email_id>/decision", operation_id="showDecision", summary="Show a decision", tags=["email"])
def decision(email_id: PathId, caller: Caller) -> DecisionView:
    """Return the decision about a mail as it stands; of a deferred mail the first one until the final one is there."""
    return show_decision(email_id, caller, decisions=deps.decisions, clock=deps.clock)


@app.post("/api/v1/email/<email_id>/feedback", operation_id="correctTriage", summary="Correct a triage", tags=["email"])
def feedback(email_id: PathId, request: FeedbackRequest, caller: Caller) -> FeedbackResponse:
    """Say what a mail really was; the next mails of its sender or list follow."""
    return correct_triage(email_id, request, caller, ports=deps.feedback_ports)


@app.post(
    "/api/v1/email/<email_id>/behaviour", operation_id="noteBehaviour", summary="Note a behaviour", tags=["email"]
)
def behaviour(email_id: PathId, request: BehaviourRequest, caller: Caller) -> BehaviourResponse:
    """Say what became of a mail: replied, moved or archived; such signs add up for its sender or list."""
    return note_behaviour(email_id, request, caller, ports=deps.behaviour_ports)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)

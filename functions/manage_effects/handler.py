"""/api/v1/users/{user_id}/effects and /receipts: what was done in connected accounts, and what became of each mail."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.runtime.http import JSON, LAST_CALL_SECONDS, Caller, PathId, UserPath, http_resolver
from assistant.runtime.observability import logger
from assistant.services import answer_approvals as answer
from assistant.services import show_effects as show
from assistant.services.propose_mail import MailProposal, propose_mail
from assistant.services.show_receipts import ReceiptList, ReceiptQuery, list_receipts
from assistant.services.undo_effects import UndoAnswer, UndoRequest, undo_effects
from assistant.services.verify_ledger import Verification, VerifyQuery, verify_ledger
from assistant.wiring import deps

Wanted = Annotated[show.EffectQuery, Query()]
Entries = Annotated[VerifyQuery, Query()]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="idempotency-key",
        min_length=1,
        max_length=255,
        description="The same mail proposed again with it is the same effect; another mail is refused",
    ),
]
Proposed = Response[show.EffectView]
OfMails = Annotated[ReceiptQuery, Query()]
PATH = "/api/v1/users/<user_id>/effects"
ONE = f"{PATH}/<effect_id>"
RECEIPTS = "/api/v1/users/<user_id>/receipts"


def accepted(made: show.EffectView) -> Proposed:
    """Answer with an effect and where it is found."""
    return Response(HTTPStatus.ACCEPTED, JSON, made, {"Location": f"{app.current_event.path}/{made.id}"})


app = http_resolver(deps, largest_body=100_000)


@app.get(PATH, operation_id="listEffects", summary="List effects", tags=["effects"])
def find(user_id: UserPath, wanted: Wanted, caller: Caller) -> show.EffectList:
    """Return what was proposed, asked, done and undone in connected accounts, the newest first."""
    return show.list_effects(user_id, wanted, caller, effects=deps.effects, clock=deps.clock)


@app.post(PATH, operation_id="proposeMail", summary="Draft or send a mail", tags=["effects"])
def propose(user_id: UserPath, wanted: MailProposal, caller: Caller, key: IdempotencyKey = None) -> Proposed:
    """Have a draft kept in a connected mailbox, or a mail sent from it after the user approves exactly that mail."""
    return accepted(propose_mail(user_id, wanted, caller, key=key, ports=deps.mail_proposal_ports))


@app.get(f"{PATH}/verify", operation_id="verifyEffects", summary="Verify the ledger", tags=["effects"])
def verify(user_id: UserPath, wanted: Entries, caller: Caller) -> Verification:
    """Tell whether the ledger and the effects are as they were written, 2,000 entries at a time."""
    with deps.calls_within(app.seconds_left - LAST_CALL_SECONDS):
        return verify_ledger(user_id, wanted, caller, effects=deps.effects, clock=deps.clock)


@app.post(f"{PATH}/undo", operation_id="undoEffects", summary="Undo effects", tags=["effects"])
def undo(user_id: UserPath, wanted: UndoRequest, caller: Caller) -> Response[UndoAnswer]:
    """Take back one effect, those of a run, or those since a time, the newest first; done in the background."""
    with deps.calls_within(app.seconds_left - LAST_CALL_SECONDS):
        return Response(HTTPStatus.ACCEPTED, JSON, undo_effects(user_id, wanted, caller, ports=deps.answer_ports))


@app.get(ONE, operation_id="showEffect", summary="Show an effect", tags=["effects"])
def show_one(user_id: UserPath, effect_id: PathId, caller: Caller) -> show.EffectView:
    """Return one effect with the hash that approving it has to name."""
    return show.show_effect(user_id, effect_id, caller, effects=deps.effects, clock=deps.clock)


@app.post(f"{ONE}/approve", operation_id="approveEffect", summary="Approve an effect", tags=["effects"])
def approve(user_id: UserPath, effect_id: PathId, word: answer.ApprovalRequest, caller: Caller) -> show.EffectView:
    """Let exactly the action that was shown happen, once."""
    with deps.calls_within(app.seconds_left - LAST_CALL_SECONDS):
        return answer.approve_effect(user_id, effect_id, word, caller, ports=deps.answer_ports)


@app.post(f"{ONE}/reject", operation_id="rejectEffect", summary="Reject an effect", tags=["effects"])
def reject(user_id: UserPath, effect_id: PathId, caller: Caller) -> show.EffectView:
    """Never let it happen."""
    return answer.reject_effect(user_id, effect_id, caller, ports=deps.answer_ports)


@app.get(RECEIPTS, operation_id="listReceipts", summary="List receipts of mails", tags=["email"])
def receipts(user_id: UserPath, wanted: OfMails, caller: Caller) -> ReceiptList:
    """Return what became of each mail of the connected mailboxes, when and why, the one noticed last first."""
    return list_receipts(user_id, wanted, caller, receipts=deps.receipts)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)

"""PUT, GET and DELETE /api/v1/meetings: keep meetings so that they are prepared in time, and show their briefings."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.meetings.request import MeetingDetails
from assistant.domain.versions import Preconditions
from assistant.runtime.http import Caller, IfMatch, IfNoneMatch, PathId, http_resolver, versioned
from assistant.runtime.observability import logger
from assistant.services import keep_meetings as keep
from assistant.wiring import deps

Wanted = Annotated[keep.MeetingQuery, Query()]
PATH = "/api/v1/meetings"

app = http_resolver(deps)


@app.get(PATH, operation_id="listMeetings", summary="List meetings", tags=["meetings"])
def find(wanted: Wanted, caller: Caller) -> keep.MeetingList:
    """Return kept meetings by their time."""
    return keep.list_meetings(caller, wanted, ports=deps.meeting_ports)


@app.get(f"{PATH}/<meeting_id>", operation_id="showMeeting", summary="Show a meeting", tags=["meetings"])
def show(meeting_id: PathId, caller: Caller, if_none_match: IfNoneMatch = None) -> Response[keep.MeetingView]:
    """Return a kept meeting with its entity tag."""
    kept = keep.show_meeting(caller, meeting_id, ports=deps.meeting_ports)
    return versioned(keep.MeetingView.of(kept), kept.version, Preconditions(if_none_match=if_none_match))


@app.put(f"{PATH}/<meeting_id>", operation_id="keepMeeting", summary="Keep a meeting", tags=["meetings"])
def put(
    meeting_id: PathId,
    meeting: MeetingDetails,
    caller: Caller,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Response[keep.MeetingView]:
    """Keep a meeting, new or changed; it is prepared in the hour before it begins, and again when it changes."""
    conditions = Preconditions(if_match, if_none_match)
    kept = keep.keep_meeting(caller, meeting_id, meeting, conditions, ports=deps.meeting_ports)
    return versioned(keep.MeetingView.of(kept), kept.version)


@app.delete(f"{PATH}/<meeting_id>", operation_id="forgetMeeting", summary="Forget a meeting", tags=["meetings"])
def delete(meeting_id: PathId, caller: Caller, if_match: IfMatch = None) -> keep.Forgotten:
    """Forget a meeting and its briefing."""
    return keep.forget_meeting(caller, meeting_id, Preconditions(if_match), ports=deps.meeting_ports)


@app.get(f"{PATH}/<meeting_id>/briefing", operation_id="showBriefing", summary="Show a briefing", tags=["meetings"])
def briefing(meeting_id: PathId, caller: Caller) -> keep.BriefingOfMeeting:
    """Return the briefing that was made for a kept meeting."""
    return keep.show_briefing(caller, meeting_id, ports=deps.meeting_ports)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP request."""
    return app.resolve(event, context)

"""Plans of weeks, and common free time."""

from infra.manifest.queues import SEND_AUDIT, SEND_EFFECTS, SEND_NOTIFICATIONS, SEND_PROOFS
from infra.manifest.shapes import FULL_CPU, Function, Grant, Route, on_table

FUNCTIONS = (
    Function(
        "understand_wishes",
        "Read wishes about a week in words as constraints",
        # A plan waits for it four seconds, of which the import of Claude's SDK takes one on a whole CPU.
        memory=FULL_CPU,
        timeout=29,
        routes=(Route("POST", "/api/v1/calendar/wishes"),),
        grants=(on_table("GetItem", "PutItem", "Query", "UpdateItem"),),
        secrets=("claude-api-key",),
        dependencies=("core", "cache", "claude"),
        cache=True,
    ),
    Function(
        "optimize_calendar",
        "Plan a week with the fewest changes; show, explain and check plans",
        memory=FULL_CPU,
        timeout=29,
        routes=(
            Route("POST", "/api/v1/calendar/optimize"),
            Route("GET", "/api/v1/calendar/plans/{plan_id}"),
            Route("GET", "/api/v1/calendar/plans/{plan_id}/suggestions/{number}/why"),
            Route("POST", "/api/v1/calendar/plans/{plan_id}/accept"),
        ),
        grants=(
            on_table("BatchGetItem", "BatchWriteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            SEND_AUDIT,
            SEND_EFFECTS,
            SEND_NOTIFICATIONS,
            SEND_PROOFS,
            # Beside the solver there is no room for Claude's SDK.
            Grant("function:understand_wishes", ("lambda:InvokeFunction",)),
        ),
        dependencies=("core", "cache", "solver"),
        cache=True,
        snap_start=True,
    ),
    Function(
        "summarize_plan",
        "Say a calendar plan in a few plain sentences",
        memory=FULL_CPU,
        timeout=29,
        routes=(Route("GET", "/api/v1/calendar/plans/{plan_id}/summary"),),
        grants=(on_table("GetItem", "PutItem", "Query", "UpdateItem"),),
        secrets=("claude-api-key",),
        dependencies=("core", "cache", "claude"),
        cache=True,
    ),
    Function(
        "prove_calendar_plan",
        "Prove kept calendar plans best, or better them",
        memory=FULL_CPU,
        timeout=300,
        consumes="proofs",
        batch_size=1,
        grants=(
            on_table("GetItem", "PutItem"),
            SEND_AUDIT,
        ),
        dependencies=("core", "solver"),
    ),
    Function(
        "optimize_team",
        "Plan several people's calendars together",
        memory=FULL_CPU,
        timeout=29,
        routes=(Route("POST", "/api/v1/calendar/team/optimize"),),
        dependencies=("core", "cache", "solver"),
        cache=True,
    ),
    Function(
        "find_availability",
        "Find times at which a meeting suits everybody",
        memory=1024,
        timeout=15,
        routes=(Route("POST", "/api/v1/calendar/availability"),),
        grants=(on_table("GetItem", "Query"),),
        dependencies=("core", "cache"),
        cache=True,
    ),
)

"""Use case: plan a user's next daily briefing."""

import logging
from datetime import datetime

from assistant.domain.errors import Unavailable
from assistant.domain.notification_times import briefing_time
from assistant.domain.notifications import Due, DueKind
from assistant.domain.preferences import Preferences
from assistant.ports.notifications import DueIndex

logger = logging.getLogger(__name__)


def plan_briefing(user_id: str, preferences: Preferences, now: datetime, *, due: DueIndex) -> None:
    """Plan the user's next daily briefing, if they want one; one that is planned stays."""
    if preferences.daily_briefing.enabled:
        due.plan(Due(user_id=user_id, kind=DueKind.DAILY_BRIEFING, at=briefing_time(now, preferences)))


def enrol(user_id: str, preferences: Preferences, now: datetime, *, due: DueIndex) -> None:
    """Plan the next daily briefing of a user who may have been told nothing yet; later news do it where this fails."""
    try:
        plan_briefing(user_id, preferences, now, due=due)
    except Unavailable:
        logger.warning("a daily briefing waits for the user's first notification")

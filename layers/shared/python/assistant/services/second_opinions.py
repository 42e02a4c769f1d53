"""What Claude is asked about a mail, and how its answer becomes a decision; the same now and in a Message Batch."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from assistant.domain.learning import LearnedRecord
from assistant.domain.mail import Mail
from assistant.domain.preferences import Preferences
from assistant.domain.triage.cascade import Reader, checked_weights, decide, examine
from assistant.domain.triage.decision import TriagedEmail
from assistant.domain.triage.second_opinion import Case, SecondOpinion, judged, triage_prompt
from assistant.services.ask_claude import Question


def reader_with(preferences: Preferences, records: Mapping[str, LearnedRecord], now: datetime) -> Reader:
    """Return the reader with these preferences and records."""
    return Reader(preferences.email_rules, records, now, ZoneInfo(preferences.working_hours.timezone))


def examined(mail: Mail, reader: Reader) -> Case:
    """Return the mail with what the core finds in it and decides about it."""
    weights = checked_weights()
    findings = examine(mail, now=reader.now, zone=reader.zone, weights=weights)
    return Case(mail, findings, decide(mail, findings, reader, weights=weights))


def triage_question(case: Case, preferences: Preferences, reader: Reader) -> Question[SecondOpinion, TriagedEmail]:
    """Return the question about one mail."""
    accept = partial(judged, case, reader=reader, weights=checked_weights())
    return Question(triage_prompt(case, preferences), accept)

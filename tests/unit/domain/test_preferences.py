from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assistant.domain.days import DayPart, PartOfDay, Weekday
from assistant.domain.preferences import Channel, EmailRules, Preferences, WorkingHours

AS_DOCUMENTED: dict[str, Any] = {
    "working_hours": {"start": "09:00", "end": "17:00", "timezone": "America/New_York"},
    "meeting_preferences": {"buffer_minutes": 15, "max_per_day": 6, "no_meetings_days": ["Friday afternoon"]},
    "email_rules": {
        "auto_archive_newsletters": True,
        "priority_senders": ["ceo@company.com"],
        "delegate_to": "assistant@company.com",
    },
    "notification_channels": {"urgent": "slack", "important": "email", "routine": "dashboard"},
}


def broken(document: dict[str, Any]) -> set[str]:
    with pytest.raises(ValidationError) as caught:
        Preferences.model_validate(document)
    return {".".join(map(str, error["loc"])) for error in caught.value.errors()}


OF_MESSAGES: dict[str, Any] = {
    "quiet_hours": {"enabled": True, "start": "20:00", "end": "07:00", "urgent_interrupts": False},
    "daily_briefing": {"enabled": True, "time": "07:30"},
    "digest": {"time": "16:30"},
}


def test_the_documented_example_reads_and_writes_unchanged() -> None:
    preferences = Preferences.model_validate(AS_DOCUMENTED)
    assert preferences.model_dump(mode="json", include=set(AS_DOCUMENTED)) == AS_DOCUMENTED
    assert preferences.meeting_preferences.no_meetings_days == (DayPart(Weekday.FRIDAY, PartOfDay.AFTERNOON),)
    assert preferences.notification_channels.urgent is Channel.SLACK


def test_stored_text_reads_back() -> None:
    preferences = Preferences.model_validate(AS_DOCUMENTED)
    assert Preferences.model_validate_json(preferences.model_dump_json()) == preferences


def test_a_new_user_needs_to_set_nothing() -> None:
    assert Preferences.model_validate({}) == Preferences()


@pytest.mark.parametrize(
    "zone", ["Europe/Atlantis", "", "/etc/passwd", "../UTC", "Europe", "\0", "localtime", "right/UTC"]
)
def test_a_zone_must_be_in_the_iana_database(zone: str) -> None:
    assert broken({"working_hours": {"timezone": zone}}) == {"working_hours.timezone"}


@pytest.mark.parametrize("start", ["9:00", "24:00", "09:60", "09:00:00", 9, "", "٠٩:٠٠", None])
def test_a_time_of_day_has_four_digits(start: object) -> None:
    assert broken({"working_hours": {"start": start}}) == {"working_hours.start"}


@pytest.mark.parametrize("end", ["09:00", "08:59"])
def test_the_working_day_ends_after_it_starts(end: str) -> None:
    assert broken({"working_hours": {"start": "09:00", "end": end}}) == {"working_hours"}


@pytest.mark.parametrize(
    "address", ["ceo", "@company.com", "ceo@", "a b@company.com", "ceo@company.com\r\nBcc: x@y.z", "x" * 250 + "@a.de"]
)
def test_an_address_is_an_addr_spec(address: str) -> None:
    assert broken({"email_rules": {"delegate_to": address}}) == {"email_rules.delegate_to"}


def test_addresses_are_kept_once_in_lower_case() -> None:
    rules = EmailRules.model_validate({"priority_senders": [" CEO@Company.com", "ceo@company.com"]})
    assert rules.priority_senders == ("ceo@company.com",)


def test_topics_are_kept_once_in_lower_case() -> None:
    rules = EmailRules.model_validate({"priority_topics": [" Project  Falcon", "project falcon", "预算"]})
    assert rules.priority_topics == ("project falcon", "预算")
    assert EmailRules.model_validate(rules.model_dump(mode="json")) == rules


@pytest.mark.parametrize(
    "topic", ["", "a", "one two three four five", "x" * 61, "budget!", "a@company.com", "\n", "__"]
)
def test_a_topic_is_a_few_words(topic: str) -> None:
    assert broken({"email_rules": {"muted_topics": [topic]}}) == {"email_rules.muted_topics.0"}


def test_a_topic_is_not_both_important_and_muted() -> None:
    assert broken({"email_rules": {"priority_topics": ["Budget"], "muted_topics": ["budget"]}}) == {"email_rules"}
    assert broken({"email_rules": {"priority_topics": ["?"] * 51}}) == {"email_rules.priority_topics"}


def test_unknown_keys_and_channels_are_named() -> None:
    assert broken({"colour": 1, "working_hours": {"lunch": "12:00"}, "notification_channels": {"urgent": "fax"}}) == {
        "colour",
        "working_hours.lunch",
        "notification_channels.urgent",
    }


@given(st.times(), st.times())
def test_any_two_times_make_a_working_day_or_an_error(start: Any, end: Any) -> None:
    start, end = start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    if start < end:
        hours = WorkingHours(start=start, end=end)
        assert WorkingHours.model_validate(hours.model_dump(mode="json")) == hours
    else:
        with pytest.raises(ValidationError, match="end must be after start"):
            WorkingHours(start=start, end=end)


def test_lists_are_bounded_before_their_items_are_read() -> None:
    assert broken({"email_rules": {"priority_senders": ["?"] * 501}}) == {"email_rules.priority_senders"}
    assert broken({"meeting_preferences": {"no_meetings_days": ["?"] * 29}}) == {"meeting_preferences.no_meetings_days"}


@given(st.text(max_size=40) | st.text(alphabet='a@.<>"\\()[], ;:\r\n', max_size=20))
def test_any_text_is_an_address_or_an_error(text: str) -> None:
    with suppress(ValidationError):
        address = EmailRules.model_validate({"delegate_to": text}).delegate_to
        assert address is not None
        assert address.isprintable()
        assert EmailRules.model_validate({"delegate_to": address}).delegate_to == address


def test_an_address_the_parser_stumbles_over_is_none() -> None:
    assert broken({"email_rules": {"delegate_to": "0@["}}) == {"email_rules.delegate_to"}


def test_quiet_hours_end_at_another_time_and_have_a_zone() -> None:
    assert broken({"quiet_hours": {"start": "07:00"}}) == {"quiet_hours"}
    assert broken({"quiet_hours": {"timezone": "Mars/Olympus"}}) == {"quiet_hours.timezone"}
    given = {"quiet_hours": {"timezone": "Asia/Tokyo"}}
    assert Preferences.model_validate(given).model_dump(mode="json")["quiet_hours"]["timezone"] == "Asia/Tokyo"

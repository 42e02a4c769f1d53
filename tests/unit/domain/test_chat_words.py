"""What the assistant says in a chat is there in each language, whole, and names words that are understood."""

from dataclasses import asdict
from datetime import UTC, date, datetime
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from assistant.domain.chat_commands import Asked, Command, Tell, asked_of, help_message
from assistant.domain.chat_words import CHAT_WORDS
from assistant.domain.day_briefing import Day, DayMeeting, DayTask, briefing_text, briefing_title
from assistant.domain.day_words import DAY_WORDS
from assistant.domain.effects.wording import EFFECT_WORDS
from assistant.domain.languages import WrittenLanguage

TABLES: dict[str, dict[WrittenLanguage, Any]] = {
    "chat": dict(CHAT_WORDS),
    "day": dict(DAY_WORDS),
    "effects": dict(EFFECT_WORDS),
}
OTHERS = [language for language in WrittenLanguage if language is not WrittenLanguage.ENGLISH]


def texts(words: object) -> dict[str, str]:
    """Return each text by its field, those of a field with several by themselves."""
    said: dict[str, Any] = asdict(words)  # type: ignore[call-overload]
    for name, several in list(said.items()):
        if not isinstance(several, str):
            parts = several.items() if isinstance(several, dict) else enumerate(several)
            said |= {f"{name}[{part}]": one for part, one in parts}
            del said[name]
    return said


def gaps(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_there_with_what_is_filled_in(table: str, language: WrittenLanguage) -> None:
    english, other = texts(TABLES[table][WrittenLanguage.ENGLISH]), texts(TABLES[table][language])
    filled = {name: gaps(text) for name, text in english.items() if name != "day"}
    assert {name: gaps(text) for name, text in other.items() if name != "day"} == filled
    assert english.keys() == other.keys()
    assert all(text.strip() == text and text for text in other.values())
    assert [name for name, text in other.items() if text == english[name]] == []


@pytest.mark.parametrize("language", WrittenLanguage)
def test_help_names_words_of_the_language_for_all_that_can_be_asked(language: WrittenLanguage) -> None:
    said = help_message(language)
    lines = [line.removeprefix("• ") for line in said.text.splitlines()]
    named = [asked_of(line.partition(":")[0]) for line in lines[:-1]]
    assert named == [
        Asked(command, language) for command in (Command.TODAY, Command.TASKS, Command.WAITING, Command.UNDO)
    ]
    words, at, _ = lines[-1].partition("bob@company.com")
    assert asked_of(f"{words}{at}: hello") == Asked(Tell("bob@company.com", "hello"), language)
    others = [asked_of(word) for words in said.context.split(" · ") for word in words.split(", ")]
    assert {one.language for one in others} == set(WrittenLanguage) - {language}
    assert len(others) == 12


def test_a_whole_day_is_told_in_each_language() -> None:
    zone, noon = ZoneInfo("Europe/Berlin"), datetime(2025, 1, 15, 12, tzinfo=UTC)
    day = Day(
        day=date(2025, 1, 15),
        zone=zone,
        meetings=[DayMeeting(noon, 30, "Planning")] * 9,
        tasks=[DayTask("Report", noon, overdue=True), DayTask("Call", noon, overdue=False, day_only=False)],
        later_tasks=1,
        mails=["Budget"],
        waiting=None,
        follow_ups=["Contract", "Offer"],
    )
    tasks = ("2 Aufgaben fällig:", "• Report (war fällig am Mittwoch, 15. Januar)", "• Call (heute, 13:00 Uhr)")
    assert briefing_title(day.day, WrittenLanguage.SPANISH) == "Tu miércoles 15 de enero"
    assert briefing_text(day, WrittenLanguage.GERMAN) == "\n\n".join(
        (
            "9 Besprechungen heute:\n" + "• 13:00 Planning (30 min)\n" * 8 + "… und 1 weitere.",
            "\n".join((*tasks, "1 offene Aufgabe später.")),
            "1 Mail zum Ansehen:\n• Budget",
            "Was auf Ihr Wort wartet, ist gerade nicht lesbar.",
            "2 Zusagen offen:\n• Contract\n• Offer",
        )
    )

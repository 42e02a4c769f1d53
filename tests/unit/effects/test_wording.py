"""Actions of every kind are said in four languages, each in one line that names all that counts."""

from datetime import UTC, datetime, timedelta

import pytest

from assistant.domain.chat import ChatUser
from assistant.domain.effects.actions import (
    AnyAction,
    CreateEvent,
    DeclineEvent,
    EffectKind,
    EventTime,
    MoveEvent,
    PostMessage,
    SendMail,
    SetTaskStatus,
)
from assistant.domain.effects.provenance import Traced
from assistant.domain.effects.wording import summary
from assistant.domain.languages import WrittenLanguage
from tests.fakes.effects import ARCHIVE, Desk, draft, label

TEN = datetime(2026, 3, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW, LATER = EventTime(start=TEN, end=TEN + HOUR), EventTime(start=TEN + 14 * HOUR, end=TEN + 15 * HOUR)
BERLIN: Traced[str] = Traced(value="Europe/Berlin")
TITLE = "“Weekly offers”"
# Of each action what its line names in every language.
ACTIONS: list[tuple[AnyAction, list[str]]] = [
    (label("EA/Routine", remove=("Clients",)), [TITLE, "EA/Routine", "Clients"]),
    (ARCHIVE, [TITLE]),
    (draft("ann@company.com", "bob@company.com", subject="{Offer}"), ["“{Offer}”", "ann@company.com, bob@company.com"]),
    (
        SendMail(to=Traced(value=("ann@company.com",)), subject=Traced(value="Offer"), text=Traced(value="Yes.")),
        ["“Offer”", "ann@company.com"],
    ),
    (
        PostMessage(
            to=Traced(value=ChatUser("U2", "Bob", "bob@company.com")),
            text=Traced(value="Late."),
            sender=Traced(value="Ann"),
        ),
        ["Bob (bob@company.com)", "Slack"],
    ),
    (
        MoveEvent(was=Traced(value=NOW), to=Traced(value=LATER), timezone=BERLIN),
        [TITLE, "10:00–11:00", "2026, 00:00–01:00", "(Europe/Berlin)"],
    ),
    (DeclineEvent(), [TITLE]),
    (
        CreateEvent(
            title=Traced(value="Weekly offers"),
            at=Traced(value=NOW),
            timezone=BERLIN,
            account=Traced(value="user@company.com"),
            beside=Traced(value=()),
        ),
        [TITLE, "user@company.com", "10:00–11:00", "(Europe/Berlin)"],
    ),
    (SetTaskStatus(was=Traced(value="To do"), status=Traced(value="Done")), [TITLE, "“Done”"]),
]


def test_every_kind_of_action_is_among_these() -> None:
    assert {action.kind for action, _ in ACTIONS} == set(EffectKind)


@pytest.mark.parametrize(("action", "named"), ACTIONS, ids=lambda one: getattr(one, "kind", ""))
def test_an_action_is_said_in_each_language(action: AnyAction, named: list[str]) -> None:
    effect = Desk().effect("m1", action)
    lines = [summary(effect, language) for language in WrittenLanguage]
    assert all(name in line for line in lines for name in named)
    assert len(set(lines)) == len(WrittenLanguage)
    assert not any("\n" in line for line in lines)


@pytest.mark.parametrize(
    ("language", "day"),
    [("en", "Mon 23 Mar 2026"), ("es", "lunes 23 de marzo de 2026"), ("fr", "lundi 23 mars 2026")],
)
def test_days_are_written_as_in_the_language(language: str, day: str) -> None:
    shorter = EventTime(start=TEN, end=TEN + HOUR / 2)
    action = MoveEvent(was=Traced(value=NOW), to=Traced(value=shorter), timezone=BERLIN)
    said = summary(Desk().effect("e1", action), WrittenLanguage(language))
    assert f"{day}, 10:00–10:30" in said


@pytest.mark.parametrize(("action", "_"), ACTIONS, ids=lambda one: getattr(one, "kind", ""))
def test_what_has_no_title_is_said_to_have_none(action: AnyAction, _: list[str]) -> None:
    effect = Desk().effect("m1", action)
    untitled = effect.model_copy(update={"target": effect.target.model_copy(update={"title": ""})})
    for language in WrittenLanguage:
        assert "“”" not in summary(untitled, language)

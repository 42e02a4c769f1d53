"""Words in a chat: the user's alone, each done once, and answered in their language."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from assistant.domain.chat_jobs import MessageReceived
from assistant.domain.effects.approval import approval_buttons
from assistant.domain.effects.effect import EffectState
from assistant.domain.errors import Unavailable
from assistant.domain.preferences import Preferences
from assistant.domain.tasks.kept import KeptTask
from assistant.domain.tasks.request import TaskStatus
from assistant.services.answer_chat import answer_chat
from assistant.services.answer_command import LATEST
from tests.fakes.effects import USER
from tests.fakes.notes import MemoryNotices
from tests.fakes.stores import Outage
from tests.unit.services.chatting import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("text", "title"),
    [
        *((text, "What you can ask me") for text in ("help", "", "what can you do?", "delete my mail", "<@UBOT>")),
        ("¿Ayuda?", "Lo que puedes pedirme"),
        ("que hay de nuevo por favor", "Lo que puedes pedirme"),
        ("aide", "Ce que vous pouvez me demander"),
        ("Hilfe!", "Was Sie mich fragen können"),
        ("was steht auf dem Plan und bei wem?", "Was Sie mich fragen können"),
        ("帮助", "What you can ask me"),
    ],
)
def test_unknown_words_are_answered_with_what_is_known_in_their_language(world: World, text: str, title: str) -> None:
    world.write(text)
    (said,) = world.said
    assert said.title == title


@pytest.mark.parametrize("member", ["U9", "U2"])
def test_others_learn_nothing_of_the_user(world: World, member: str) -> None:
    world.ask()
    world.write("waiting", member=member)
    assert [one.text for one in world.said] == (["Nothing waits for your word."] if member == "U2" else [])


@pytest.mark.parametrize("text", ["waiting", " WAITING! ", "<@UBOT> waiting", "pendientes", "En attente", "offen"])
def test_what_waits_comes_with_its_buttons(world: World, text: str) -> None:
    effect = world.ask()
    world.chats.chat.messages.clear()
    world.write(text)
    (said,) = world.said
    assert said.text.startswith("Archive “Weekly offers”")
    assert said.buttons == approval_buttons(effect)


def test_of_many_that_wait_the_newest_come(world: World) -> None:
    for _ in range(7):
        world.ask()
        world.clock.advance(1)
    world.write("waiting")
    assert [bool(one.buttons) for one in world.said] == [True] * 5 + [False]
    assert world.said[-1].text == "And 2 more on your dashboard."


def test_the_last_run_is_taken_back_then_the_one_before(world: World) -> None:
    effects = world.two_runs()
    world.write("undo", event_id="Ev1")
    (said,) = world.said
    assert said.text == "This is being taken back:\n• Label “Weekly offers”: put EA/Routine on it."
    world.desk.work()
    states = [world.desk.record(effect).state for effect in effects]
    assert states == [EffectState.DONE, EffectState.UNDONE]
    world.clock.advance(60)
    world.write("Deshacer", event_id="Ev2")
    world.desk.work()
    assert world.desk.record(effects[0]).state is EffectState.UNDONE
    world.clock.advance(60)
    world.write("rückgängig", event_id="Ev3")
    assert [one.title for one in world.said[:2]] == ["Undo", "Deshacer"]
    assert world.said[1].text == "Esto se está revirtiendo:\n• Etiquetar “Weekly offers”: poner EA/Routine."
    assert world.said[-1].text == "Aus der letzten Woche gibt es nichts zurückzunehmen."


SENT = "This stays:\n• Send “Offer” to ann@company.com. What was sent cannot be taken back."


def test_what_was_sent_is_told_once_and_the_run_before_it_taken_back(world: World) -> None:
    effects = world.two_runs()
    world.send("run3")
    taken_back = "This is being taken back:\n• Label “Weekly offers”: put EA/Routine on it."
    for number in range(3):
        world.write("undo", event_id=f"Ev{number}")
        world.desk.work()
        world.clock.advance(60)
    assert [one.text for one in world.said] == [
        f"{taken_back}\n{SENT}",
        taken_back,
        "There is nothing of the last week to take back.",
    ]
    assert {world.desk.record(effect).state for effect in effects} == {EffectState.UNDONE}


def test_what_was_sent_before_what_is_taken_back_is_not_told(world: World) -> None:
    world.send("run0")
    world.two_runs()
    world.write("undo")
    assert "This stays" not in world.said[0].text


def test_where_all_was_sent_that_is_told(world: World) -> None:
    world.send("run1")
    world.write("undo")
    assert [one.text for one in world.said] == [SENT]


def test_undo_that_breaks_off_does_not_take_back_more(world: World) -> None:
    effects = world.two_runs()
    world.chats.chat.outage.down = True
    asked = MessageReceived(id="Ev1", workspace_id="T1", member="U1", at=world.clock.now(), text="undo")
    with pytest.raises(Unavailable):
        answer_chat(asked, ports=world.ports)
    world.desk.work()
    world.clock.advance(900)
    world.chats.chat.outage.down = False
    answer_chat(asked, ports=world.ports)
    world.desk.work()
    assert [world.desk.record(effect).state for effect in effects] == [EffectState.DONE, EffectState.UNDONE]


def test_words_of_long_ago_are_not_obeyed(world: World) -> None:
    effects = world.two_runs()
    asked = MessageReceived(id="Ev1", workspace_id="T1", member="U1", at=world.clock.now(), text="undo")
    world.clock.advance(LATEST.total_seconds() + 1)
    answer_chat(asked, ports=world.ports)
    assert [one.text for one in world.said] == ["I could not answer you in time. Please ask again."]
    assert {world.desk.record(effect).state for effect in effects} == {EffectState.DONE}


def test_the_tasks_to_do_first_come_in_their_rank(world: World) -> None:
    world.write("tasks", event_id="Ev0")
    assert world.said[0].text == "You have no open tasks."
    for number in range(7):
        task = KeptTask(
            task_id=f"t{number}",
            title=f"Task {number}",
            due_date=f"2025-01-{25 - number}",
            status=TaskStatus.OPEN,
            created_at=datetime(2025, 1, 10, tzinfo=UTC),
        )
        world.tasks.create(USER, task, None)
    world.write("Aufgaben")
    said = world.said[-1]
    assert (said.title, said.context) == ("Was zuerst zu tun ist", "Und 2 weitere.")
    assert said.text.splitlines()[0] == "1. Task 6 (fällig am Sonntag, 19. Januar)"
    assert len(said.text.splitlines()) == 5


def test_the_day_is_told_as_its_briefing_tells_it(world: World) -> None:
    world.write("aujourd’hui")
    (said,) = world.said
    assert said.title == "Votre mercredi 15 janvier"
    assert said.text == "Pas de réunion aujourd’hui.\n\nAucune tâche à échéance aujourd’hui."


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("tell <@U2> I am late", "I am late"),
        ("Tell <mailto:bob@company.com|bob@company.com>: I am late", "I am late"),
        ("<@UBOT> dile a bob@company.com, llego tarde", "llego tarde"),
        ("dis à <@U2|bob>   je suis en retard", "je suis en retard"),
        (
            "sag <@U2> R&amp;D ist\nspäter, siehe <https://example.com|hier>",
            "R&D ist\nspäter, siehe https://example.com",
        ),
    ],
)
def test_words_for_a_colleague_are_shown_whole_before_they_are_written(world: World, words: str, said: str) -> None:
    world.write(words)
    (question,) = world.said
    assert question.text.startswith(
        f"Write to “Bob Ray” (bob@company.com) in Slack.\n\n{said}\n\nFrom Ann, by their assistant."
    )
    (record,) = world.desk.effects.records.values()
    world.press(record.effect)
    world.desk.work()
    posted = world.chats.chat.find("U2", key=record.id)
    assert posted is not None
    written = world.chats.chat.messages[posted]
    assert (written.text, written.context) == (said, "From Ann, by their assistant.")
    assert world.desk.notifications.told == {}


def test_what_was_written_to_a_colleague_is_taken_back(world: World) -> None:
    world.write("tell <@U2> I am late")
    (record,) = world.desk.effects.records.values()
    world.press(record.effect)
    world.desk.work()
    world.clock.advance(60)
    world.write("undo", event_id="Ev2")
    world.desk.work()
    assert world.desk.record(record.effect).state is EffectState.UNDONE
    assert world.chats.chat.find("U2", key=record.id) is None


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("tell nobody@company.com hello", "I find nobody of that name"),
        ("Dile a nobody@company.com hola", "No encuentro a nadie"),
        ("schreib <@U2> " + "lang " * 500, "Das ist zu lang zum Weitergeben: höchstens 2000 Zeichen."),
        ("tell <@U7> hello", "I find nobody of that name"),
        ("tell <@U2> " + "long " * 500, "That is too long for me"),
        ("tell <@U2> " + "&amp;" * 2001, "That is too long for me"),
        ("tell <@U2>", "• today"),
        ("tell Bob hello", "• today"),
    ],
)
def test_who_is_not_found_and_what_is_too_long_is_said(world: World, words: str, answer: str) -> None:
    world.write(words)
    (said,) = world.said
    assert said.text.startswith(answer)
    assert world.desk.effects.records == {}


def test_words_come_once_however_often_they_are_delivered(world: World) -> None:
    job = world.write("tell <@U2> I am late")
    world.notices = MemoryNotices(Outage())
    answer_chat(job, ports=replace(world.ports, done=world.notices))
    assert len(world.said) == len(world.desk.effects.records) == 1


def test_what_preferences_forbid_is_not_asked(world: World) -> None:
    preferred = Preferences.model_validate({"effects": {"post_message": "never"}})
    world.desk.preferences.replace(USER, preferred, expected_version=0)
    world.write("tell <@U2> I am late")
    (said,) = world.said
    assert (said.buttons, said.text.endswith("\n\nYour preferences never allow this.")) == ((), True)


def test_words_that_come_twice_are_answered_once(world: World) -> None:
    job = world.write("today")
    world.chats.chat.messages.clear()
    answer_chat(job, ports=world.ports)
    assert world.said == []

"""Presses of buttons and words in a chat: the user's alone, each done once, and the answer says what became of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assistant.domain.chat import ChatMessage, ChatUser, PostedMessage
from assistant.domain.chat_jobs import ButtonPressed, MessageReceived
from assistant.domain.connections import ConnectionStatus
from assistant.domain.effects.actions import SendMail
from assistant.domain.effects.approval import APPROVE, REJECT, approval_asked, approval_buttons
from assistant.domain.effects.effect import Effect, EffectState
from assistant.domain.effects.provenance import Traced
from assistant.domain.errors import Unavailable
from assistant.domain.notification_messages import chat_message
from assistant.domain.notifications import subject_of, told
from assistant.domain.preferences import Channel, Preferences
from assistant.domain.tasks.kept import KeptTask
from assistant.domain.tasks.request import TaskStatus
from assistant.services.answer_chat import NOT_YOURS, OUTDATED, ChatAnswerPorts, answer_chat
from assistant.services.answer_command import LATEST, CommandPorts
from assistant.services.brief_day import DayPorts
from assistant.services.prioritize_tasks import PrioritizePorts
from assistant.services.propose_effects import propose_effects
from assistant.services.tell_colleague import TellPorts
from tests.fakes.effects import ARCHIVE, USER, Desk, label
from tests.fakes.kept_calendar import MemoryKeptCalendars
from tests.fakes.meetings import MemoryMeetings
from tests.fakes.memory import MemoryMemories
from tests.fakes.notes import MemoryNotices
from tests.fakes.notifications import MemoryNotifications
from tests.fakes.slack_requests import slack_connection
from tests.fakes.stores import MemoryTasks, Outage

QUESTION = PostedMessage("DU1", "1736935200.000100")


class World:
    """A desk with Slack beside it; U1 is the user, U2 a colleague who is a user too, U9 nobody we know."""

    def __init__(self) -> None:
        self.desk = desk = Desk()
        self.clock = desk.clock
        self.chats = desk.chats
        self.notices = MemoryNotices(Outage())
        self.tasks = MemoryTasks(desk.clock)
        self.notifications = MemoryNotifications(desk.clock)
        day = DayPorts(MemoryMeetings(desk.clock), self.tasks, MemoryMemories(desk.clock), self.notifications)
        ranking = PrioritizePorts(
            desk.preferences,
            self.tasks,
            MemoryKeptCalendars(),
            desk.audit,
            desk.meter,
            desk.clock,
            claude=lambda: None,
        )
        tell = TellPorts(self.chats, desk.propose_ports)
        commands = CommandPorts(desk.answer_ports, day, ranking, tell, desk.preferences)
        self.ports = ChatAnswerPorts(desk.connections, self.chats, self.notices, self.notifications, commands)
        desk.connections.replace(slack_connection(), expected_version=0)
        desk.connections.replace(slack_connection("user2", "U2"), expected_version=0)
        self.chats.chat.users["U2"] = ChatUser("U2", "Bob Ray", "bob@company.com")
        self.presses = 0

    def ask(self, confidence: float = 0.5) -> Effect:
        """Propose to archive a mail, and ask about it in Slack."""
        effect = self.desk.effect(self.desk.mail(), ARCHIVE, confidence=confidence)
        (record,) = propose_effects(USER, [effect], request_id="r", ports=self.desk.propose_ports)
        if record.state is EffectState.WAITING:
            self.chats.chat.messages[QUESTION] = chat_message(approval_asked(record))
        return effect

    def two_runs(self) -> list[Effect]:
        """Label a mail in each of two runs, a minute apart."""
        effects = []
        for run in ("run1", "run2"):
            effect = self.desk.effect(self.desk.mail(run), label("EA/Routine"), run_id=run)
            propose_effects(USER, [effect], request_id="r", ports=self.desk.propose_ports)
            self.desk.work()
            self.clock.advance(60)
            effects.append(effect)
        return effects

    def press(
        self, effect: Effect, action: str = APPROVE, member: str = "U1", value: str | None = None
    ) -> ButtonPressed:
        self.presses += 1
        button = approval_buttons(effect)[0]
        job = ButtonPressed(
            id=f"press{self.presses}",
            workspace_id="T1",
            member=member,
            at=self.clock.now(),
            channel=QUESTION.channel,
            message_id=QUESTION.id,
            action=action,
            value=button.value if value is None else value,
        )
        answer_chat(job, ports=self.ports)
        return job

    def write(self, text: str, member: str = "U1", event_id: str = "Ev1") -> MessageReceived:
        job = MessageReceived(id=event_id, workspace_id="T1", member=member, at=self.clock.now(), text=text)
        answer_chat(job, ports=self.ports)
        return job

    @property
    def question(self) -> ChatMessage:
        return self.chats.chat.messages[QUESTION]

    @property
    def said(self) -> list[ChatMessage]:
        """What was posted beside the question."""
        return [one for posted, one in self.chats.chat.messages.items() if posted != QUESTION]

    @property
    def whispered(self) -> list[tuple[str, ChatMessage]]:
        return [(member, message) for _, member, message in self.chats.chat.whispered]


@pytest.fixture
def world() -> World:
    return World()


class TestPresses:
    def test_yes_lets_exactly_that_happen_and_the_question_says_so(self, world: World) -> None:
        effect = world.ask()
        assert [one.action for one in world.question.buttons] == [APPROVE, REJECT]
        world.press(effect)
        assert world.desk.record(effect).state is EffectState.QUEUED
        assert (world.question.buttons, world.question.context) == ((), "You said yes: it is done in a moment.")
        world.desk.work()
        assert world.desk.record(effect).state is EffectState.DONE
        world.press(effect)
        assert world.question.context == "It is done."
        assert world.desk.record(effect).version == 4

    def test_no_keeps_it_from_happening(self, world: World) -> None:
        effect = world.ask()
        world.press(effect, REJECT)
        assert world.question.context == "You said no: it is not done."
        world.press(effect, APPROVE)
        assert world.question.context == "You said no: it is not done."
        assert (world.desk.record(effect).state, world.desk.queue.jobs) == (EffectState.REJECTED, [])

    @pytest.mark.parametrize("action", [APPROVE, REJECT])
    def test_who_answered_a_question_has_read_it(self, world: World, action: str) -> None:
        effect = world.ask()
        (news,) = world.desk.notifications.told.values()
        world.notifications.replace(USER, told(news, Channel.EMAIL, None))
        world.clock.advance(60)
        for _ in range(2):
            world.press(effect, action)
        kept = world.notifications.find(USER, subject_of(news.about))
        assert kept is not None
        assert (kept.shown.read_at, kept.to_be_sent, kept.version) == (world.clock.now(), False, 2)

    def test_a_press_that_comes_twice_is_done_once(self, world: World) -> None:
        effect = world.ask()
        job = world.press(effect)
        before = world.desk.record(effect)
        world.chats.chat.messages[QUESTION] = ChatMessage("later words")
        answer_chat(job, ports=world.ports)
        assert world.desk.record(effect) == before
        assert (len(world.desk.queue.jobs), world.question.text) == (1, "later words")

    def test_a_press_is_finished_after_an_outage_of_the_chat(self, world: World) -> None:
        effect = world.ask()
        world.chats.chat.outage.down = True
        with pytest.raises(Unavailable):
            world.press(effect)
        world.chats.chat.outage.down = False
        world.presses = 0
        world.press(effect)
        assert world.question.context == "You said yes: it is done in a moment."
        assert [entry.event for entry in world.desk.effects.ledgers[USER]] == ["proposed", "approved"]

    def test_a_question_that_is_too_old_is_said_to_be(self, world: World) -> None:
        effect = world.ask()
        world.clock.advance(timedelta(hours=72).total_seconds())
        world.press(effect)
        assert world.question.context == "Nobody answered in time: it is not done."
        assert world.desk.queue.jobs == []

    @pytest.mark.parametrize("member", ["U2", "U9"])
    def test_nobody_else_answers(self, world: World, member: str) -> None:
        effect = world.ask()
        before = world.question
        world.press(effect, member=member)
        assert (world.whispered, world.question) == ([(member, NOT_YOURS)], before)
        assert world.desk.record(effect).state is EffectState.WAITING

    @pytest.mark.parametrize("action", [APPROVE, REJECT])
    def test_the_button_of_another_action_does_nothing(self, world: World, action: str) -> None:
        effect = world.ask()
        world.press(effect, action, value=f"{effect.id}:{'0' * 64}")
        assert world.whispered == [("U1", OUTDATED)]
        assert world.desk.record(effect).state is EffectState.WAITING

    def test_buttons_that_are_none_of_ours_are_left(self, world: World) -> None:
        effect = world.ask()
        world.press(effect, "open")
        world.press(effect, value="anything")
        assert (world.whispered, world.desk.record(effect).state) == ([], EffectState.WAITING)

    def test_a_question_that_was_deleted_is_answered_all_the_same(self, world: World) -> None:
        effect = world.ask()
        world.chats.chat.messages.clear()
        world.press(effect)
        assert world.desk.record(effect).state is EffectState.QUEUED

    def test_a_workspace_that_was_disconnected_is_left(self, world: World) -> None:
        effect = world.ask()
        for user, member in ((USER, "U1"), ("user2", "U2")):
            broken = slack_connection(user, member).model_copy(update={"status": ConnectionStatus.BROKEN})
            world.desk.connections.replace(broken, expected_version=1)
        world.press(effect)
        assert (world.whispered, world.desk.record(effect).state) == ([], EffectState.WAITING)

    def test_only_what_is_shown_whole_can_be_approved_there(self, world: World) -> None:
        texts = {"short": "See you at ten.", "long": "word " * 2000}
        for name, text in texts.items():
            action = SendMail(
                to=Traced(value=("bob@company.com",)), subject=Traced(value=name), text=Traced(value=text)
            )
            effect = world.desk.effect(world.desk.mail(), action)
            (record,) = propose_effects(USER, [effect], request_id="r", ports=world.desk.propose_ports)
            asked = approval_asked(record)
            whole = text in asked.text
            assert whole == (name == "short")
            assert [one.action for one in asked.buttons] == ([APPROVE, REJECT] if whole else [REJECT])
            assert len(asked.text) <= 3000


class TestCommands:
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
    def test_unknown_words_are_answered_with_what_is_known_in_their_language(
        self, world: World, text: str, title: str
    ) -> None:
        world.write(text)
        (said,) = world.said
        assert said.title == title

    @pytest.mark.parametrize("member", ["U9", "U2"])
    def test_others_learn_nothing_of_the_user(self, world: World, member: str) -> None:
        world.ask()
        world.write("waiting", member=member)
        assert [one.text for one in world.said] == (["Nothing waits for your word."] if member == "U2" else [])

    @pytest.mark.parametrize("text", ["waiting", " WAITING! ", "<@UBOT> waiting", "pendientes", "En attente", "offen"])
    def test_what_waits_comes_with_its_buttons(self, world: World, text: str) -> None:
        effect = world.ask()
        world.chats.chat.messages.clear()
        world.write(text)
        (said,) = world.said
        assert said.text.startswith("Archive “Weekly offers”")
        assert said.buttons == approval_buttons(effect)

    def test_of_many_that_wait_the_newest_come(self, world: World) -> None:
        for _ in range(7):
            world.ask()
            world.clock.advance(1)
        world.write("waiting")
        assert [bool(one.buttons) for one in world.said] == [True] * 5 + [False]
        assert world.said[-1].text == "And 2 more on your dashboard."

    def test_the_last_run_is_taken_back_then_the_one_before(self, world: World) -> None:
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

    def test_undo_that_breaks_off_does_not_take_back_more(self, world: World) -> None:
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

    def test_words_of_long_ago_are_not_obeyed(self, world: World) -> None:
        effects = world.two_runs()
        asked = MessageReceived(id="Ev1", workspace_id="T1", member="U1", at=world.clock.now(), text="undo")
        world.clock.advance(LATEST.total_seconds() + 1)
        answer_chat(asked, ports=world.ports)
        assert [one.text for one in world.said] == ["I could not answer you in time. Please ask again."]
        assert {world.desk.record(effect).state for effect in effects} == {EffectState.DONE}

    def test_the_tasks_to_do_first_come_in_their_rank(self, world: World) -> None:
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

    def test_the_day_is_told_as_its_briefing_tells_it(self, world: World) -> None:
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
    def test_words_for_a_colleague_are_shown_whole_before_they_are_written(
        self, world: World, words: str, said: str
    ) -> None:
        world.write(words)
        (question,) = world.said
        assert question.text.startswith(
            f"Write to Bob Ray (bob@company.com) in Slack.\n\n{said}\n\nFrom Ann, by their assistant."
        )
        (record,) = world.desk.effects.records.values()
        world.press(record.effect)
        world.desk.work()
        posted = world.chats.chat.find("U2", key=record.id)
        assert posted is not None
        written = world.chats.chat.messages[posted]
        assert (written.text, written.context) == (said, "From Ann, by their assistant.")
        assert world.desk.notifications.told == {}

    def test_what_was_written_to_a_colleague_is_taken_back(self, world: World) -> None:
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
    def test_who_is_not_found_and_what_is_too_long_is_said(self, world: World, words: str, answer: str) -> None:
        world.write(words)
        (said,) = world.said
        assert said.text.startswith(answer)
        assert world.desk.effects.records == {}

    def test_words_come_once_however_often_they_are_delivered(self, world: World) -> None:
        job = world.write("tell <@U2> I am late")
        world.notices = MemoryNotices(Outage())
        answer_chat(job, ports=replace(world.ports, done=world.notices))
        assert len(world.said) == len(world.desk.effects.records) == 1

    def test_what_preferences_forbid_is_not_asked(self, world: World) -> None:
        preferred = Preferences.model_validate({"effects": {"post_message": "never"}})
        world.desk.preferences.replace(USER, preferred, expected_version=0)
        world.write("tell <@U2> I am late")
        (said,) = world.said
        assert (said.buttons, said.context) == ((), "Your preferences never allow this.")

    def test_words_that_come_twice_are_answered_once(self, world: World) -> None:
        job = world.write("today")
        world.chats.chat.messages.clear()
        answer_chat(job, ports=world.ports)
        assert world.said == []

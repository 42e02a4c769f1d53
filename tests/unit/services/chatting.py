"""A user who chats with the assistant: everything in memory."""

from assistant.domain.chat import ChatMessage, ChatUser, PostedMessage
from assistant.domain.chat_jobs import ButtonPressed, MessageReceived
from assistant.domain.effects.actions import SendMail
from assistant.domain.effects.approval import APPROVE, action_hash, approval_asked, approval_buttons
from assistant.domain.effects.effect import Effect, EffectState
from assistant.domain.notification_messages import chat_message
from assistant.domain.users import Identity
from assistant.services.answer_approvals import ApprovalRequest, approve_effect
from assistant.services.answer_chat import ChatAnswerPorts, answer_chat
from assistant.services.answer_command import CommandPorts
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
        meetings, memories = MemoryMeetings(desk.clock), MemoryMemories(desk.clock)
        day = DayPorts(meetings, self.tasks, memories, self.notifications, desk.effects)
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

    def send(self, run: str) -> Effect:
        """Send a mail the user approved, and let a minute pass."""
        words = {"to": ["ann@company.com"], "subject": "Offer", "text": "Yes."}
        action = SendMail.model_validate({name: {"value": value} for name, value in words.items()})
        effect = self.desk.effect("", action, run_id=run, occasion=run)
        propose_effects(USER, [effect], request_id="r", ports=self.desk.propose_ports)
        approval = ApprovalRequest(action_hash=action_hash(effect))
        approve_effect(USER, effect.id, approval, Identity(USER, "r"), ports=self.desk.answer_ports)
        self.desk.work()
        self.clock.advance(60)
        return effect

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
    def became(self) -> str:
        """What stands last in the place of the question."""
        return self.question.text.rpartition("\n\n")[2]

    @property
    def said(self) -> list[ChatMessage]:
        """What was posted beside the question."""
        return [one for posted, one in self.chats.chat.messages.items() if posted != QUESTION]

    @property
    def whispered(self) -> list[tuple[str, ChatMessage]]:
        return [(member, message) for _, member, message in self.chats.chat.whispered]

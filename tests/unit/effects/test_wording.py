"""Actions of every kind are said in four languages, each in one line that names all that counts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.domain.chat import ChatUser
from assistant.domain.effects.actions import (
    AnyAction,
    CreateEvent,
    DeclineEvent,
    DraftMail,
    EffectKind,
    EventTime,
    MoveEvent,
    PostMessage,
    SendMail,
    SetTaskStatus,
)
from assistant.domain.effects.approval import rendered
from assistant.domain.effects.effect import Effect, Needed
from assistant.domain.effects.provenance import Traced
from assistant.domain.effects.wording import EFFECT_WORDS, summary
from assistant.domain.languages import WrittenLanguage
from assistant.domain.mail_invisible import one_line, strip_invisible
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
        ["“Bob” (bob@company.com)", "Slack"],
    ),
    (
        MoveEvent(was=Traced(value=NOW), to=Traced(value=LATER), timezone=BERLIN),
        [TITLE, "10:00–11:00", "2026, 00:00–01:00", "(Europe/Berlin)"],
    ),
    (DeclineEvent(), [TITLE]),
    (DeclineEvent(was=Traced(value=NOW), timezone=BERLIN), [TITLE, "10:00–11:00", "2026", "(Europe/Berlin)"]),
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


# What delimits and hides: quotation marks of the four languages, line breaks, controls, and what turns lines around.
HOSTILE = st.text(
    st.one_of(st.sampled_from('“”„«»"\n\r\x0b\x85\u2028\u2029\u202e\u2066\u200b. a'), st.characters()), max_size=60
)


def hostile(words: str) -> list[AnyAction]:
    """Each action that has words of others, in all of them."""
    traced: Traced[str] = Traced(value=words)
    to: Traced[tuple[str, ...]] = Traced(value=("ann@company.com",))
    return [
        ARCHIVE,
        DraftMail(to=to, subject=traced, text=Traced(value="Yes.")),
        SendMail(to=to, subject=traced, text=Traced(value="Yes.")),
        PostMessage(to=Traced(value=ChatUser("U2", words, "")), text=Traced(value="Late."), sender=traced),
        DeclineEvent(),
        MoveEvent(was=Traced(value=NOW), to=Traced(value=LATER), timezone=BERLIN),
        SetTaskStatus(was=Traced(value=""), status=traced),
    ]


def asked(action: AnyAction, words: str) -> Effect:
    """An effect whose title and need have these words, too."""
    effect = Desk().effect("m1", action)
    target = effect.target.model_copy(update={"title": words})
    return effect.model_copy(
        update={"target": target, "needs": (Needed(effect_id="e2", object_id="2", summary=words),)}
    )


def marks(text: str) -> list[str]:
    return [mark for mark in text if mark in "“”"]


@given(words=HOSTILE.filter(one_line))
@example(words="Stand-up” from Mon 23 Mar 2026, 10:00–11:00 and tell nobody.\nWith it: n")
def test_no_words_of_others_end_their_quotation_or_the_line(words: str) -> None:
    for action, plain in zip(hostile(words), hostile("Plain"), strict=True):
        effect, expected = asked(action, words), asked(plain, "Plain")
        for language in WrittenLanguage:
            line = summary(effect, language)
            assert len(line.splitlines()) == 1
            assert line == strip_invisible(line)
            assert marks(line) == marks(summary(expected, language))
        assert len(rendered(effect).splitlines()) == len(rendered(expected).splitlines())


@pytest.mark.parametrize("language", WrittenLanguage)
def test_where_the_account_is_known_it_is_named_and_an_answer_is_said_to_be_one(language: WrittenLanguage) -> None:
    words, here = EFFECT_WORDS[language], "me@company.com"
    for action, _ in ACTIONS:
        effect = Desk().effect("m1", action)
        named = effect.model_copy(update={"target": effect.target.model_copy(update={"account": here})})
        own = named.model_copy(update={"target": named.target.model_copy(update={"object_id": ""})})
        written = isinstance(action, DraftMail | SendMail)
        assert (here in summary(named, language)) is (written or isinstance(action, MoveEvent | DeclineEvent))
        assert (words.in_conversation in summary(named, language)) is written
        assert words.in_conversation not in summary(own, language)
        assert named.id == effect.id


@pytest.mark.parametrize("mark", '“”„«»"')
def test_marks_within_a_title_are_apostrophes(mark: str) -> None:
    effect = Desk().effect("m1", ARCHIVE)
    titled = effect.model_copy(
        update={"target": effect.target.model_copy(update={"title": f"About {mark}Alpha{mark}"})}
    )
    assert summary(titled) == "Archive “About 'Alpha'”: move it out of the inbox."

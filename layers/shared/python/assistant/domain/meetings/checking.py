"""Whether a span says what a statement says.

A statement may leave words out and name who speaks, and nothing else. So its words have to stand in the span in the
same order, from the start of a clause to the end of a phrase; what may be left out in between is courtesy and what
stands between commas. No negation, condition or question of the span may be left out. "I" and "my" of the span become
its author's name. Whatever passes says what the span says, whoever wrote it: no name, date, amount, number, link or
word comes from anywhere else.

Topics and questions claim less: a topic is a run of words of the span; a question has words of the span in their order
among words that ask, and passes over no name, figure, date, negation or condition.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Final

from assistant.domain.meetings.tokens import Claim, Token, has_other_signs, tokens
from assistant.domain.triage.lexicon import listed

# A statement may have these where the span has none.
_ADDED: Final = frozenset(listed("a, an, the, that, and"))
# And need not have these of the span.
_LEFT_OUT: Final = _ADDED | frozenset(
    listed("please, kindly, also, just, then, again, hi, hello, hey, dear, thanks, well, so, really, very, bitte, auch")
)
# Words a phrase may begin with that is left off at the end: it adds and does not limit.
_ADDING: Final = frozenset(
    listed("with, because, since, where, which, who, and, but, con, y, avec, et, mit, und, weil")
)
# A clause with one of these says when, where or for what the rest holds: it stays.
_LIMITING: Final = frozenset(
    listed(
        """in, on, at, for, by, before, after, from, to, of, as, during, under, over, with, than, per, last, next, this,
        that, each, every, previous, former, old, new, earlier, later, en, para, por, de, pour, dans, par, fur, von, im,
        am, zu, bei, vor, nach"""
    )
)
_COURTESIES: Final = frozenset(
    tuple(phrase.split()) for phrase in listed("as discussed, as agreed, as promised, for your information, by the way")
)
_LONGEST_COURTESY: Final = 3
# Behind a figure any other word may belong to it: a unit, "million", "monthly".
_STOPS: Final = _ADDING | frozenset(
    listed("before, after, by, on, at, for, during, as, until, is, are, was, were, will")
)
# Behind a figure these may go on with it: "40 to 50", "5 of 12", "1 and a half".
_GO_ON: Final = frozenset(listed("to, of, in, and, or, from, en, de, del, y, et, von, zu, bis, und, a"))
_FIGURES: Final = frozenset({Claim.FIGURE, Claim.AMOUNT, Claim.PERCENTAGE, Claim.DAY})
_TURNING: Final = frozenset({Claim.NEGATION, Claim.CONDITION, Claim.QUESTION})
# "We" is more than who writes: what "we" have is not theirs.
_SPEAKER: Final = frozenset(listed("i, me, my"))
_AGREEING: Final = {"have": "has", "am": "is", "do": "does"}
_SAYS: Final = frozenset(listed("says, said, writes, wrote, reports, notes, asks, asked"))
_ASKS: Final = frozenset(listed("asks, asked"))
_REQUESTS: Final = (("could", "you"), ("can", "you"), ("would", "you"), ("will", "you"))
_QUESTION_WORDS: Final = frozenset(
    listed(
        """what, which, who, whom, whose, when, where, how, much, many, long, is, are, be, do, does, has, have, will,
        should, can, we, there, it, this, that, a, an, the, of, to, for, in, on, at, by, with, about, from, and,
        decide, confirm, clarify, discuss, need, next, step, steps, status, owner, owns, decision, date, deadline,
        goal, meeting"""
    )
)


class Form(Enum):
    """What a statement is: something said, something to do, a topic, a question."""

    CLAIM = auto()
    TASK = auto()
    TOPIC = auto()
    QUESTION = auto()


@dataclass(frozen=True, slots=True)
class Said:
    """A span as it is checked against: its text, its author's name ("you" for the user), and whether it asks."""

    text: str
    author: str | None
    asks: bool = False


def unsupported(text: str, said: Said, form: Form) -> Claim | None:
    """Return what a statement claims that the span does not say; None where it claims nothing else."""
    statement, span = tokens(text), tokens(said.text)
    if has_other_signs(text) or all(token.claim is Claim.QUESTION for token in statement):
        return Claim.WORD
    match form:
        case Form.QUESTION:
            supported = any(_asks_of(statement, words) for words in (span, _request(span)) if words)
        case Form.TOPIC:
            supported = _runs_through(statement, span)
        case Form.CLAIM | Form.TASK:
            supported = any(_follows(*reading, said) for reading in _readings(statement, span, said, form))
    return None if supported else _first_foreign(statement, span, said)


type _Reading = tuple[tuple[Token, ...], tuple[Token, ...], bool]


def _readings(statement: tuple[Token, ...], span: tuple[Token, ...], said: Said, form: Form) -> Iterator[_Reading]:
    """Yield statement and span as they may be compared, and whether the speaker's own "I" may stand."""
    yield statement, span, False
    reported = _reported(statement, said)
    if reported:
        rest, as_asked = reported
        yield rest, _without_mark(span) if as_asked else span, True
    asked = _request(span) if form is Form.TASK else None
    if asked:
        yield statement, asked, False


def _reported(statement: tuple[Token, ...], said: Said) -> tuple[tuple[Token, ...], bool] | None:
    """Return what follows "Ann Lee asks whether" or "Ann Lee:", and whether it is reported as asked."""
    names = _names(said)
    size = _named(statement, names, 0)
    if not size or size >= len(statement):
        return None
    verb = statement[size]
    if verb.norm in _SAYS and (verb.norm not in _ASKS or said.asks):
        rest = statement[size + 1 :]
        drop = bool(rest) and rest[0].norm in {"that", "whether"}
        return rest[drop:], verb.norm in _ASKS
    return (statement[size:], False) if verb.breaks else None


def _without_mark(span: tuple[Token, ...]) -> tuple[Token, ...]:
    return tuple(token for token in span if token.claim is not Claim.QUESTION)


def _request(span: tuple[Token, ...]) -> tuple[Token, ...] | None:
    """Return what is asked for by "could you please ...?", as a command."""
    words = tuple(token.norm for token in span)
    start = next((place for place, word in enumerate(words) if word not in _LEFT_OUT), len(words))
    rest = _without_mark(span[start + 2 :])
    if words[start : start + 2] not in _REQUESTS or not rest:
        return None
    return (Token(rest[0].norm, rest[0].claim, breaks=True), *rest[1:])


def _follows(statement: tuple[Token, ...], span: tuple[Token, ...], own_words: bool, said: Said) -> bool:
    """Whether the statement can be had from the span by leaving out what may be left out."""
    names = () if own_words else _names(said)

    @cache
    def follows(i: int, j: int, agreeing: bool) -> bool:
        done = i == len(statement) and _may_end(span, j)
        return done or any(follows(*state) for state in steps(i, j, agreeing))

    def steps(i: int, j: int, agreeing: bool) -> Iterator[tuple[int, int, bool]]:
        if i < len(statement) and statement[i].norm in _ADDED:
            yield i + 1, j, agreeing
        if j == len(span):
            return
        token = span[j]
        size = _named(statement, names, i) if token.norm in _SPEAKER else 0
        if size:
            yield i + size, j + 1, True
        elif (own_words or token.norm not in _SPEAKER) and _same(statement[i : i + 1], token, agreeing=agreeing):
            yield i + 1, j + 1, False
        if token.norm in _LEFT_OUT:
            yield i, j + 1, agreeing
        aside = _aside(span, j)
        if aside is not None:
            yield i, aside, agreeing

    starts = (j for j, token in enumerate(span) if token.breaks and _is_courtesy(span[:j]))
    return any(follows(0, j, False) for j in starts)


def _same(stated: tuple[Token, ...], token: Token, *, agreeing: bool) -> bool:
    """Whether the next token of the statement is this one of the span."""
    if not stated or stated[0].norm == token.norm:
        return bool(stated)
    # Behind a name a verb of "I" takes the form of the third person.
    third = {f"{token.norm}s", f"{token.norm}es", _AGREEING.get(token.norm, "")}
    return agreeing and stated[0].norm in third


def _may_end(span: tuple[Token, ...], j: int) -> bool:
    """Whether the rest of the span may be left off: a phrase of its own, without anything that turns the sense."""
    rest = span[j:]
    if not rest or _turns(rest):
        return not rest
    return rest[0].breaks or (rest[0].norm in _ADDING and not _goes_on(span, j))


def _goes_on(span: tuple[Token, ...], j: int) -> bool:
    """Whether a figure before ``j`` is one with what follows it: "EUR 1.2 | million", "40 | to 50", "5 | %"."""
    if not 0 < j < len(span) or span[j].breaks:
        return False
    left, right = span[j - 1], span[j]
    if left.claim in _FIGURES:
        return right.norm in _GO_ON or right.norm not in _STOPS
    return right.claim in _FIGURES and left.norm in _GO_ON


def _turns(left_out: Sequence[Token]) -> bool:
    return any(token.claim in _TURNING for token in left_out)


def _aside(span: tuple[Token, ...], j: int) -> int | None:
    """Return where the clause that begins at ``j`` ends, where it may be left out."""
    if not span[j].breaks:
        return None
    end = next((k for k in range(j + 1, len(span)) if span[k].breaks), None)
    return end if end is not None and _is_courtesy(span[j:end]) else None


def _is_courtesy(left_out: tuple[Token, ...]) -> bool:
    """Whether a clause, or some, say nothing that the rest depends on: "Hi Ann, as discussed, ..."."""
    clause: list[str] = []
    for place, token in enumerate(left_out):
        if token.claim in _TURNING | _FIGURES:
            return False
        clause = [token.norm] if token.breaks else [*clause, token.norm]
        last = place + 1 == len(left_out) or left_out[place + 1].breaks
        if last and tuple(clause) not in _COURTESIES and (len(clause) > _LONGEST_COURTESY or _LIMITING & set(clause)):
            return False
    return True


def _names(said: Said) -> tuple[str, ...]:
    return tuple(token.norm for token in tokens(said.author)) if said.author else ()


def _named(statement: tuple[Token, ...], names: tuple[str, ...], i: int) -> int:
    """Return how many tokens from ``i`` on are the name in full, or one part of it; 0 for none."""
    if not names:
        return 0
    if tuple(token.norm for token in statement[i : i + len(names)]) == names:
        return len(names)
    return int(i < len(statement) and statement[i].norm in {names[0], names[-1]})


def _runs_through(topic: tuple[Token, ...], span: tuple[Token, ...]) -> bool:
    """Whether the topic is a run of the span's words that cuts no figure, and the span denies nothing outside it."""
    norms = [token.norm for token in topic]
    for start in range(len(span) - len(norms) + 1):
        end = start + len(norms)
        if [token.norm for token in span[start:end]] == norms:
            denied = any(token.claim is Claim.NEGATION for token in (*span[:start], *span[end:]))
            return not (denied or _goes_on(span, start) or _goes_on(span, end))
    return False


def _asks_of(question: tuple[Token, ...], span: tuple[Token, ...]) -> bool:
    """Whether the question has words of the span in their order, among words that ask, and ends as a question."""
    if question[-1].claim is not Claim.QUESTION:
        return False
    place: int | None = None
    for token in question[:-1]:
        found = _next(token, span, place)
        if found is not None:
            place = found + 1
        elif token.norm not in _QUESTION_WORDS:
            return False
    return place is not None and not _goes_on(span, place) and not _turns(_without_mark(span[place:]))


def _next(token: Token, span: tuple[Token, ...], place: int | None) -> int | None:
    """Return where the question goes on in the span; None where it must not, or asks with a word of its own."""
    start = place or 0
    near = [start] if token.norm in _QUESTION_WORDS and place is not None else range(start, len(span))
    if token.norm in _QUESTION_WORDS and place is None:
        return None
    found = next((j for j in near if j < len(span) and span[j].norm == token.norm), None)
    if found is None:
        return None
    # Before the first word of the span anything may be passed over but what turns the sense.
    facts = _TURNING if place is None else _TURNING | _FIGURES | {Claim.NAME}
    passed = any(one.claim in facts for one in span[start:found])
    return None if passed or _cuts(span, found, place) else found


def _cuts(span: tuple[Token, ...], found: int, place: int | None) -> bool:
    """Whether a step to ``found`` leaves a figure it passes apart from what belongs to it."""
    jumped = place is None or found > place
    return jumped and (_goes_on(span, found) or (place is not None and _goes_on(span, place)))


def _first_foreign(statement: tuple[Token, ...], span: tuple[Token, ...], said: Said) -> Claim:
    """Return what a token claims that the span has not at all, a fact before a word; else what is left out or moved."""
    known = {token.norm for token in span} | _ADDED | set(_names(said))
    foreign = [token.claim for token in statement if token.norm not in known]
    stated = {token.norm for token in statement}
    turned = [token.claim for token in span if token.claim in _TURNING and token.norm not in stated]
    return next((claim for claim in (*foreign, *turned) if claim is not Claim.WORD), Claim.WORD)

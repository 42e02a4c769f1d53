"""Use case: understand a user's wishes, by rules where they suffice and by Claude where they do not."""

from collections.abc import Callable, Sequence
from functools import partial

from pydantic import BaseModel, ConfigDict

from assistant.domain.calendar.wishes.asking import accepted, wish_prompt
from assistant.domain.calendar.wishes.interpreting import InterpretedWishes
from assistant.domain.calendar.wishes.reading import Wishes, read_wishes, sorted_out
from assistant.domain.users import UserId
from assistant.services.ask_claude import ClaudePorts, Question, ask_all


class WishesRequest(BaseModel):
    """Wishes about a week, in words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user_id: UserId
    wishes: Wishes


def understand_wishes(
    wishes: Sequence[str], *, user_id: str, seconds: float, claude: Callable[[], ClaudePorts]
) -> InterpretedWishes:
    """Return the wishes understood and those not, each in the order they were sent.

    Claude is asked about what the rules do not account for, for ``seconds`` at most. Without a key those wishes are not
    understood; without money or time, or with Claude down, ``degraded`` says so too.
    """
    read = read_wishes(wishes)
    ports = claude() if read.not_understood else None
    if ports is None or not ports.llm.configured():
        return InterpretedWishes(**dict(read))
    questions = [Question(wish_prompt(wish), partial(accepted, wish)) for wish in read.not_understood]
    answers = ask_all(questions, user_id=user_id, seconds=seconds, ports=ports)
    heard = sorted_out(wishes, (*read.understood, *filter(None, answers.results)))
    return InterpretedWishes(**dict(heard), degraded=("claude",) if answers.missed else ())

"""Use case: understand a user's wishes, by rules where they suffice and by Claude where they do not."""

from collections.abc import Callable, Sequence
from functools import partial

from pydantic import BaseModel, ConfigDict

from assistant.domain.calendar.wishes.asking import accepted, wish_prompt
from assistant.domain.calendar.wishes.reading import UnderstoodWish, Wishes, WishesRead, read_wishes
from assistant.domain.users import UserId
from assistant.services.ask_claude import ClaudePorts, Question, ask_all


class WishesRequest(BaseModel):
    """Wishes about a week, in words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user_id: UserId
    wishes: Wishes


def understand_wishes(
    wishes: Sequence[str], *, user_id: str, seconds: float, claude: Callable[[], ClaudePorts]
) -> WishesRead:
    """Return the wishes understood and those not, each in the order they were sent.

    Claude is asked about what the rules do not account for, for ``seconds`` at most; without a key, money or time
    those wishes are not understood.
    """
    read = read_wishes(wishes)
    if not read.not_understood:
        return read
    questions = [Question(wish_prompt(wish), partial(accepted, wish)) for wish in read.not_understood]
    answers = ask_all(questions, user_id=user_id, seconds=seconds, ports=claude()).results
    heard = {wish: answer for wish, answer in zip(read.not_understood, answers, strict=True) if answer}
    known: dict[str, UnderstoodWish] = {found.wish: found for found in read.understood} | heard
    return WishesRead(
        understood=tuple(known[wish] for wish in wishes if wish in known),
        not_understood=tuple(wish for wish in wishes if wish not in known),
    )

from itertools import count

import pytest

from assistant.services.recent import Recent


def test_a_value_is_kept_for_its_time() -> None:
    numbers = count()
    recent = Recent(lambda: next(numbers), seconds=5)
    assert [recent.value(now) for now in (0.0, 4.9, 5.0, 9.9, 20.0)] == [0, 0, 1, 1, 2]


def test_a_failure_is_not_kept() -> None:
    answers: list[ValueError | int] = [7, ValueError("down")]

    def compute() -> int:
        answer = answers.pop()
        if isinstance(answer, ValueError):
            raise answer
        return answer

    recent = Recent(compute, seconds=5)
    with pytest.raises(ValueError, match="down"):
        recent.value(0.0)
    assert recent.value(0.1) == 7

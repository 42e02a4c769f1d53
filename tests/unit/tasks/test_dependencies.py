"""Unknown ids and cycles are named, and blockers come first."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.errors import FieldError
from assistant.domain.tasks.dependencies import blockers_first, broken_dependencies
from tests.unit.tasks.tasks import task


def broken(closed: frozenset[str] = frozenset(), **depends_on: list[str]) -> tuple[FieldError, ...]:
    return broken_dependencies(list(depends_on.items()), closed=closed)


def test_a_cycle_is_named_from_its_first_task() -> None:
    assert broken(x=[], a=["b"], b=["c"], c=["a"]) == (
        FieldError("tasks[1].depends_on", "makes a cycle: a → b → c → a"),
    )
    assert broken(a=["a"]) == (FieldError("tasks[0].depends_on", "makes a cycle: a → a"),)


def test_a_long_cycle_is_shortened() -> None:
    names = [f"t{number}" for number in range(20)]
    (problem,) = broken_dependencies(
        [(one, [after]) for one, after in zip(names, names[1:] + names[:1], strict=True)], closed=frozenset()
    )
    assert problem.detail == "makes a cycle: t0 → t1 → t2 → t3 → t4 → t5 → … → t0"


def test_an_unknown_id_is_named_and_a_closed_one_is_no_matter() -> None:
    assert broken(a=["b", "nobody"], b=[]) == (
        FieldError("tasks[0].depends_on[1]", "is the id of no task of the request"),
    )
    assert broken(frozenset({"done"}), a=["done"]) == ()


@given(st.permutations(range(8)), st.data())
def test_blockers_come_first_and_the_order_stays_otherwise(order: list[int], data: st.DataObject) -> None:
    depends_on = {
        number: data.draw(st.lists(st.sampled_from(range(number)), max_size=3)) if number else [] for number in range(8)
    }
    tasks = [task(f"t{number}", depends_on=[f"t{other}" for other in depends_on[number]]) for number in order]
    found = [one.id for one in blockers_first(tasks)]
    assert sorted(found) == sorted(one.id for one in tasks)
    for one in tasks:
        assert all(found.index(name) < found.index(one.id) for name in one.depends_on)
    if not any(depends_on.values()):
        assert found == [one.id for one in tasks]

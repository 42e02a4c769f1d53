"""The arithmetic of `make bench`: targets, comparison with the baseline, parts saved one by one."""

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.domain.calendar.objective import Score
from assistant.domain.calendar.solution import Solution, Status
from bench.report import Figure, Part, load_baseline, row, save, share, summarize
from bench.team import open_gap

TIMES = Figure("planning", "ms", median=20.0, p95=30.0, samples=9, target=30.0)
RATES = Figure("throughput", "req/s", median=50.0, p95=60.0, samples=9)
BEFORE = Part(calibration=10.0, seconds=3.0, figures=(TIMES, RATES))


def ratio(figure: Figure, calibration: float) -> str:
    return row(figure, calibration, BEFORE).split()[-1]


def solution(score: Score, bounds: Score | None) -> Solution[dict[str, str]]:
    return Solution({}, Status.FEASIBLE, score, bounds, seconds=1.0)


def test_a_figure_is_the_median_and_the_95th_percentile() -> None:
    figure = summarize("x", "ms", [float(number) for number in range(101)], target=94.0)
    assert (figure.median, figure.p95, figure.samples) == (50.0, 95.0, 101)
    assert figure.missed


@pytest.mark.parametrize(("p95", "verdict"), [(30.0, "ok"), (30.1, "MISS")])
def test_a_target_is_the_most_the_95th_percentile_may_be(p95: float, verdict: str) -> None:
    assert verdict in row(replace(TIMES, p95=p95), 10.0, None).split()


@pytest.mark.parametrize(("held", "verdict"), [([True] * 99 + [False], "ok"), ([True] * 49 + [False], "MISS")])
def test_the_target_of_a_share_is_the_least_it_may_be(held: list[bool], verdict: str) -> None:
    assert verdict in row(share("valid", held, at_least=99), 10.0, None).split()


def test_a_share_without_a_target_is_never_missed() -> None:
    figure = share("proven", [True, False, False, False])
    assert (figure.median, figure.unit, figure.missed) == (25.0, "%", False)


def test_times_and_rates_are_compared_as_if_on_the_machine_of_the_baseline() -> None:
    assert ratio(replace(TIMES, median=40.0), calibration=20.0) == "1.00x"
    assert ratio(replace(RATES, median=25.0), calibration=20.0) == "1.00x"
    assert ratio(replace(TIMES, median=40.0), calibration=10.0) == "2.00x"


def test_a_figure_the_baseline_lacks_is_new() -> None:
    assert ratio(replace(TIMES, name="another"), calibration=10.0) == "new"
    assert row(TIMES, 10.0, None).endswith("new")


def test_a_figure_that_was_nothing_has_no_ratio() -> None:
    nothing = replace(TIMES, name="open gap", median=0.0)
    assert row(nothing, 10.0, replace(BEFORE, figures=(nothing,))).endswith(" -")


def test_saving_a_part_replaces_it_whole_and_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    triage = replace(BEFORE, figures=(RATES,))
    save("triage", triage, path)
    save("calendar", BEFORE, path)
    again = Part(calibration=11.0, seconds=4.0, figures=(replace(TIMES, name="renamed"),))
    save("calendar", again, path)
    assert load_baseline(path) == {"triage": triage, "calendar": again}


def test_without_a_baseline_nothing_is_loaded(tmp_path: Path) -> None:
    assert load_baseline(tmp_path / "baseline.json") == {}


@pytest.mark.parametrize(
    ("bounds", "percent"),
    [
        (Score(1, 80, 200), 0.0),
        (Score(1, 80, 150), 25.0),
        # Nothing is known of the third tier while the second is open.
        (Score(1, 60, 0), 25.0),
        (None, 100.0),
    ],
)
def test_the_open_gap_is_that_of_the_first_open_tier(bounds: Score | None, percent: float) -> None:
    assert open_gap(solution(Score(1, 80, 200), bounds)) == percent

"""A plan in sentences: the core's say what is so, and of Claude's nothing gets through that no fact says."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from num2words import num2words

from assistant.domain.calendar.plan import EMPTY_PLAN
from assistant.domain.calendar.plan_record import PlanRecord
from assistant.domain.calendar.prose.asking import SummaryAnswer, accepted_summary, summary_prompt
from assistant.domain.calendar.prose.claims import check_claims
from assistant.domain.calendar.prose.facts import Fact, FactKind, plan_facts
from assistant.domain.calendar.prose.wording import said
from assistant.domain.languages import WrittenLanguage, written_day
from assistant.domain.llm import Rejected
from tests.fakes import claude_calendar
from tests.fakes.examples import examples
from tests.fakes.plans import greedy_record, unproven
from tests.fakes.weeks import busy_week
from tests.unit.calendar.weeks import event, problem

ENGLISH, SPANISH, FRENCH, GERMAN = WrittenLanguage
BERLIN = ZoneInfo("Europe/Berlin")
MOVED = Fact(
    FactKind.MOVED,
    titles=("Hiring sync",),
    counts={"people": 3},
    minutes={"length": 90},
    times={
        "old_start": datetime(2025, 1, 21, 9, 30, tzinfo=BERLIN),
        "start": datetime(2025, 1, 22, 14, tzinfo=BERLIN),
        "end": datetime(2025, 1, 22, 15, 30, tzinfo=BERLIN),
    },
)
OVERALL = Fact(
    FactKind.OVERALL,
    counts={"changes": 6, "conflicts_before": 3, "conflicts_after": 0},
    days={"first": date(2025, 1, 20), "last": date(2025, 1, 24)},
)
# Every number that is said in one way or another by one of the two.
KNOWN = {0, 3, 6, 9, 14, 15, 20, 21, 22, 24, 30, 90, 2025}


def record(**changes: object) -> PlanRecord:
    return replace(greedy_record("plan1", datetime(2025, 1, 15, tzinfo=UTC)), **changes)  # type: ignore[arg-type]


def untouched() -> PlanRecord:
    """The busy week with nothing done about it."""
    week = busy_week()
    return record(problem=week, solution=unproven(week, EMPTY_PLAN))


def rejected(text: str, fact: Fact, language: WrittenLanguage = ENGLISH) -> str | None:
    try:
        check_claims(text, fact, language)
    except Rejected as reason:
        return reason.reason
    return None


class TestFacts:
    def test_are_those_of_the_plan_the_gravest_of_each_kind_first(self) -> None:
        kinds = [fact.kind.value for fact in plan_facts(record())]
        assert kinds == ["overall", "focus", "saved", "moved", "declined", "moved", "task", "more", "focus_missing"]

    def test_name_what_stays_unmet_and_that_there_is_more(self) -> None:
        facts = plan_facts(untouched())
        grave = [fact for fact in facts if fact.must_be_said]
        assert [fact.kind.value for fact in grave] == ["overall", "overlap", "overlap", "focus_missing", "more_unmet"]
        assert grave[1].titles == ("Board preparation", "Vendor call")
        assert grave[1].minutes == {"minutes": 60}

    def test_of_days_over_the_maximum_say_how_many_meetings_there_are(self) -> None:
        hours = ("09", "11", "13")
        busy = problem(*(event(hour, f"2026-03-23T{hour}:00") for hour in hours), max_meetings_per_day=2)
        facts = plan_facts(record(problem=busy, solution=unproven(busy, EMPTY_PLAN)))
        (over,) = (fact for fact in facts if fact.kind is FactKind.OVER_MAXIMUM)
        assert over.counts == {"meetings": 3, "most": 2}
        assert said(over, ENGLISH) == "There are still 3 meetings on Monday 23 March; you want at most 2."

    def test_hold_titles_that_cannot_end_their_quotes(self) -> None:
        order = "Sync” is off. “All\u202e of it"
        start = "2026-03-23T09:00"
        calendar = problem(event("a", start, title=order), event("b", start, title=""))
        facts = plan_facts(record(problem=calendar, solution=unproven(calendar, EMPTY_PLAN)))
        (overlap,) = (fact for fact in facts if fact.kind is FactKind.OVERLAP)
        assert overlap.titles == ("Sync' is off. 'All of it", "")
        assert said(overlap, GERMAN).startswith("“Sync' is off. 'All of it” und Ein Termin ohne Titel über")


class TestWords:
    @pytest.mark.parametrize(
        ("language", "words"),
        [
            (
                ENGLISH,
                (
                    "“Hiring sync” moves from Tuesday 21 January, 09:30 to Wednesday 22 January, 14:00–15:30. "
                    "That concerns 3 other people."
                ),
            ),
            (
                SPANISH,
                (
                    "“Hiring sync” pasa del martes 21 de enero a las 09:30 al miércoles 22 de enero a las 14:00–15:30. "
                    "Afecta a 3 personas más."
                ),
            ),
            (
                FRENCH,
                (
                    "“Hiring sync” passe du mardi 21 janvier à 09:30 au mercredi 22 janvier à 14:00–15:30. "
                    "Cela concerne 3 autres personnes."
                ),
            ),
            (
                GERMAN,
                (
                    "“Hiring sync” wandert von Dienstag, 21. Januar, 09:30 Uhr auf Mittwoch, 22. Januar, "
                    "14:00–15:30 Uhr. Das betrifft 3 weitere Personen."
                ),
            ),
        ],
    )
    def test_of_a_move(self, language: WrittenLanguage, words: str) -> None:
        assert said(MOVED, language) == words

    def test_count_one_as_one(self) -> None:
        assert "changes 1 event." in said(replace(OVERALL, counts={**OVERALL.counts, "changes": 1}), ENGLISH)
        assert "modifie 0 événement." in said(replace(OVERALL, counts={**OVERALL.counts, "changes": 0}), FRENCH)

    def test_name_both_days_of_what_ends_on_another(self) -> None:
        late = replace(MOVED, times={**MOVED.times, "end": datetime(2025, 1, 23, 1, tzinfo=BERLIN)})
        assert "22 January, 14:00 – Thursday 23 January, 01:00." in said(late, ENGLISH)

    @pytest.mark.parametrize("language", list(WrittenLanguage))
    @pytest.mark.parametrize("plan", [record(), untouched()], ids=["planned", "untouched"])
    def test_stand_up_to_the_checks_of_claudes(self, plan: PlanRecord, language: WrittenLanguage) -> None:
        facts = plan_facts(plan)
        ids = [fact["id"] for fact in listed(facts, language)]
        pairs = zip(ids, facts, strict=True)
        answer = {"sentences": [{"fact": name, "text": said(fact, language)} for name, fact in pairs]}
        text = accepted_summary(facts, language, SummaryAnswer.model_validate(answer))
        assert text == " ".join(said(fact, language) for fact in facts)


def listed(facts: Sequence[Fact], language: WrittenLanguage) -> Sequence[dict[str, object]]:
    found = summary_prompt(facts, language).data["facts"]
    assert isinstance(found, list)
    return found


class TestClaims:
    @pytest.mark.parametrize(
        ("language", "text"),
        [
            (
                ENGLISH,
                "“Hiring sync” moves to Wednesday, January 22nd, 2025, from 2 pm to 3:30 p.m., for three people.",
            ),
            (ENGLISH, '"Hiring sync" takes 1.5 hours, or 90 minutes, from 14:00 on the 22nd.'),
            (ENGLISH, "“Hiring sync” (one and a half hours) no longer starts on Tuesday at 9:30 am."),
            (ENGLISH, "“Hiring sync” is on 2025-01-22."),
            (SPANISH, "«Hiring sync» pasa al miércoles 22 de enero de 2025 a las 14:00 y dura hora y media."),
            (SPANISH, "“Hiring sync” afecta a tres personas el miércoles 22 de enero, de 14:00 a 15:30."),
            (FRENCH, "« Hiring sync » passe au mercredi 22 janvier, de 14 h à 15h30, soit 1h30, avec trois personnes."),
            (FRENCH, "“Hiring sync” ne reste pas le mardi 21 janvier à 9h30."),
            (GERMAN, "„Hiring sync“ wandert auf Mittwoch, den 22. Januar, 14 Uhr, für anderthalb Stunden."),
            (GERMAN, "„Hiring sync“ beginnt um 14.00 Uhr statt um 9.30 Uhr und betrifft drei Personen."),
        ],
    )
    def test_that_a_fact_bears_out_pass_however_they_are_said(self, language: WrittenLanguage, text: str) -> None:
        assert rejected(text, MOVED, language) is None

    @pytest.mark.parametrize(
        ("language", "text", "reason"),
        [
            (ENGLISH, "“Hiring sync” moves to 14:30.", "time"),
            (ENGLISH, "“Hiring sync” moves to 2 am.", "time"),
            (ENGLISH, "“Hiring sync” moves to 13 pm.", "time"),
            (ENGLISH, "“Hiring sync” moves to noon.", "time"),
            (ENGLISH, "“Hiring sync” moves to 25:00.", "time"),
            (ENGLISH, "“Hiring sync” moves to 14.", "number"),
            (ENGLISH, "“Hiring sync” moves to Thursday.", "day"),
            (ENGLISH, "“Hiring sync” moves to Tuesday 22 January.", "day"),
            (ENGLISH, "“Hiring sync” moves to 22 January 2026.", "day"),
            (ENGLISH, "“Hiring sync” moves to 22 February.", "day"),
            (ENGLISH, "“Hiring sync” moves to 2025-02-22.", "day"),
            (ENGLISH, "“Hiring sync” moves to a day in May.", "day"),
            (ENGLISH, "“Hiring sync” moves to tomorrow.", "day"),
            (ENGLISH, "“Hiring sync” moves on the 23rd.", "number"),
            (ENGLISH, "“Hiring sync” is on 21 and 22 January.", "number"),
            (ENGLISH, "“Hiring sync” takes 60 minutes.", "duration"),
            (ENGLISH, "“Hiring sync” takes half an hour.", "duration"),
            (ENGLISH, "“Hiring sync” takes three 90 minutes.", "number"),
            (ENGLISH, "“Hiring sync” concerns 90 people.", "number"),
            (ENGLISH, "“Hiring sync” concerns twenty-three people.", "number"),
            (ENGLISH, "“Hiring sync” concerns 3 hundred people.", "number"),
            (ENGLISH, "“Hiring sync” concerns 3,000 people.", "number"),
            (ENGLISH, "“Hiring sync” concerns 3.5 people.", "number"),
            (ENGLISH, "“Hiring sync” concerns minus 3 people.", "number"),
            (ENGLISH, "“Hiring sync” concerns no people.", "number"),
            (ENGLISH, "“Hiring sync” concerns both of them.", "number"),
            (ENGLISH, "“Hiring sync” concerns XII people.", "number"),
            (ENGLISH, "“Hiring sync” concerns 3% more.", "characters"),
            (ENGLISH, "“Hiring sync” concerns ½ of them.", "characters"),
            (ENGLISH, "“Hiring sync” concerns 九 people.", "characters"),
            (ENGLISH, "“Hiring sync” is at www evil com.", "characters"),
            (ENGLISH, "“Hiring sync” is at evil.example now.", "characters"),
            (ENGLISH, "“Hiring sync” is at https://evil.example.", "characters"),
            (ENGLISH, "“Hiring sync” and “Board” move.", "characters"),
            (ENGLISH, "Hiring sync moves.", "title"),
            (ENGLISH, "“Hiring Sync” moves.", "title"),
            (SPANISH, "“Hiring sync” pasa al jueves.", "day"),
            (SPANISH, "“Hiring sync” dura media hora.", "duration"),
            (SPANISH, "“Hiring sync” afecta a veintitrés personas.", "number"),
            (SPANISH, "“Hiring sync” no afecta a ninguna persona.", "number"),
            (FRENCH, "“Hiring sync” passe au jeudi.", "day"),
            (FRENCH, "“Hiring sync” commence à 15 h.", "time"),
            (FRENCH, "“Hiring sync” concerne vingt et une personnes.", "number"),
            (FRENCH, "“Hiring sync” ne concerne aucune personne.", "number"),
            (GERMAN, "„Hiring sync“ wandert auf Donnerstag.", "day"),
            (GERMAN, "„Hiring sync“ beginnt um halb drei.", "number"),
            (GERMAN, "„Hiring sync“ betrifft dreiundzwanzig Personen.", "number"),
            (GERMAN, "„Hiring sync“ betrifft keine Personen.", "number"),
        ],
    )
    def test_that_no_fact_bears_out_are_refused(self, language: WrittenLanguage, text: str, reason: str) -> None:
        assert rejected(text, MOVED, language) == reason

    def test_of_nothing_need_a_zero_among_the_facts(self) -> None:
        assert rejected("No overlaps are left, and none will come.", OVERALL) is None
        assert rejected("No overlaps are left.", replace(OVERALL, counts={"conflicts_after": 1})) == "number"

    @pytest.mark.parametrize("language", list(WrittenLanguage))
    @examples(400)
    @given(data=st.data())
    def test_with_a_number_outside_the_facts_never_get_through(
        self, language: WrittenLanguage, data: st.DataObject
    ) -> None:
        fact = data.draw(st.sampled_from([MOVED, OVERALL]))
        number = data.draw(st.integers(2, 3_000_000).filter(lambda one: one not in KNOWN))
        other = data.draw(st.sampled_from(list(WrittenLanguage)))
        spelling = data.draw(st.sampled_from(["cardinal", "ordinal", "figures", "grouped"]))
        if spelling in {"cardinal", "ordinal"}:
            told = num2words(number, lang=other.value, to=spelling)
        else:
            told = f"{number:,}" if spelling == "grouped" else str(number)
        words = said(fact, language).replace("“Hiring sync”", "“Hiring_sync”").split(" ")
        place = data.draw(st.integers(0, len(words)))
        text = " ".join([*words[:place], told, *words[place:]]).replace("Hiring_sync", "Hiring sync")
        assert rejected(text, fact, language), text

    @pytest.mark.parametrize("language", list(WrittenLanguage))
    @examples(200)
    @given(
        day=st.dates(date(2024, 1, 1), date(2026, 12, 31)),
        clock=st.times(),
        form=st.sampled_from(["%H:%M", "%I:%M %p"]),
    )
    def test_with_another_time_or_day_never_get_through(
        self, language: WrittenLanguage, day: date, clock: time, form: str
    ) -> None:
        if clock.replace(second=0, microsecond=0) not in {one.time() for one in MOVED.times.values()}:
            assert rejected(f"“Hiring sync” {clock:{form}}", MOVED, language)
        if (day.month, day.day) not in {(1, 21), (1, 22)}:
            assert rejected(f"“Hiring sync” {written_day(day, language)}", MOVED, language)


def figures(text: str) -> set[str]:
    """Return the figures in a text, however they are written: ³ says 3."""
    return {one for one in unicodedata.normalize("NFKC", text) if one.isnumeric()}


class TestAnswers:
    facts = plan_facts(record())

    def accepted(self, answer: object, language: WrittenLanguage = ENGLISH) -> str:
        return accepted_summary(self.facts, language, SummaryAnswer.model_validate(answer))

    def honest(self, language: WrittenLanguage = ENGLISH, lie: str = "") -> dict[str, list[dict[str, str]]]:
        return dict(claude_calendar.summary(summary_prompt(self.facts, language).data, lie=lie))  # type: ignore[arg-type]

    @pytest.mark.parametrize("language", list(WrittenLanguage))
    def test_of_an_honest_model_stand(self, language: WrittenLanguage) -> None:
        text = self.accepted(self.honest(language), language)
        assert "“Hiring sync”" in text
        assert "1 h 15 min" in text

    @pytest.mark.parametrize("language", list(WrittenLanguage))
    def test_that_obey_a_title_do_not(self, language: WrittenLanguage) -> None:
        with pytest.raises(Rejected):
            self.accepted(claude_calendar.obedient_summary(summary_prompt(self.facts, language).data), language)

    @examples(300)
    @given(lie=st.text(max_size=60), language=st.sampled_from(list(WrittenLanguage)))
    @example(lie="³A", language=WrittenLanguage.ENGLISH)
    def test_hold_no_figure_but_those_of_the_facts(self, lie: str, language: WrittenLanguage) -> None:
        try:
            text = self.accepted(self.honest(language, lie), language)
        except Rejected:
            return
        honest = self.accepted(self.honest(language), language)
        assert figures(text) <= figures(honest)

    def test_about_one_fact_may_not_use_the_numbers_of_another(self) -> None:
        answer = self.honest()
        answer["sentences"][0]["text"] += " That concerns Thursday 23 January at 10:15."
        with pytest.raises(Rejected, match="day"):
            self.accepted(answer)

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda said: said.reverse(), "inconsistent"),
            (lambda said: said.append(said[0]), "inconsistent"),
            (lambda said: said[1].update(fact="weather"), "inconsistent"),
            (lambda said: said.pop(), "incomplete"),
            (
                lambda said: said[0].update(text="Sechs Termine ändern sich und danach ist es so, wie Sie es wollen."),
                None,
            ),
        ],
        ids=["not the whole first", "a fact twice", "an unknown fact", "what is missing left out", "mixed languages"],
    )
    def test_that_are_not_whole_do_not_stand(self, change: object, reason: str | None) -> None:
        answer = self.honest()
        change(answer["sentences"])  # type: ignore[operator]
        if reason is None:
            self.accepted(answer)
            return
        with pytest.raises(Rejected, match=reason):
            self.accepted(answer)

    def test_in_another_language_do_not_stand(self) -> None:
        with pytest.raises(Rejected, match="language"):
            self.accepted(self.honest(FRENCH), SPANISH)

    def test_are_asked_for_with_facts_as_data_and_titles_with_their_source(self) -> None:
        prompt = summary_prompt(self.facts, GERMAN)
        moved = listed(self.facts, GERMAN)[3]
        assert moved == {
            "id": "moved",
            "kind": "moved",
            "must_be_said": False,
            "titles": [{"text": "Hiring sync", "source": "calendar"}],
            "counts": {"people": 3},
            "durations": {"length": "1 h"},
            "times": {
                "old_start": "Dienstag, 21. Januar, 09:30 Uhr",
                "start": "Mittwoch, 22. Januar, 09:30 Uhr",
                "end": "Mittwoch, 22. Januar, 10:30 Uhr",
            },
        }
        assert "Hiring sync" not in prompt.policy + prompt.profile

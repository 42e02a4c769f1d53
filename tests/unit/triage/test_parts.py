"""The small parts: cues, languages, sentences, requests, weights, sender keys, wording."""

import math
from array import array
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.learning import LearnedRecord
from assistant.domain.mail import Mail
from assistant.domain.mail_addresses import sender_mailbox
from assistant.domain.senders import learned_category, sender_keys
from assistant.domain.triage.bulk import (
    KIND_FEATURES,
    KINDS,
    has_lookalike,
    is_automatic,
    is_discussion_list,
    is_robot,
    kind_features,
    kind_terms,
)
from assistant.domain.triage.cascade import require_features
from assistant.domain.triage.cues import Cue, find_cues, words
from assistant.domain.triage.decision import Category
from assistant.domain.triage.hashing import hashed_counts, word_terms
from assistant.domain.triage.language import Language, detect_language
from assistant.domain.triage.lexicon import chinese, english, french, german, spanish
from assistant.domain.triage.lures import count_traps
from assistant.domain.triage.reading import read
from assistant.domain.triage.sender_name import is_brand, is_chinese_person, is_named_address, is_signed
from assistant.domain.triage.sentences import sentences
from assistant.domain.triage.weights import Calibration, LinearModel, shipped_weights
from tests.unit.triage.mails import BULK, URGENT, mail
from training.archetypes import compose_archetypes


def cues(text: str) -> set[tuple[Cue, str]]:
    return {(hit.cue, text[hit.start : hit.end]) for hit in find_cues(text)}


def test_the_longest_cue_wins() -> None:
    assert cues("It is not urgent.") == {(Cue.CALM, "not urgent")}
    assert (Cue.ESCALATION, "not resolved") in cues("This is still broken and not resolved")


def test_cues_fit_numbers_stems_accents_and_any_word() -> None:
    assert (Cue.IMPACT, "300 customers") in cues("300 customers wait")
    assert (Cue.SAFETY, "evacuated") in cues("We evacuated the hall")
    assert (Cue.IMMEDIATE, "inmediatamente") in cues("Responda inmediatamente")
    assert (Cue.MEETING, "Réunion") in cues("Réunion lundi")
    assert (Cue.IMMEDIATE, "尽快") in cues("请尽快回复")


@pytest.mark.parametrize("language", [english, spanish, french, german, chinese])
def test_every_language_names_known_cues_and_the_ones_the_guard_needs(language: object) -> None:
    phrases = language.PHRASES  # type: ignore[attr-defined]  # modules share the attribute, not a type
    assert {Cue(name) for name in phrases} >= {
        Cue.IMMEDIATE, Cue.OUTAGE, Cue.SECURITY, Cue.SAFETY, Cue.LOSS, Cue.LEGAL, Cue.ESCALATION, Cue.CALM, Cue.ASK,
        Cue.CREDENTIALS, Cue.PROMOTION, Cue.UNSUBSCRIBE, Cue.STEERING,
    }  # fmt: skip


@given(st.text(max_size=300))
def test_cues_stand_where_they_say(text: str) -> None:
    for hit in find_cues(text):
        assert 0 <= hit.start < hit.end <= len(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Could you please send me the report?", Language.ENGLISH),
        ("¿Podrías enviarme el informe, por favor?", Language.SPANISH),
        ("Pourriez-vous m'envoyer le rapport, s'il vous plaît ?", Language.FRENCH),
        ("Könnten Sie mir bitte den Bericht schicken?", Language.GERMAN),
        ("请把报告发给我。", Language.CHINESE),
        ("", Language.ENGLISH),
    ],
)
def test_the_language_is_told(text: str, expected: Language) -> None:
    assert detect_language(text, [word for word, _, _ in words(text)]) is expected


def test_sentences_cross_wrapped_lines_and_end_at_short_ones() -> None:
    text = (
        "Hi Ana,\nI wanted to ask you whether you could look at the new\nbudget (or is it done?) before noon. "
        "Thanks!\n- one\n- two"
    )
    assert [sentence.text for sentence in sentences(text)] == [
        "Hi Ana,",
        "I wanted to ask you whether you could look at the new\nbudget (or is it done?) before noon.",
        "Thanks!",
        "- one",
        "- two",
    ]


@given(st.text(alphabet="ab .!?\n。", max_size=200))
def test_sentences_stand_where_they_say(text: str) -> None:
    found = list(sentences(text))
    assert all(text[sentence.start : sentence.end] == sentence.text for sentence in found)
    assert sum(len(sentence.text.split()) for sentence in found) <= len(text.split()) + len(found)


def test_hashed_words_have_length_one_and_hide_digits() -> None:
    vector = hashed_counts(word_terms(["room", "12", "free"]), 1024)
    assert math.isclose(sum(value * value for value in vector.values()), 1)
    assert vector == hashed_counts(word_terms(["room", "34", "free"]), 1024)
    assert hashed_counts([], 1024) == {}


def test_probabilities_add_up_and_follow_the_weights() -> None:
    model = LinearModel(("no", "yes"), ("a",), 2, array("f", [0, 0, 0, 0, 0, 2, 0, 1]))
    assert math.isclose(sum(model.probabilities({"a": 1.0}, {1: 1.0}).values()), 1)
    assert model.probabilities({"a": 1.0}, {})["yes"] < model.probabilities({"a": 1.0}, {1: 1.0})["yes"]


def test_calibration_rises_between_its_knots() -> None:
    calibrate = Calibration((0.2, 0.6), (0.1, 0.9))
    assert [calibrate(score) for score in (0.0, 0.2, 0.4, 0.6, 1.0)] == pytest.approx([0.1, 0.1, 0.5, 0.9, 0.9])


def test_shipped_weights_fit_the_features() -> None:
    weights = shipped_weights()
    assert set(kind_features(read(mail("a", "b")))) == set(KIND_FEATURES) == set(weights.kind.features)
    for model in (weights.kind, weights.sentence, weights.request):
        assert len(model.weights) == len(model.classes) * model.row
    assert set(weights.calibrations) == {"spam", "machine", "marks", "lure", "person", "urgent"}
    for calibration in weights.calibrations.values():
        assert list(calibration.shares) == sorted(calibration.shares)


def conversation(item: Mail) -> float:
    model, reading = shipped_weights().kind, read(item)
    return model.probabilities(kind_features(reading), kind_terms(reading, model.buckets))["conversation"]


def test_bulk_is_told_from_people_with_and_without_headers() -> None:
    for item in BULK.values():
        for shown in (item, item.model_copy(update={"headers": {}})):
            assert conversation(shown) < 0.5
    for name, item in URGENT.items():
        # A program wrote the alert; the guard fires on it whatever the model says.
        assert conversation(item) > 0.5 or name == "en-alert"


def test_lists_and_robots_are_known_by_header_and_address() -> None:
    assert is_discussion_list({"list-id": "<a.b>", "list-post": "<mailto:a@b>"})
    assert is_discussion_list({"precedence": "list"})
    assert not is_discussion_list({"list-id": "<a.b>", "list-post": "NO", "x-beenthere": "a@b"})
    assert not is_discussion_list({"list-unsubscribe": "<https://x>"})
    assert is_robot("no-reply@shop.example")
    assert not is_robot("noreen@shop.example")


def test_sender_keys_are_the_list_and_the_address() -> None:
    item = mail("a", "b", headers={"List-Id": "Gardening <Gardening.Lists.example>"})
    assert sender_keys(item) == ("list:gardening.lists.example", "from:ana.brandt@northwind.example")
    assert sender_keys(mail("a", "b", headers={"list-id": "bare.example"}, sender="")) == ("list:bare.example",)
    assert sender_keys(Mail(id="1")) == ()


@pytest.mark.parametrize(
    ("corrections", "decided", "expected"),
    [
        ({}, Category.ROUTINE, Category.ROUTINE),
        ({Category.URGENT_ACTION: 1}, Category.ROUTINE, Category.URGENT_ACTION),
        ({Category.ARCHIVE: 1}, Category.ROUTINE, Category.ROUTINE),
        ({Category.ARCHIVE: 2}, Category.ROUTINE, Category.ARCHIVE),
        ({Category.ARCHIVE: 2, Category.IMPORTANT_READ: 2}, Category.ROUTINE, Category.IMPORTANT_READ),
        ({Category.ARCHIVE: 3, Category.ROUTINE: 2, Category.IMPORTANT_READ: 2}, Category.ROUTINE, Category.ROUTINE),
    ],
)
def test_corrections_are_weighed(corrections: dict[Category, int], decided: Category, expected: Category) -> None:
    record = LearnedRecord(key="from:a@b.example", corrections=corrections)
    assert learned_category(decided, [record, record]) is expected


def test_a_correction_leaves_the_old_record_alone() -> None:
    old = LearnedRecord(key="from:a@b.example")
    assert old.corrected(Category.ARCHIVE).corrections == {Category.ARCHIVE: 1}
    assert old.corrections == {}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        ({"auto-submitted": "no"}, False),
        ({"auto-submitted": "auto-generated"}, True),
        ({"x-auto-response-suppress": "All"}, True),
        ({"x-auto-response-suppress": "OOF"}, False),
    ],
)
def test_automatic_mail_says_so(headers: dict[str, str], expected: bool) -> None:
    assert is_automatic(headers) is expected


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("cl0udbox.example", True),
        ("pay-porta1-login.example", True),
        ("mail.company.example", False),
        ("office365.example", False),
        ("mail2.company.example", False),
        ("", False),
    ],
)
def test_lookalike_domains_write_digits_for_letters(domain: str, expected: bool) -> None:
    assert has_lookalike(domain) is expected


def test_weights_of_other_features_are_refused() -> None:
    weights = shipped_weights()
    stale = replace(weights, kind=replace(weights.kind, features=weights.kind.features[:-1]))
    with pytest.raises(ValueError, match="train the weights again"):
        require_features(stale)


def test_archetypes_are_the_same_every_time_and_know_every_kind() -> None:
    composed = compose_archetypes()
    assert composed == compose_archetypes()
    assert {item.kind for item in composed} == set(KINDS)
    assert all("{" not in item.mail.body + item.mail.subject + item.mail.sender for item in composed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Type the password of your mailbox at http://other.example/x", 1),
        ("Introduzca su clave en http://other.example/x", 1),
        ("Renseignez votre carte sur http://other.example/x", 1),
        ("Hinterlegen Sie Ihre Kreditkarte unter http://other.example/x", 1),
        ("请在 http://other.example 输入密码", 1),
        ("Settle the 3.10 EUR fee at http://other.example/x", 1),
        ("Pay the fee of 3.10 EUR and enter your card at http://other.example/x", 2),
        ("Please pay invoice 12 over 3,100.00 EUR by Friday.", 0),
        ("Pay the $1,500 fee at http://other.example/x", 0),
        ("Zahlen Sie 1.200,00 € unter http://other.example/x", 0),
        ("The card arrives on Friday.", 0),
    ],
)
def test_a_trap_is_a_secret_to_type_or_a_small_fee(text: str, expected: int) -> None:
    assert count_traps(read(mail("Notice", text))) == expected


@pytest.mark.parametrize(
    ("sender", "brand", "named"),
    [
        ("Blue Heron <hello@mail.blueheron.example>", True, False),
        ("Ana Brandt <ana.brandt@northwind.example>", False, True),
        ("Julia Weber <julia@weber.example>", False, True),
        ("Doe, Jane A <DoeJA@northwind.example>", False, True),
        ("Box Office <box@theatre.example>", False, False),
        ("Rewards <offers@shop.example>", False, False),
        ("", False, False),
    ],
)
def test_brands_and_people_name_themselves_differently(sender: str, brand: bool, named: bool) -> None:
    mailbox = sender_mailbox(sender)
    assert (is_brand(mailbox), is_named_address(mailbox)) == (brand, named)


@pytest.mark.parametrize(
    ("body", "expected"),
    [("See you.\n\nAna", True), ("See you.\n\nBest regards, Ana Brandt", True), ("Ana asked the whole team.", False)],
)
def test_a_signature_is_a_short_line_with_the_name(body: str, expected: bool) -> None:
    assert is_signed(read(mail("Notes", body))) is expected


@pytest.mark.parametrize(("name", "expected"), [("林娜", True), ("市场部", False), ("客户服务中心", False)])
def test_chinese_people_have_short_names(name: str, expected: bool) -> None:
    assert is_chinese_person(name) is expected

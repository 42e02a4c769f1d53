"""Words are cut as BERT does, and texts of the same meaning are near."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.adapters.potion import PotionEmbedder
from assistant.adapters.wordpiece import pieces, words
from assistant.domain.errors import Unavailable
from assistant.ports.memory import DIMENSIONS

# What somebody asks, and the memory that answers it: none shares a telling word with its question.
PARAPHRASES = (
    ("When does Alice like to meet?", "Alice prefers appointments on Tuesday mornings."),
    ("Who runs purchasing at Northwind?", "Alice Kowalski leads procurement at Northwind."),
    ("What did Ben say he would deliver?", "Ben promised to send the signed contract by Friday."),
    ("Where is the firm's headquarters?", "The company's main office is in Zurich."),
    ("Is anybody vegetarian?", "Chloe does not eat meat or fish."),
    ("How much money may we spend?", "The marketing budget for this year is 40,000 euros."),
    ("When is the yearly strategy gathering?", "The annual offsite takes place in the second week of March."),
    ("Who is ill?", "Dev is on sick leave until the end of the month."),
    ("Which airline should I book?", "Flights with Lufthansa are preferred for long trips."),
    ("How do I reach the lawyer?", "The attorney's phone number is 030 1234."),
)


@pytest.fixture(scope="module")
def embedder(model: Path) -> PotionEmbedder:
    return PotionEmbedder(model)


def matrix(embedder: PotionEmbedder, texts: list[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array([np.frombuffer(vector, np.int8) for vector in embedder.embed(texts)], float) / 127


def test_answers_are_found_by_meaning(embedder: PotionEmbedder) -> None:
    questions = matrix(embedder, [question for question, _ in PARAPHRASES])
    answers = matrix(embedder, [answer for _, answer in PARAPHRASES])
    ranks = [(row > row[place]).sum() + 1 for place, row in enumerate(questions @ answers.T)]
    assert sum(1 / rank for rank in ranks) / len(ranks) >= 0.8


@given(st.text(max_size=200))
def test_a_vector_is_of_length_one_or_zero(model: Path, text: str) -> None:
    (vector,) = matrix(PotionEmbedder(model), [text])
    assert len(vector) == DIMENSIONS
    assert not vector.any() or np.linalg.norm(vector) == pytest.approx(1, abs=0.02)


def test_a_text_without_known_words_has_no_direction(embedder: PotionEmbedder) -> None:
    assert embedder.embed(["", "\u200b", "a" * 101]) == [bytes(DIMENSIONS)] * 3


def test_nearness_is_the_cosine(embedder: PotionEmbedder) -> None:
    asked, answers = PARAPHRASES[0][0], [answer for _, answer in PARAPHRASES]
    near = embedder.nearness(asked, [*answers, "\u200b"])
    expected = (matrix(embedder, [asked]) @ matrix(embedder, answers).T)[0]
    assert near == pytest.approx([*expected, 0], abs=0.02)
    assert near[0] == max(near)
    assert embedder.nearness(asked, []) == []


@given(st.text(st.characters(min_codepoint=9, max_codepoint=126), max_size=100))
def test_plain_words_are_told_apart_as_others_are(text: str) -> None:
    assert list(words(text)) == list(words(text + " \u00e9"))[:-1]


def test_a_missing_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="not installed"):
        PotionEmbedder(tmp_path).embed(["Hello"])


def test_words_lose_case_and_accents_and_punctuation_stands_alone() -> None:
    assert list(words("Über  café—I'm\t50% in 東京!\u0000\ufffd")) == [
        "uber", "cafe", "—", "i", "'", "m", "50", "%", "in", "東", "京", "!",
    ]  # fmt: skip


def test_a_word_is_cut_into_the_longest_known_pieces() -> None:
    vocabulary = {"un": 0, "##afford": 1, "##able": 2, "##aff": 3, "able": 4}
    assert pieces("unaffordable Able unx", vocabulary) == [0, 1, 2, 4]


def test_the_pieces_are_those_of_the_reference(model: Path) -> None:
    """What the tokenizers package 0.23 makes of it."""
    vocabulary = {piece: row for row, piece in enumerate((model / "vocab.txt").read_text().splitlines())}
    text = "Alice Kowalski's procurement résumé, €1,000.50!"
    assert pieces(text, vocabulary) == [4656, 27880, 11, 61, 20429, 12752, 16, 580, 1493, 16, 1205, 18, 1759, 5]

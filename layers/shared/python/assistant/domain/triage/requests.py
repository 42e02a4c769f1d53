"""Finds what the sender asks of the reader, sentence by sentence."""

from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from assistant.domain.triage.cues import Cue, CueHit
from assistant.domain.triage.hashing import hashed_counts, word_terms
from assistant.domain.triage.lexicon.asking import (
    ANSWER_STARTS,
    ANSWER_STARTS_CHINESE,
    COMMANDS,
    OPENERS,
    QUESTION_STARTS,
    READER,
    READER_CHINESE,
)
from assistant.domain.triage.reading import Reading
from assistant.domain.triage.sentences import Sentence
from assistant.domain.triage.weights import LinearModel, TriageWeights

REQUEST: Final = "request"
NO_REQUEST: Final = "none"
_SENTENCES_READ = 40
_WORDS_READ = 40
_FIRST_WORDS = 12

_TASKS: Final = (Cue.MEETING, Cue.REVIEW, Cue.APPROVE, Cue.PAY, Cue.SEND, Cue.CALL, Cue.ANSWER, Cue.FIX)
SENTENCE_FEATURES: Final = (
    "question", "ask", "task", "ask_starts", "directed", "imperative", "you",
    "thanks", "promotion", "publication", "unsubscribe", "short", "link",
)  # fmt: skip
REQUEST_FEATURES: Final = ("best", "asked", "ask_cues", "task_cues", "deadline")


@dataclass(frozen=True, slots=True)
class Request:
    """The strongest request of a mail and the probability that the mail asks something of its reader."""

    probability: float
    sentence: Sentence | None


def sentence_features(text: str, cues: list[CueHit], folded: list[str], position: int = 0) -> dict[str, float]:
    """Return the features of one sentence: its text, the cues and the folded words in it, its start offset."""
    found = {hit.cue for hit in cues}
    question = text.rstrip("\"')] ").endswith(("?", "？"))
    to_reader = not READER.isdisjoint(folded) or any(word in text for word in READER_CHINESE)
    first = folded[:2]
    lowered = text.lower()
    return {
        "question": float(question),
        "ask": float(Cue.ASK in found),
        "task": float(any(cue in found for cue in _TASKS)),
        "ask_starts": float(any(hit.cue is Cue.ASK and hit.start - position < _FIRST_WORDS for hit in cues)),
        "directed": float(question and (to_reader or Cue.ASK in found or bool(first and first[0] in QUESTION_STARTS))),
        "imperative": float(bool(first) and (first[0] in COMMANDS or (first[0] in OPENERS and first[-1] in COMMANDS))),
        "you": float(to_reader),
        "thanks": float(Cue.THANKS in found),
        "promotion": float(bool(found & {Cue.PROMOTION, Cue.MARKETING_SPAM})),
        "publication": float(Cue.PUBLICATION in found),
        "unsubscribe": float(Cue.UNSUBSCRIBE in found),
        "short": float(len(text) < 25),  # noqa: PLR2004 - characters
        "link": float("http" in lowered or "$link" in lowered),
    }


def sentence_terms(folded: list[str], buckets: int) -> dict[int, float]:
    """Return the hashed words of one sentence, its first words marked."""
    read = folded[:_WORDS_READ]
    return hashed_counts([*word_terms(read), *word_terms(read[:3], "^")], buckets)


def request_features(reading: Reading, sentence_model: LinearModel, *, deadline: bool) -> dict[str, float]:
    """Return the mail's features for the request model."""
    return _features(reading, scored_sentences(reading, sentence_model), deadline=deadline)


def scored_sentences(reading: Reading, model: LinearModel) -> list[tuple[float, Sentence]]:
    """Return (probability of a request, sentence) for the first sentences after the subject."""
    scored: list[tuple[float, Sentence]] = []
    for sentence in [item for item in reading.sentences if item.start > reading.subject_end][:_SENTENCES_READ]:
        cues, folded = reading.within(sentence)
        values = sentence_features(sentence.text, cues, folded, sentence.start)
        scored.append((model.probabilities(values, sentence_terms(folded, model.buckets))[REQUEST], sentence))
    return scored


def find_request(reading: Reading, weights: TriageWeights, *, deadline: bool) -> Request:
    """Return the strongest request and how likely the mail asks something."""
    scored = scored_sentences(reading, weights.sentence)
    values = _features(reading, scored, deadline=deadline)
    probability = weights.request.probabilities(values, {})[REQUEST]
    sentence = max(scored, key=lambda item: item[0])[1] if scored else None
    return Request(probability, sentence)


def _features(reading: Reading, scored: list[tuple[float, Sentence]], *, deadline: bool) -> dict[str, float]:
    return {
        "best": max((probability for probability, _ in scored), default=0.0),
        "asked": float(_leaves_a_question(reading, [sentence for _, sentence in scored])),
        "ask_cues": min(reading.counts.get(Cue.ASK, 0), 4) / 4,
        "task_cues": min(sum(reading.counts.get(cue, 0) for cue in _TASKS), 5) / 5,
        "deadline": float(deadline),
    }


def _leaves_a_question(reading: Reading, read: list[Sentence]) -> bool:
    """Whether any question is not answered by its own sender right away."""
    return any(
        sentence.is_question and not (following and _answers(reading, following))
        for sentence, following in zip_longest(read, read[1:])
    )


def _answers(reading: Reading, sentence: Sentence) -> bool:
    cues, folded = reading.within(sentence)
    if any(hit.cue is Cue.CALM for hit in cues):
        # "Could you look at it? No hurry."
        return False
    return bool(folded and folded[0] in ANSWER_STARTS) or sentence.text.startswith(ANSWER_STARTS_CHINESE)

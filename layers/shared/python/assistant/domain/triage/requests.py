"""Finds what the sender asks of the reader, sentence by sentence."""

import math
from dataclasses import dataclass
from typing import Final

from assistant.domain.triage.cues import Cue, CueHit, fold
from assistant.domain.triage.hashing import hashed_counts, word_terms
from assistant.domain.triage.reading import Reading
from assistant.domain.triage.sentences import Sentence
from assistant.domain.triage.weights import LinearModel, TriageWeights

REQUEST: Final = "request"
NO_REQUEST: Final = "none"
_SENTENCES_READ = 40
_WORDS_READ = 40

_TASKS: Final = (Cue.MEETING, Cue.REVIEW, Cue.APPROVE, Cue.PAY, Cue.SEND, Cue.CALL, Cue.ANSWER, Cue.FIX)
SENTENCE_FEATURES: Final = (
    "question", "ask", "task", "ask_starts", "you", "thanks", "promotion", "publication", "unsubscribe", "short", "link",
)  # fmt: skip
REQUEST_FEATURES: Final = (
    "best", "second", "likely_share", "asked", "questions", "ask_cues", "task_cues", "deadline", "short", "reply",
    "best_late", "calm", "direct",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """The strongest request of a mail and the probability that the mail asks something of its reader."""

    probability: float
    sentence: Sentence | None


def sentence_features(text: str, cues: list[CueHit], position: int = 0) -> dict[str, float]:
    """Return the features of one sentence; ``cues`` are those inside it, ``position`` its start offset."""
    found = {hit.cue for hit in cues}
    lowered = f" {fold(text)} "
    return {
        "question": float(text.rstrip("\"')] ").endswith(("?", "？"))),
        "ask": float(Cue.ASK in found),
        "task": float(any(cue in found for cue in _TASKS)),
        "ask_starts": float(any(hit.cue is Cue.ASK and hit.start - position < 12 for hit in cues)),  # noqa: PLR2004 - first words
        "you": float(
            any(f" {word} " in lowered for word in ("you", "your", "usted", "vous", "votre", "sie", "du", "te"))
        ),
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
        cues = [hit for hit in reading.cues if sentence.start <= hit.start < sentence.end]
        folded = [word for word, start, _ in reading.tokens if sentence.start <= start < sentence.end]
        values = sentence_features(sentence.text, cues, sentence.start)
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
    ranked = sorted((probability for probability, _ in scored), reverse=True)
    questions = sum(sentence.is_question for _, sentence in scored)
    best_at = max(range(len(scored)), key=lambda index: scored[index][0], default=0)
    return {
        "best": ranked[0] if ranked else 0.0,
        "second": ranked[1] if len(ranked) > 1 else 0.0,
        "likely_share": sum(value > 0.5 for value in ranked) / max(len(ranked), 3),  # noqa: PLR2004 - even odds, few sentences
        "asked": float(questions > 0),
        "questions": min(questions, 4) / 4,
        "ask_cues": min(reading.counts.get(Cue.ASK, 0), 4) / 4,
        "task_cues": min(sum(reading.counts.get(cue, 0) for cue in _TASKS), 5) / 5,
        "deadline": float(deadline),
        "short": 1 / (1 + math.log1p(len(reading.visible.own) / 100)),
        "reply": float(reading.visible.subject[:3].lower().startswith(("re:", "aw:", "rv:"))),
        "best_late": best_at / max(len(scored), 1),
        "calm": min(reading.counts.get(Cue.CALM, 0), 2) / 2,
        "direct": float(len(reading.visible.to) == 1),
    }

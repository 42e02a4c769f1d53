"""Finds what the sender asks of the reader, sentence by sentence."""

import re
from dataclasses import dataclass
from typing import Final

from assistant.domain.triage.cues import Cue, CueHit, fold
from assistant.domain.triage.hashing import hashed_counts, word_terms
from assistant.domain.triage.lexicon import listed
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
REQUEST_FEATURES: Final = ("best", "directed", "asked", "ask_cues", "task_cues", "deadline")
_WORD = re.compile(r"[^\W_]+")
_READER: Final = (
    "you",
    "your",
    "anyone",
    "anybody",
    "someone",
    "usted",
    "ustedes",
    "tu",
    "vous",
    "votre",
    "vos",
    "sie",
    "du",
    "ihr",
    "te",
)
_ASKING: Final = frozenset(
    listed(
        """what, when, where, who, whom, which, why, how, can, could, would, will, shall, should, do, does, did,
    is, are, was, were, has, have, may, que, cuando, donde, quien, cual, como, puedes, puede, podria,
    quand, ou, qui, quel, quelle, comment, pourquoi, est, pouvez, peux, wann, wo, wer, welche, welcher,
    wie, warum, kann, konnen, konnte, konnten, ist, sind"""
    )
)
_OPENERS: Final = frozenset(
    listed("""and, so, also, then, now, just, first, second, next, finally, but, or, y, et, und""")
)
_COMMANDS: Final = frozenset(
    listed(
        """add, answer, ask, attach, bring, call, change, check, choose, click, comment, complete, confirm,
    consider, contact, copy, correct, create, decide, delete, discuss, do, draft, email, ensure, explain,
    fill, find, finish, fix, follow, forward, get, give, go, help, hold, include, inform, install, invite,
    join, keep, leave, let, list, look, mail, make, mark, move, note, notify, open, order, pay, phone,
    pick, plan, post, prepare, print, provide, put, read, remember, remind, remove, reply, report,
    request, resend, reserve, respond, return, review, run, save, schedule, see, select, send, set, share,
    show, sign, speak, start, stop, submit, suggest, take, talk, tell, test, think, transfer, try, turn,
    update, upload, use, verify, view, visit, wait, write, envia, enviame, manda, llama, revisa, confirma,
    firma, avisa, prepara, responde, envoyez, envoie, appelez, appelle, confirmez, confirme, verifiez,
    preparez, repondez, signez, schicke, schicken, sende, senden, ruf, rufen, prufe, prufen, bestatige,
    bestatigen, melde, melden, unterschreiben"""
    )
)


@dataclass(frozen=True, slots=True)
class Request:
    """The strongest request of a mail and the probability that the mail asks something of its reader."""

    probability: float
    sentence: Sentence | None


def sentence_features(text: str, cues: list[CueHit], position: int = 0) -> dict[str, float]:
    """Return the features of one sentence; ``cues`` are those inside it, ``position`` its start offset."""
    found = {hit.cue for hit in cues}
    lowered = f" {fold(text)} "
    question = text.rstrip("\"')] ").endswith(("?", "？"))
    to_reader = any(f" {word} " in lowered for word in _READER)
    first = [fold(word) for word in _WORD.findall(text[:60])][:2]
    return {
        "question": float(question),
        "ask": float(Cue.ASK in found),
        "task": float(any(cue in found for cue in _TASKS)),
        "ask_starts": float(any(hit.cue is Cue.ASK and hit.start - position < _FIRST_WORDS for hit in cues)),
        "directed": float(question and (to_reader or Cue.ASK in found or bool(first and first[0] in _ASKING))),
        "imperative": float(
            bool(first) and (first[0] in _COMMANDS or (first[0] in _OPENERS and first[-1] in _COMMANDS))
        ),
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
    return {
        "best": max((probability for probability, _ in scored), default=0.0),
        "directed": float(any(_is_directed(sentence, reading) for _, sentence in scored)),
        "asked": float(any(sentence.is_question for _, sentence in scored)),
        "ask_cues": min(reading.counts.get(Cue.ASK, 0), 4) / 4,
        "task_cues": min(sum(reading.counts.get(cue, 0) for cue in _TASKS), 5) / 5,
        "deadline": float(deadline),
    }


def _is_directed(sentence: Sentence, reading: Reading) -> bool:
    cues, _ = reading.within(sentence)
    return bool(sentence_features(sentence.text, cues, sentence.start)["directed"])

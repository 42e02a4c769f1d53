"""One reading of a mail that every stage shares: its words, its cues and its language."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from assistant.domain.mail import Mail
from assistant.domain.mail_text import VisibleMail, visible_mail
from assistant.domain.triage.cues import Cue, CueHit, find_cues, words
from assistant.domain.triage.language import Language, detect_language
from assistant.domain.triage.sentences import Sentence, sentences


@dataclass(frozen=True)
class Reading:
    """A mail read once.

    ``said`` is the subject, a line break and what the sender wrote this time; cues and sentences index
    into it. Sentences that try to steer the assistant carry no cue.
    """

    visible: VisibleMail
    said: str
    tokens: tuple[tuple[str, int, int], ...]
    sentences: tuple[Sentence, ...]
    cues: tuple[CueHit, ...]
    steered: bool
    language: Language

    @cached_property
    def counts(self) -> Mapping[Cue, int]:
        """How many different phrases speak for each cue in what was said."""
        return _counts(self.cues)

    @cached_property
    def shown_counts(self) -> Mapping[Cue, int]:
        """The same over the whole visible body, with quotes and footers."""
        return _counts(find_cues(self.visible.text, list(self.body_tokens)))

    @cached_property
    def body_tokens(self) -> tuple[tuple[str, int, int], ...]:
        """Words of the whole visible body."""
        return tuple(words(self.visible.text))

    def within(self, sentence: Sentence) -> tuple[list[CueHit], list[str]]:
        """Return the cues and the folded words of one sentence."""
        cues = _between(self.cues, self._cue_starts, sentence)
        found = _between(self.tokens, self._token_starts, sentence)
        return list(cues), [word for word, _, _ in found]

    @cached_property
    def _cue_starts(self) -> list[int]:
        return [hit.start for hit in self.cues]

    @cached_property
    def _token_starts(self) -> list[int]:
        return [start for _, start, _ in self.tokens]

    @property
    def subject_end(self) -> int:
        """Where the subject ends in ``said``."""
        return len(self.visible.subject)

    def hits(self, *cues: Cue) -> list[CueHit]:
        """Return the hits of the given cues, in reading order."""
        return [hit for hit in self.cues if hit.cue in cues]


def read(mail: Mail) -> Reading:
    """Read ``mail`` once; never raises."""
    visible = visible_mail(mail)
    said = f"{visible.subject}\n{visible.own}"
    tokens = words(said)
    spoken = tuple(sentences(said))
    cues = find_cues(said, tokens)
    steering = [
        sentence
        for sentence in spoken
        if any(hit.cue is Cue.STEERING and sentence.start <= hit.start < sentence.end for hit in cues)
    ]
    honest = tuple(hit for hit in cues if not any(sentence.start <= hit.start < sentence.end for sentence in steering))
    language = detect_language(visible.own or visible.subject, (word for word, _, _ in tokens))
    plain = tuple(sentence for sentence in spoken if sentence not in steering)
    return Reading(visible, said, tuple(tokens), plain, honest, bool(steering), language)


def _between[T](items: tuple[T, ...], starts: list[int], sentence: Sentence) -> tuple[T, ...]:
    return items[bisect_left(starts, sentence.start) : bisect_left(starts, sentence.end)]


def _counts(cues: tuple[CueHit, ...]) -> Mapping[Cue, int]:
    return Counter(cue for cue, _ in {(hit.cue, hit.phrase) for hit in cues})

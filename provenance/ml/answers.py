"""What one gate said of each image, in plain memory: asked by the image's bytes or by its path, without the ledger."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self, TypeAlias, TypeVar

from provenance.errors import UsageError
from provenance.gate.image import PASSING
from provenance.gate.recorded import Decided
from provenance.gate.verdicts import Verdicts
from provenance.keys import same_spelling
from provenance.vocabulary import Decision

Data: TypeAlias = bytes | bytearray | memoryview
_Key = TypeVar("_Key", str, bytes)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gate decided of an image, and its primary reason.

    >>> Answer(Decision.ALLOW, "NO_PERSON_DEPICTED").may_be_used
    True
    """

    decision: Decision
    reason: str

    @property
    def may_be_used(self) -> bool:
        """Whether training may see the image."""
        return self.decision in PASSING


UNSEEN: Final = Answer(Decision.BLOCK, "NOT_REGISTERED")
"""The answer for whatever the gate did not see."""


class Answers:
    """The answers of one gate: picklable, for any number of workers. An image takes some 300 bytes.

    The same bytes under several names, and one path in several collections, have the strictest answer among them.

    >>> answers = Answers.of(verdicts)
    >>> answers.of_path("demo/photos/coffee.png").may_be_used
    True
    >>> answers.of_bytes(b"never seen") is UNSEEN
    True
    """

    __slots__ = ("_by_digest", "_by_path")

    def __init__(self, decided: Iterable[Decided]) -> None:
        self._by_digest: dict[bytes, Answer] = {}
        self._by_path: dict[str, Answer] = {}
        known: dict[tuple[Decision, str], Answer] = {}
        for one in decided:
            answer = known.setdefault((one.decision, one.reason), Answer(one.decision, one.reason))
            _strictest(self._by_path, same_spelling(one.path), answer)
            if one.sha256 is not None:
                _strictest(self._by_digest, one.sha256, answer)

    @classmethod
    def of(cls, verdicts: Verdicts) -> Self:
        """The answers as things stand. Raises VerdictsStale where ledger or disk changed since the gate."""
        verdicts.require_same_disk()
        return cls(verdicts.decided())

    def __len__(self) -> int:
        return len(self._by_path)

    def of_bytes(self, data: Data) -> Answer:
        """The answer for the bytes of an image's file."""
        return self.of_digest(hashlib.sha256(data).digest())

    def of_digest(self, sha256: bytes) -> Answer:
        """The answer for the bytes that have this SHA-256."""
        return self._by_digest.get(sha256, UNSEEN)

    def of_path(self, path: str | os.PathLike[str]) -> Answer:
        """The answer for the file at a path, as it lay there when the gate looked."""
        name = os.fspath(path)
        found = self._by_path.get(name)  # most are spelled so already
        return found if found is not None else self._by_path.get(same_spelling(name), UNSEEN)


def strictest(answers: Iterable[Answer]) -> Answer:
    """The answer for a sample of several images: that of the worst. UNSEEN where there is none.

    >>> strictest([Answer(Decision.ALLOW, "NO_PERSON_DEPICTED"), UNSEEN]) is UNSEEN
    True
    """
    return max(answers, key=lambda answer: answer.decision.severity, default=UNSEEN)


GRACE: Final = 64


class Watch:
    """Raises where nothing of a dataset was seen by the gate: a wrong folder must not pass for an empty dataset.

    `grace` is how many images at the start of a stream may be unseen while none was seen yet; None for a dataset that
    is looked at to its end.
    """

    __slots__ = ("_found", "_grace", "_missed", "what")

    def __init__(self, what: str, *, grace: int | None = GRACE) -> None:
        self.what = what
        self._grace = grace
        self._found = False
        self._missed = 0

    def note(self, answer: Answer, name: object) -> None:
        """Count one image. Raises UsageError after `grace` unseen ones where none was seen."""
        if answer is not UNSEEN:
            self._found = True
        elif not self._found:
            self._missed += 1
            if self._missed == self._grace:
                raise self._nothing(name)

    def note_all(self, answers: Iterable[Answer], names: Iterable[object]) -> None:
        """Count several images. Raises as `note`."""
        if not self._found:
            for answer, name in zip(answers, names, strict=True):
                self.note(answer, name)

    def end(self) -> None:
        """Note the end of the stream. Raises UsageError where it held images and none was seen."""
        if self._missed and not self._found:
            raise self._nothing(None)

    def _nothing(self, name: object) -> UsageError:
        like = f", such as {name}" if name else ""
        return UsageError(
            f"no path was seen by the gate: none of {self._missed} images of {self.what}{like}",
            remedy="gate what the dataset is made of, and ask before anything decodes or changes the images",
        )


def _strictest(answers: dict[_Key, Answer], key: _Key, answer: Answer) -> None:
    held = answers.get(key)
    if held is None or held.decision.severity < answer.decision.severity:
        answers[key] = answer

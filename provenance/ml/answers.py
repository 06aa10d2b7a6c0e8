"""What one gate said of each image, in plain memory: asked by the image's bytes or by its path, without the ledger."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from provenance.errors import UsageError
from provenance.gate.image import PASSING
from provenance.gate.recorded import Decided
from provenance.gate.verdicts import Verdicts
from provenance.keys import same_spelling
from provenance.vocabulary import Decision

if TYPE_CHECKING:
    import pyarrow as pa

_LOG: Final = logging.getLogger(__name__)
_FEW: Final = 4

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

Numbers: TypeAlias = NDArray[np.uint16]
"""For each of many images the number of its answer in `Answers.kinds`; 0 is UNSEEN."""


class Answers:
    """The answers of one gate: picklable, for any number of workers. An image takes some 300 bytes.

    The same bytes under several names, and one path in several collections, have the strictest answer among them.
    There are few different ones, `kinds`, so that many images are asked for by number.

    >>> answers = Answers.of(verdicts)
    >>> answers.of_path("demo/photos/coffee.png").may_be_used
    True
    >>> answers.of_bytes(b"never seen") is UNSEEN
    True
    """

    __slots__ = ("_by_digest", "_by_path", "kinds")

    def __init__(self, decided: Iterable[Decided]) -> None:
        self.kinds: list[Answer] = [UNSEEN]
        self._by_digest: dict[bytes, int] = {}
        self._by_path: dict[str, int] = {}
        known: dict[tuple[Decision, str], int] = {}
        for one in decided:
            said = (one.decision, one.reason)
            number = known.get(said)
            if number is None:
                number = known[said] = len(self.kinds)
                self.kinds.append(Answer(*said))
            self._take(self._by_path, same_spelling(one.path), number)
            if one.sha256 is not None:
                self._take(self._by_digest, one.sha256, number)

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
        return self._answer(self._by_digest.get(sha256, 0))

    def of_path(self, path: str | os.PathLike[str]) -> Answer:
        """The answer for the file at a path, as it lay there when the gate looked."""
        return self._answer(self.number_of_path(path))

    def number_of_path(self, path: str | os.PathLike[str]) -> int:
        """The number of the answer for the file at a path."""
        name = os.fspath(path)
        number = self._by_path.get(name)  # most are spelled so already
        return number if number is not None else self._by_path.get(same_spelling(name), 0)

    def numbers_of_bytes(self, images: Iterable[Data | None]) -> Numbers:
        """The number of the answer for each image's bytes."""
        digests = (hashlib.sha256(data).digest() if data is not None else b"" for data in images)
        return np.fromiter((self._by_digest.get(digest, 0) for digest in digests), np.uint16)

    def numbers_of_paths(self, paths: pa.Array) -> Numbers:
        """The number of the answer for each path of an Arrow array of texts."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if len(paths) * _FEW < len(self._by_path):  # a table of what is known would take longer to build
            told = paths.to_pylist()
            return np.fromiter((self.number_of_path(path) if path else 0 for path in told), np.uint16, len(told))
        known = pa.array(self._by_path.keys(), pa.large_string())
        places = pc.index_in(paths.cast(pa.large_string()), value_set=known)
        numbers = np.zeros(len(known) + 1, np.uint16)
        numbers[:-1] = np.fromiter(self._by_path.values(), np.uint16, len(known))
        found: Numbers = numbers[places.fill_null(len(known)).to_numpy()]
        missed = found == 0
        if missed.any():  # most are spelled so already
            told = paths.filter(pa.array(missed)).to_pylist()
            found[missed] = [self.number_of_path(path) if path else 0 for path in told]
        return found

    def usable(self, numbers: Numbers) -> NDArray[np.bool_]:
        """Whether training may see the image, by the number of its answer.

        >>> Answers.of(verdicts).usable(np.zeros(2, np.uint16)).tolist()
        [False, False]
        """
        return np.array([kind.may_be_used for kind in self.kinds])[numbers]

    def strictest(self, numbers: Numbers, counts: NDArray[np.int64]) -> Numbers:
        """For each row the number of its worst image's answer: `counts` images each, in order; UNSEEN for none.

        >>> Answers([]).strictest(np.zeros(1, np.uint16), np.array([0, 1])).tolist()
        [0, 0]
        """
        order = np.array(
            sorted(range(len(self.kinds)), key=lambda number: (self.kinds[number].decision.severity, -number))
        )
        ranks = np.argsort(order)[numbers]
        worst = np.zeros(len(counts), np.uint16)
        is_any = counts > 0
        if is_any.any():
            worst[is_any] = order[np.maximum.reduceat(ranks, (np.cumsum(counts) - counts)[is_any])]
        return worst

    def _answer(self, number: int) -> Answer:
        return self.kinds[number] if number else UNSEEN

    def _take(self, numbers: dict[_Key, int], key: _Key, number: int) -> None:
        held = numbers.get(key)
        if held is None or self.kinds[held].decision.severity < self.kinds[number].decision.severity:
            numbers[key] = number


def strictest(answers: Iterable[Answer]) -> Answer:
    """The answer for a sample of several images: that of the worst. UNSEEN where there is none.

    >>> strictest([Answer(Decision.ALLOW, "NO_PERSON_DEPICTED"), UNSEEN]) is UNSEEN
    True
    """
    return max(answers, key=lambda answer: answer.decision.severity, default=UNSEEN)


class Watch:
    """Tells what of a dataset the gate has not seen: a line in the log, or an error where that is all of it.

    What it has not seen is handed out by nobody; a wrong folder must not pass for an empty dataset all the same.
    """

    __slots__ = ("_images", "_is_told", "_name", "_unseen", "_what")

    def __init__(self, what: str) -> None:
        self._what = what
        self._images = 0
        self._unseen = 0
        self._name: object = None
        self._is_told = False

    def note(self, numbers: Numbers, name_of: Callable[[int], object]) -> None:
        """Count some images by the numbers of their answers; `name_of` names the one at a position."""
        missed = np.flatnonzero(numbers == 0)
        self._images += len(numbers)
        self._unseen += len(missed)
        if len(missed) and not self._name:
            self._name = name_of(int(missed[0]))

    def tell(self) -> None:
        """Say once that some of what was counted is unseen. Raises UsageError where all of it is."""
        if not self._unseen:
            return
        like = f", such as {self._name}" if self._name else ""
        if self._unseen == self._images:
            raise UsageError(
                f"no path was seen by the gate: none of {self._images} images of {self._what}{like}",
                remedy="gate what the dataset is made of, and ask before anything decodes or changes the images",
            )
        if not self._is_told:
            self._is_told = True
            _LOG.warning(
                "%d of %d images of %s were not seen by the gate and may not be used%s",
                self._unseen, self._images, self._what, like,
            )  # fmt: skip

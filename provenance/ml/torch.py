"""PyTorch, which is never imported here: positions, a sampler and a dataset that asks again when an image is read.

All of it works on a map-style dataset, which is anything with `len` and `[]`. Which image lies at a position is told by
`path_of`, or by the dataset's `samples` or `imgs` as torchvision's `ImageFolder` has them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from provenance.errors import ImageRefused, UsageError
from provenance.gate.subset import paths_of
from provenance.gate.verdicts import Verdicts
from provenance.ml.answers import UNSEEN, Answer, Answers, Watch
from provenance.ml.file_state import NO_FILE, state_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

PathOf: TypeAlias = Callable[[int], str | os.PathLike[str]]
"""The path of the image at a position."""

Refused: TypeAlias = Literal["raise", "skip"] | Callable[[int], Any]
"""What becomes of an image that may not be used: an error, None in its place, or what a function gives for it."""


def indices(dataset: Any, verdicts: Verdicts, *, path_of: PathOf | None = None) -> list[int]:
    """The positions whose images may be used, for `torch.utils.data.Subset`. As `Verdicts.indices`.

    >>> files = ["demo/photos/astronaut.png", "demo/photos/coffee.png"]
    >>> indices(files, verdicts, path_of=files.__getitem__)
    [1]
    """
    return verdicts.indices(dataset, path_of=path_of)


class AllowedSampler:
    """The positions whose images may be used, for a `DataLoader`'s `sampler`: shuffled anew in each epoch.

    The order depends on `seed` and the number of the epoch alone. Where the ledger has changed since, such as by a
    withdrawal, an epoch begins with a new gate. For several machines wrap a `Subset` of `indices` in torch's own
    `DistributedSampler`.

    >>> files = ["demo/photos/astronaut.png", "demo/photos/coffee.png"]
    >>> list(AllowedSampler(files, verdicts, path_of=files.__getitem__))
    [1]
    """

    def __init__(
        self,
        dataset: Any,
        verdicts: Verdicts,
        *,
        path_of: PathOf | None = None,
        shuffle: bool = True,
        seed: int = 0,
    ) -> None:
        self._dataset = dataset
        self._verdicts = verdicts
        self._path_of = path_of
        self._shuffle = shuffle
        self._seed = seed
        self._epoch = 0
        self._allowed = self._ask()

    def set_epoch(self, epoch: int) -> None:
        """Which epoch comes next, where a training is taken up in the middle."""
        self._epoch = epoch

    def __iter__(self) -> Iterator[int]:
        if not self._verdicts.stand():
            self._verdicts = self._verdicts.again()
            self._allowed = self._ask()
        order = self._allowed
        if self._shuffle:
            order = np.random.default_rng((self._seed, self._epoch)).permutation(order)
        self._epoch += 1
        return iter(order.tolist())

    def __len__(self) -> int:
        return len(self._allowed)

    def _ask(self) -> NDArray[np.int64]:
        return np.array(indices(self._dataset, self._verdicts, path_of=self._path_of), np.int64)


class Gated:
    """A map-style dataset that hands an image out only if it may be used at the moment at which it is read.

    Every read looks whether the file is the one that was judged; at most every `every` seconds a worker asks whether
    the ledger has changed, such as by a withdrawal, and if so gates again. `refused` says what becomes of an image that
    may not be used: "raise" is ImageRefused, "skip" gives None (see `skipping`), a function gives what stands in for
    the position. With `spawn`, `path_of` and the function must be picklable, as the dataset must.

    Raises UsageError where the gate saw none of the dataset's images, VerdictsStale.

    >>> class Photos:
    ...     samples = [("demo/photos/astronaut.png", 0), ("demo/photos/coffee.png", 1)]
    ...     def __len__(self): return 2
    ...     def __getitem__(self, index): return self.samples[index]
    >>> photos = Gated(Photos(), verdicts, refused="skip")
    >>> photos[0], photos[1]
    (None, ('demo/photos/coffee.png', 1))
    """

    def __init__(
        self,
        dataset: Any,
        verdicts: Verdicts,
        *,
        path_of: PathOf | None = None,
        refused: Refused = "raise",
        every: float = 1.0,
    ) -> None:
        if not callable(refused) and refused not in ("raise", "skip"):
            raise UsageError(f"refused is {refused!r}", remedy='give "raise", "skip" or a function of the position')
        self.dataset = dataset
        self.verdicts = verdicts
        self._path_of = path_of
        self._refused = refused
        self._every = every
        self._asked_at = time.monotonic()
        self._kinds: list[Answer] = []
        self._answers, self._files = self._ask()

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Any:
        position = range(len(self._answers))[index]
        answer = self._answer(position)
        if answer.may_be_used:
            return self.dataset[index]
        if callable(self._refused):
            return self._refused(position)
        if self._refused == "skip":
            return None
        path = os.fspath(self._place()(position))
        raise ImageRefused(
            f"{path} may not be used ({answer.reason})", remedy="leave it out (AllowedSampler), or choose `refused`"
        )

    def _answer(self, position: int) -> Answer:
        """What holds for the image at a position now."""
        now = time.monotonic()
        if now - self._asked_at >= self._every:
            self._asked_at = now
            if not self.verdicts.stand():
                self.verdicts = self.verdicts.again()
                self._answers, self._files = self._ask()
        answer = self._kinds[int(self._answers[position])]
        if answer.may_be_used and state_of(self._place()(position)) != tuple(self._files[position]):
            return UNSEEN
        return answer

    def _ask(self) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
        """For each position the number of its answer, and how its file lay."""
        answers = Answers.of(self.verdicts)
        place = self._place()
        found = np.zeros(len(self.dataset), np.uint16)
        files = np.zeros((len(self.dataset), len(NO_FILE)), np.int64)
        for position in range(len(self.dataset)):
            path = place(position)
            found[position] = answers.number_of_path(path)
            files[position] = state_of(path)
        watch = Watch("the dataset")
        watch.note(found, place)
        watch.tell()
        self._kinds = answers.kinds
        return found, files

    def _place(self) -> PathOf:
        return self._path_of or paths_of(self.dataset)


def skipping(collate: Callable[[Sequence[Any]], Any]) -> Callable[[Sequence[Any]], Any]:
    """A `collate_fn` that leaves out what was skipped; a batch of which nothing is left is None.

    >>> skipping(list)([1, None, 2])
    [1, 2]
    """
    return _Skipping(collate)


class _Skipping:
    """Picklable, so that spawned workers can have it."""

    def __init__(self, collate: Callable[[Sequence[Any]], Any]) -> None:
        self._collate = collate

    def __call__(self, samples: Sequence[Any]) -> Any:
        kept = [sample for sample in samples if sample is not None]
        return self._collate(kept) if kept else None

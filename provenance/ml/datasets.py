"""Hugging Face `datasets`: the rows that may be used, by the stored bytes of their images.

A row is asked for by the SHA-256 of the bytes as they are stored, so that names may be gone: after `map`,
`save_to_disk` or any sharding. A row that stores only a path is asked for by it. Gate before whatever changes pixels:
an image that was encoded again is none that the gate has seen. What it has not seen is left out, with a line in the log
that says so; it is an error where that is all of a dataset, or of the first rows of a stream.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import numpy as np

from provenance.errors import MissingExtra, UsageError
from provenance.gate.verdicts import Verdicts
from provenance.ml.answers import Answers, Numbers, Watch
from provenance.ml.stored_images import StoredImages, buffers, stored_images

if TYPE_CHECKING:
    import datasets as hf
    import pyarrow as pa

    from provenance.api import Ledger

    AnyDataset: TypeAlias = hf.Dataset | hf.IterableDataset | hf.DatasetDict | hf.IterableDatasetDict

_Dataset = TypeVar("_Dataset", bound="AnyDataset")

DECISION: Final = "provenance_decision"
REASON: Final = "provenance_reason"
"""The columns that `verdict_columns` adds."""

_ROWS: Final = 64
"""Rows at a time where nothing is known of their size: images of some megabytes each."""

_BYTES: Final = 64 << 20
"""Bytes at a time once it is known."""


def gate(
    dataset: _Dataset,
    gated: Verdicts | Answers | Ledger,
    *collections: str,
    image: str | Sequence[str] | None = None,
    **asked: Any,
) -> _Dataset:
    """The dataset's rows whose images may all be used: without a copy, or row by row of a streaming dataset.

    `gated` is what a gate gave (or `Answers`, where no ledger is at hand), or a ledger that is asked with `collections`
    and `asked` as `Ledger.gate` takes them.
    `image` names the columns of images where not all of them are to be asked for (such as masks of your own making).

    Raises UsageError where the gate saw none of the images, VerdictsStale, MissingExtra, and what `Ledger.gate` raises.

    >>> from datasets import load_dataset
    >>> train = load_dataset("imagefolder", data_dir="demo/photos", split="train")
    >>> train.num_rows, gate(train, verdicts).num_rows
    (11, 4)
    """
    answers = _answers(gated, collections, asked)
    library = _library()
    return _each(dataset, lambda one, name: _allowed(library, one, name, answers, image))


def verdict_columns(
    dataset: _Dataset,
    gated: Verdicts | Answers | Ledger,
    *collections: str,
    image: str | Sequence[str] | None = None,
    **asked: Any,
) -> _Dataset:
    """All rows, with what the gate decided in two columns: `provenance_decision` and `provenance_reason`.

    Raises what `gate` raises.

    >>> from datasets import load_dataset
    >>> train = load_dataset("imagefolder", data_dir="demo/photos", split="train")
    >>> sorted(set(verdict_columns(train, verdicts)["provenance_decision"]))
    ['ALLOW', 'BLOCK', 'REVIEW']
    """
    answers = _answers(gated, collections, asked)
    library = _library()
    return _each(dataset, lambda one, name: _marked(library, one, name, answers, image))


def _answers(gated: Verdicts | Answers | Ledger, collections: Sequence[str], asked: Mapping[str, Any]) -> Answers:
    if isinstance(gated, Verdicts | Answers):
        if collections or asked:
            raise UsageError("verdicts are there already", remedy="give a ledger with what is to be gated, or verdicts")
        return gated if isinstance(gated, Answers) else Answers.of(gated)
    if not collections:
        raise UsageError("no collection is named", remedy="name the folder that the dataset is made of")
    return Answers.of(gated.gate(*collections, **asked))


def _library() -> Any:
    try:
        return importlib.import_module("datasets")
    except ModuleNotFoundError as missing:
        raise MissingExtra("datasets", "hf", "a Hugging Face dataset") from missing


def _each(dataset: _Dataset, work: Callable[[Any, str], Any]) -> _Dataset:
    if isinstance(dataset, dict):
        return type(dataset)({name: work(one, f"split {name}") for name, one in dataset.items()})
    done: _Dataset = work(dataset, "the dataset")
    return done


def _allowed(library: Any, dataset: Any, name: str, answers: Answers, image: str | Sequence[str] | None) -> Any:
    asked = _Asked(answers, _image_columns(library, dataset, image), name)
    if isinstance(dataset, library.Dataset):
        return dataset.select(np.flatnonzero(answers.usable(_of_rows(dataset, asked))))
    stored = dataset.with_format("arrow")
    return _in_format_of(dataset, stored.filter(_Allowed(asked), batched=True, batch_size=_ROWS))


def _marked(library: Any, dataset: Any, name: str, answers: Answers, image: str | Sequence[str] | None) -> Any:
    asked = _Asked(answers, _image_columns(library, dataset, image), name)
    if isinstance(dataset, library.Dataset):
        decisions, reasons = _texts(answers, _of_rows(dataset, asked))
        return dataset.add_column(DECISION, decisions).add_column(REASON, reasons)
    features = dataset.features
    if features is not None:
        text = library.Value("string")
        features = library.Features({**features, DECISION: text, REASON: text})
    stored = dataset.with_format("arrow")
    return _in_format_of(dataset, stored.map(_Marked(asked), batched=True, batch_size=_ROWS, features=features))


def _texts(answers: Answers, numbers: Numbers) -> tuple[list[str], list[str]]:
    """Decision and reason of each row."""
    said = [answers.kinds[number] for number in numbers]
    return [one.decision.value for one in said], [one.reason for one in said]


def _of_rows(dataset: Any, asked: _Asked) -> Numbers:
    """The number of the answer for each row of a dataset that lies in a table."""
    rows = dataset.select_columns(asked.columns).with_format("arrow")
    found = [np.zeros(0, np.uint16)]
    start, size = 0, _ROWS
    while start < len(rows):
        table: pa.Table = rows[start : start + size]
        found.append(asked.of(table))
        start += table.num_rows
        size = max(1, _BYTES * table.num_rows // max(1, table.nbytes))
    asked.tell()
    return np.concatenate(found)


def _in_format_of(dataset: Any, done: Any) -> Any:
    """A streaming dataset in the format in which it was given, which the library tells in no public way."""
    formatting = getattr(dataset, "_formatting", None)
    return done.with_format(formatting.format_type if formatting is not None else None)


class _Asked:
    """Answers for tables of rows, by the images in some columns as they are stored. It travels to workers."""

    def __init__(self, answers: Answers, columns: list[str], name: str) -> None:
        self.columns = columns
        self.answers = answers
        self._watches = [Watch(f"the column {column} of {name}") for column in columns]

    def of(self, table: pa.Table) -> Numbers:
        """The number of the answer for each row: that of its worst image."""
        by_column = [
            self._of_column(table.column(column), watch)
            for column, watch in zip(self.columns, self._watches, strict=True)
        ]
        if len(by_column) == 1:
            return by_column[0]
        return self.answers.strictest(np.stack(by_column, axis=1).ravel(), np.full(table.num_rows, len(by_column)))

    def tell(self) -> None:
        """Tell what was unseen so far. Raises UsageError where that is every image of a column."""
        for watch in self._watches:
            watch.tell()

    def _of_column(self, column: pa.ChunkedArray, watch: Watch) -> Numbers:
        found = [np.zeros(0, np.uint16)]
        for chunk in column.chunks:
            images = stored_images(chunk)
            numbers = self._of_images(images)
            watch.note(numbers, lambda place, paths=images.paths: paths[place].as_py())  # type: ignore[misc]
            found.append(numbers if images.counts is None else self.answers.strictest(numbers, images.counts))
        return np.concatenate(found)

    def _of_images(self, images: StoredImages) -> Numbers:
        """By the bytes, or by the path where there are none."""
        if images.data.null_count == len(images.data):
            return self._of_paths(images.paths)
        numbers = self.answers.numbers_of_bytes(buffers(images.data))
        if images.data.null_count:
            bare = images.data.is_null()
            numbers[bare.to_numpy(zero_copy_only=False)] = self._of_paths(images.paths.filter(bare))
        return numbers

    def _of_paths(self, paths: pa.Array) -> Numbers:
        if paths.null_count == len(paths):
            return np.zeros(len(paths), np.uint16)
        return self.answers.numbers_of_paths(paths)


class _Allowed:
    """Whether each row of a streamed table may be used."""

    def __init__(self, asked: _Asked) -> None:
        self._asked = asked

    def __call__(self, table: pa.Table) -> list[bool]:
        allowed: list[bool] = self._asked.answers.usable(_streamed(self._asked, table)).tolist()
        return allowed


class _Marked:
    """A streamed table with two columns more."""

    def __init__(self, asked: _Asked) -> None:
        self._asked = asked

    def __call__(self, table: pa.Table) -> pa.Table:
        import pyarrow as pa

        decisions, reasons = _texts(self._asked.answers, _streamed(self._asked, table))
        marked = table.append_column(DECISION, pa.array(decisions, pa.string()))
        return marked.append_column(REASON, pa.array(reasons, pa.string()))


def _streamed(asked: _Asked, table: pa.Table) -> Numbers:
    """The answers of a table, of which it is told at once where the gate has seen nothing so far."""
    found = asked.of(table)
    asked.tell()
    return found


def _image_columns(library: Any, dataset: Any, image: str | Sequence[str] | None) -> list[str]:
    """The columns of images: all of them unless some are named. Raises UsageError where there is none."""
    features: Mapping[str, Any] | None = dataset.features
    if image is not None:
        named = [image] if isinstance(image, str) else list(image)
        if features is not None and (unknown := [column for column in named if column not in features]):
            raise UsageError(f"the dataset has no column {unknown[0]}", remedy=f"it has {', '.join(features)}")
        return named
    found = [name for name, feature in (features or {}).items() if isinstance(_inner(feature), library.Image)]
    if not found:
        raise UsageError(
            "the dataset has no column of the type Image",
            remedy="name the columns that hold the bytes or paths of images: image=...",
        )
    return found


def _inner(feature: Any) -> Any:
    """What a list holds, or the feature itself."""
    return getattr(feature, "feature", feature[0] if isinstance(feature, list) and feature else feature)

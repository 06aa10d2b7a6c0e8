"""Hugging Face `datasets`: the rows that may be used, by the stored bytes of their images.

A row is asked for by the SHA-256 of the bytes as they are stored, so that names may be gone: after `map`,
`save_to_disk` or any sharding. A row that stores only a path is asked for by it. Gate before whatever changes pixels:
an image that was encoded again is none that the gate has seen.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from provenance.errors import MissingExtra, UsageError
from provenance.gate.verdicts import Verdicts
from provenance.ml.answers import GRACE, UNSEEN, Answer, Answers, Data, Watch, strictest
from provenance.ml.stored_images import stored_images

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

_BYTES: Final = 16 << 20
_MOST_ROWS: Final = 10_000


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
    lies = isinstance(dataset, library.Dataset)
    asked = _Asked(answers, _image_columns(library, dataset, image), name, None if lies else GRACE)
    if lies:
        found = _of_rows(dataset, asked)
        return dataset.select([place for place, answer in enumerate(found) if answer.may_be_used])
    stored = dataset.with_format("arrow")
    return _in_format_of(dataset, stored.filter(_Allowed(asked), batched=True, batch_size=_ROWS))


def _marked(library: Any, dataset: Any, name: str, answers: Answers, image: str | Sequence[str] | None) -> Any:
    lies = isinstance(dataset, library.Dataset)
    asked = _Asked(answers, _image_columns(library, dataset, image), name, None if lies else GRACE)
    if lies:
        found = list(_of_rows(dataset, asked))
        marked = dataset.add_column(DECISION, [answer.decision.value for answer in found])
        return marked.add_column(REASON, [answer.reason for answer in found])
    features = dataset.features
    if features is not None:
        text = library.Value("string")
        features = library.Features({**features, DECISION: text, REASON: text})
    stored = dataset.with_format("arrow")
    return _in_format_of(dataset, stored.map(_Marked(asked), batched=True, batch_size=_ROWS, features=features))


def _of_rows(dataset: Any, asked: _Asked) -> Iterator[Answer]:
    """The answer for each row of a dataset that lies in a table."""
    rows = dataset.select_columns(asked.columns).with_format("arrow")
    start, size = 0, _ROWS
    while start < len(rows):
        table: pa.Table = rows[start : start + size]
        yield from asked.of(table)
        start += table.num_rows
        size = max(1, min(_MOST_ROWS, _BYTES * table.num_rows // max(1, table.nbytes)))
    asked.end()


def _in_format_of(dataset: Any, done: Any) -> Any:
    """A streaming dataset in the format in which it was given, which the library tells in no public way."""
    formatting = getattr(dataset, "_formatting", None)
    return done.with_format(formatting.format_type if formatting is not None else None)


class _Asked:
    """Answers for tables of rows, by the images in some columns as they are stored. It travels to workers."""

    def __init__(self, answers: Answers, columns: list[str], name: str, grace: int | None) -> None:
        self.columns = columns
        self._answers = answers
        self._watches = [Watch(f"the column {column} of {name}", grace=grace) for column in columns]

    def of(self, table: pa.Table) -> list[Answer]:
        """The answer for each row: that of its worst image. Raises UsageError where none of many was seen."""
        by_column = [
            self._of_column(table.column(column), watch)
            for column, watch in zip(self.columns, self._watches, strict=True)
        ]
        return [strictest(of_row) for of_row in zip(*by_column, strict=True)] if len(by_column) > 1 else [*by_column[0]]

    def end(self) -> None:
        """Raise UsageError where no image of a column was seen."""
        for watch in self._watches:
            watch.end()

    def _of_column(self, column: pa.ChunkedArray, watch: Watch) -> Iterator[Answer]:
        for chunk in column.chunks:
            images = stored_images(chunk)
            found = list(map(self._of_image, images.data, images.paths))
            watch.note_all(found, images.paths)
            if images.counts is None:
                yield from found
            else:
                rest = iter(found)
                yield from (strictest(islice(rest, count)) for count in images.counts)

    def _of_image(self, data: Data | None, path: str | None) -> Answer:
        """The answer by the bytes, or by the path where there are none."""
        if data is not None:
            return self._answers.of_bytes(data)
        return self._answers.of_path(path) if path else UNSEEN


class _Allowed:
    """Whether each row of a streamed table may be used."""

    def __init__(self, asked: _Asked) -> None:
        self._asked = asked

    def __call__(self, table: pa.Table) -> list[bool]:
        return [answer.may_be_used for answer in _streamed(self._asked, table)]


class _Marked:
    """A streamed table with two columns more."""

    def __init__(self, asked: _Asked) -> None:
        self._asked = asked

    def __call__(self, table: pa.Table) -> pa.Table:
        import pyarrow as pa

        found = _streamed(self._asked, table)
        marked = table.append_column(DECISION, pa.array([one.decision.value for one in found], pa.string()))
        return marked.append_column(REASON, pa.array([one.reason for one in found], pa.string()))


def _streamed(asked: _Asked, table: pa.Table) -> list[Answer]:
    found = asked.of(table)
    if table.num_rows < _ROWS:  # the last rows of a shard
        asked.end()
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

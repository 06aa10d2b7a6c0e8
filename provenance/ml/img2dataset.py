"""The output of img2dataset, held against itself: what was asked for, what came, and what is missing without a word.

Of each shard there is a table `NNNNN.parquet` with a row for every address that was asked for, those too that were
refused or failed. The images lie in `NNNNN.tar` (`--output_format webdataset`), in a folder `NNNNN` (`files`) or in the
table itself (`parquet`). A gate judges the images that are there; this says whether they are all there, and what became
of the rest. Source: img2dataset 1.47, `downloader.py` (`key`, `status`, `error_message`) and `writer.py`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provenance.errors import MissingExtra, UsageError
from provenance.files import open_regular
from provenance.keys import display
from provenance.sources.interface import MEMBER, Role
from provenance.sources.kinds import is_image_name
from provenance.sources.open import open_collection

if TYPE_CHECKING:
    import pyarrow as pa

_SUCCESS: Final = "success"
_ASKED: Final = ["key", "status", "error_message"]
_REFUSED: Final = ("X-Robots-Tag", "x-robots-tag")
_LONGEST: Final = 200
_MOST_ROWS: Final = 5_000_000
_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class ShardAccount:
    """What became of the addresses of one shard.

    `by_status` counts rows by what the downloader says, `refused` those whose server told it not to train or index.
    `lost` are keys that came and that the shard does not hold, `unasked` keys in it that the table does not have,
    `repeated` keys that stand twice, here or in an earlier shard. `problems` say what could not be read, and where the
    table has other columns than the first one.
    """

    shard: str
    rows: int
    by_status: Mapping[str, int]
    refused: int
    lost: tuple[str, ...]
    unasked: tuple[str, ...]
    repeated: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether everything that came is there, once, and nothing else."""
        return not (self.lost or self.unasked or self.repeated or self.problems)


def accounts(folder: str | os.PathLike[str]) -> tuple[ShardAccount, ...]:
    """The account of every shard of a folder, in order. Raises UsageError where there is none, MissingExtra.

    >>> accounts("demo/photos")
    Traceback (most recent call last):
        ...
    provenance.errors.UsageError: demo/photos holds no output of img2dataset; ...
    """
    try:
        import pyarrow as pa
    except ModuleNotFoundError as missing:
        raise MissingExtra("pyarrow", "parquet", "the output of img2dataset") from missing
    root = Path(folder)
    names = sorted(
        {path.stem for suffix in ("tar", "parquet") for path in root.glob(f"*.{suffix}")}
        | {path.name for path in root.glob("[0-9]*") if path.is_dir()}
    )
    if not any((root / f"{name}.parquet").is_file() for name in names):
        raise UsageError(f"{root} holds no output of img2dataset", remedy="name the folder of its shards and tables")
    found: list[ShardAccount] = []
    earlier: set[str] = set()
    first: pa.Schema | None = None
    for name in names:
        problems: list[str] = []
        table = _table(pa, root / f"{name}.parquet", problems)
        if table.schema is not None:
            first = first or table.schema
            if not table.schema.equals(first):
                problems.append("its table has other columns than that of the first shard")
        held = table.held if table.held is not None else _held(root, name, problems)
        found.append(_account(name, table, held, earlier, problems))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Table:
    """The columns that tell what became of each address; `held` are the keys whose images lie in the table itself."""

    schema: pa.Schema | None = None
    keys: Sequence[str] = ()
    statuses: Sequence[str] = ()
    messages: Sequence[str] = ()
    held: frozenset[str] | None = None


def _account(name: str, table: _Table, held: frozenset[str], earlier: set[str], problems: list[str]) -> ShardAccount:
    here = Counter(table.keys)
    here.update(key for key in held if key not in here)
    repeated = sorted({key for key, times in here.items() if times > 1 or key in earlier})
    earlier.update(here)
    came = {key for key, status in zip(table.keys, table.statuses, strict=True) if status == _SUCCESS}
    return ShardAccount(
        name,
        len(table.keys),
        dict(Counter(table.statuses)),
        sum(any(word in message for word in _REFUSED) for message in table.messages),
        tuple(sorted(came - held)),
        tuple(sorted(held - came)),
        tuple(repeated),
        tuple(problems),
    )


def _table(pa: Any, path: Path, problems: list[str]) -> _Table:
    """The table of a shard, as far as it can be read."""
    import pyarrow.parquet as pq

    try:
        with open_regular(path) as file:
            parquet = pq.ParquetFile(file)
            schema = parquet.schema_arrow.remove_metadata()
            if missing := set(_ASKED) - set(schema.names):
                problems.append(f"its table has no column {', '.join(sorted(missing))}")
                return _Table(schema)
            if parquet.metadata.num_rows > _MOST_ROWS:
                problems.append(f"its table has more than {_MOST_ROWS:,} rows")
                return _Table(schema)
            keys, statuses, messages = (list(map(str, column)) for column in parquet.read(_ASKED).to_pydict().values())
            return _Table(schema, keys, statuses, messages, _held_by_table(pa, parquet, schema))
    except (OSError, pa.ArrowException) as error:
        problems.append(f"its table cannot be read: {str(error)[:_LONGEST]}")
    return _Table()


def _held_by_table(pa: Any, parquet: Any, schema: Any) -> frozenset[str] | None:
    """The keys of the rows that hold an image; None where no column is one of images."""
    columns = [one.name for one in schema if pa.types.is_binary(one.type) and is_image_name(f"x.{one.name}".encode())]
    if not columns:
        return None
    held: set[str] = set()
    for batch in parquet.iter_batches(_AT_ONCE, columns=[_ASKED[0], *columns]):
        keys = batch.column(0).to_pylist()
        held.update(
            str(key) for key, *images in zip(keys, *batch.columns[1:], strict=True) if any(map(_is_there, images))
        )
    return frozenset(held)


def _is_there(image: Any) -> bool:
    return bool(image.is_valid)


def _held(root: Path, name: str, problems: list[str]) -> frozenset[str]:
    """The keys of the samples in a shard, or of the images in its folder."""
    shard, folder = root / f"{name}.tar", root / name
    if not shard.is_file() and not folder.is_dir():
        problems.append("there is a table and no shard")
        return frozenset()
    held: set[str] = set()
    for entry in open_collection(shard if shard.is_file() else folder).entries():
        if entry.role is Role.CONTAINER:
            problems.append(entry.problem.detail if entry.problem is not None else "it was not opened")
        elif MEMBER in entry.key:
            held.add(display(entry.key.rpartition(MEMBER)[2]))
        else:
            held.add(Path(display(entry.key)).stem)
    return frozenset(held)

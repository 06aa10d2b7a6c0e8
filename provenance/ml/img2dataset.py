"""The output of img2dataset, held against itself: what was asked for, what came, and what is missing without a word.

Of each shard `NNNNN.tar` there is a table `NNNNN.parquet` with a row for every address that was asked for, those too
that were refused or failed. A gate judges the images that are in the shards; this says whether they are all there, and
what became of the rest. Source: img2dataset 1.47, `downloader.py` (`key`, `status`, `error_message`).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provenance.errors import MissingExtra, UsageError
from provenance.files import open_regular
from provenance.keys import display
from provenance.sources.interface import MEMBER, Role
from provenance.sources.open import open_collection

if TYPE_CHECKING:
    import pyarrow as pa

_SUCCESS: Final = "success"
_ASKED: Final = ("key", "status", "error_message")
_REFUSED: Final = ("X-Robots-Tag", "x-robots-tag")
_LONGEST: Final = 200
_MOST_ROWS: Final = 5_000_000


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
    names = sorted({path.stem for path in root.glob("*.tar")} | {path.stem for path in root.glob("*.parquet")})
    if not any((root / f"{name}.parquet").is_file() for name in names):
        raise UsageError(f"{root} holds no output of img2dataset", remedy="name the folder of its shards and tables")
    found: list[ShardAccount] = []
    earlier: set[str] = set()
    first: pa.Schema | None = None
    for name in names:
        problems: list[str] = []
        schema, columns = _table(pa, root / f"{name}.parquet", problems)
        if schema is not None:
            first = first or schema
            if not schema.equals(first):
                problems.append("its table has other columns than that of the first shard")
        found.append(_account(name, columns, root / f"{name}.tar", earlier, problems))
    return tuple(found)


def _account(
    name: str, columns: Mapping[str, list[Any]], shard: Path, earlier: set[str], problems: list[str]
) -> ShardAccount:
    keys = [str(key) for key in columns["key"]]
    here = Counter(keys)
    held = _held(shard, problems)
    here.update(key for key in held if key not in here)
    repeated = sorted({key for key, times in here.items() if times > 1 or key in earlier})
    earlier.update(here)
    came = {key for key, status in zip(keys, columns["status"], strict=True) if status == _SUCCESS}
    statuses = Counter(str(status) for status in columns["status"])
    messages = [str(message) for message in columns["error_message"] if message]
    return ShardAccount(
        name,
        len(keys),
        dict(statuses),
        sum(any(word in message for word in _REFUSED) for message in messages),
        tuple(sorted(came - held)),
        tuple(sorted(held - came)),
        tuple(repeated),
        tuple(problems),
    )


def _table(pa: Any, path: Path, problems: list[str]) -> tuple[pa.Schema | None, dict[str, list[Any]]]:
    """The schema of a table, and the columns that tell what became of each address; none where it cannot be read."""
    import pyarrow.parquet as pq

    nothing: dict[str, list[Any]] = {name: [] for name in _ASKED}
    try:
        with open_regular(path) as file:
            parquet = pq.ParquetFile(file)
            schema = parquet.schema_arrow.remove_metadata()
            if missing := set(_ASKED) - set(schema.names):
                problems.append(f"its table has no column {', '.join(sorted(missing))}")
            elif parquet.metadata.num_rows > _MOST_ROWS:
                problems.append(f"its table has more than {_MOST_ROWS:,} rows")
            else:
                return schema, parquet.read(list(_ASKED)).to_pydict()
            return schema, nothing
    except (OSError, pa.ArrowException) as error:
        problems.append(f"its table cannot be read: {str(error)[:_LONGEST]}")
    return None, nothing


def _held(shard: Path, problems: list[str]) -> set[str]:
    """The keys of the samples in a shard."""
    held: set[str] = set()
    if not shard.is_file():
        problems.append("there is a table and no shard")
        return held
    for entry in open_collection(shard).entries():
        if entry.role is Role.CONTAINER:
            problems.append(entry.problem.detail if entry.problem is not None else "it was not opened")
        else:
            held.add(display(entry.key.rpartition(MEMBER)[2]))
    return held

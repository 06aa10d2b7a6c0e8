"""What people saw in pictures, appended and never rewritten. A look belongs to bytes, wherever they lie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.errors import InputError
from provenance.ledger import schema
from provenance.ledger.append import append, next_id
from provenance.ledger.database import Database
from provenance.ledger.interning import lookup, mark_pending
from provenance.ledger.reviews import known_images
from provenance.ledger.signatures import Signatories, tell_faults
from provenance.model import ApparentAge, Look, from_micros, to_micros
from provenance.vocabulary import PersonsStatus

_COLUMNS: Final = (
    "id", "content_id", "reviewer", "at", "persons_status", "persons", "age", "synthetic", "sensitive", "reason",
    "file", "line", "signature",
)  # fmt: skip
_BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A look as the ledger holds it, under its number."""

    id: int
    content_id: int
    look: Look


def take_sheet(database: Database, rows: Iterable[tuple[int, Look]], file: str) -> int:
    """Append the looks of one sheet with their lines, all or none; gives the number of new ones.

    Raises InputError for a picture that the ledger does not hold.
    """
    taken = 0
    with database.writing() as connection:
        for batch in batched(rows, _BATCH):
            held = known_images(connection, (look.sha256 for _, look in batch))
            unknown = next((line for line, look in batch if look.sha256 not in held), None)
            if unknown is not None:
                raise InputError(
                    f"{file}, line {unknown}, sha256: no image of the ledger has these bytes",
                    remedy="leave the column as it was exported, or scan the collection",
                )
            tell_faults(connection, batch, file)
            seen = [look for _, look in batch]
            taken += len(take(connection, seen, file=file, lines=[line for line, _ in batch]))
    return taken


def take(connection: Connection, looks: Sequence[Look], *, file: str = "", lines: Sequence[int] = ()) -> list[int]:
    """Append looks at pictures that the ledger holds, leaving out what it holds already; gives their numbers.

    `file` and `lines` are where they were read. The caller holds the writing transaction and knows that the bytes
    are held.
    """
    contents = lookup(connection, schema.content.c.sha256, schema.content.c.id, (look.sha256 for look in looks))
    known = {_bare(kept.look) for kept in of_contents(connection, set(contents.values()))}
    first = next_id(connection, schema.look)
    rows: list[tuple[object, ...]] = []
    touched: set[int] = set()
    for place, look in enumerate(looks):
        if _bare(look) in known:
            continue
        known.add(_bare(look))
        touched.add(contents[look.sha256])
        line = lines[place] if lines else 0
        rows.append((first + len(rows), contents[look.sha256], *_values(look), file, line, look.signature or None))
    append(connection, schema.look, _COLUMNS, rows)
    _mark_pending(connection, touched)
    return [first + place for place in range(len(rows))]


def end(connection: Connection, numbers: Sequence[int], *, by: str, reason: str, at: int) -> list[int]:
    """Take looks back, each once; gives the numbers of those that still counted."""
    table, ended = schema.look.c, schema.look_end.c
    open_ones: dict[int, int] = {}
    for some in batched(dict.fromkeys(numbers), IN_LIST):
        query = sa.select(table.id, table.content_id).where(
            table.id.in_(some), ~sa.exists().where(ended.look_id == table.id)
        )
        open_ones.update(connection.execute(query).all())
    rows = [(number, at, by, reason) for number in sorted(open_ones)]
    append(connection, schema.look_end, ("look_id", "at", "by", "reason"), rows)
    _mark_pending(connection, set(open_ones.values()))
    return sorted(open_ones)


def of_contents(connection: Connection, contents: Iterable[int]) -> list[Kept]:
    """The looks at these pictures that nobody took back, oldest first."""
    found = []
    for some in batched(dict.fromkeys(contents), IN_LIST):
        found += [_kept(row) for row in connection.execute(_counting().where(schema.look.c.content_id.in_(some)))]
    return sorted(found, key=lambda kept: (kept.look.at, kept.id))


def of_items(connection: Connection, items: Iterable[int]) -> dict[int, list[Look]]:
    """The looks at each of these images that nobody took back, oldest first; images without any are left out.

    Each says what is wrong with its signature.
    """
    if not any_at_all(connection):
        return {}
    item = schema.item.c
    found: dict[int, list[Look]] = {}
    for some in batched(items, IN_LIST):
        query = (
            _counting()
            .add_columns(item.id.label("item_id"))
            .join(schema.item, item.content_id == schema.look.c.content_id)
            .where(item.id.in_(some))
            .order_by(schema.look.c.at, schema.look.c.id)
        )
        for row in connection.execute(query):
            found.setdefault(row.item_id, []).append(_kept(row).look)
    return checked(connection, found)


def checked(connection: Connection, found: Mapping[int, Sequence[Look]]) -> dict[int, list[Look]]:
    """Looks by whatever they are at, each with what is wrong with its signature."""
    signed = any(look.signature for several in found.values() for look in several)
    if not signed:
        return {key: list(several) for key, several in found.items()}
    signatories = Signatories.of(connection, datetime.now(UTC))
    return {key: [signatories.checked(look, None) for look in several] for key, several in found.items()}


def any_at_all(connection: Connection) -> bool:
    """Whether the ledger holds a look: most hold none, and then nothing more is asked."""
    return connection.execute(sa.select(schema.look.c.id).limit(1)).first() is not None


def each(connection: Connection, *, several: bool = False) -> Iterator[list[Look]]:
    """The looks that count, picture by picture; with `several` only pictures at which more than one person looked."""
    table = schema.look.c
    query = _counting().order_by(table.content_id, table.at, table.id)
    if several:
        twice = sa.select(table.content_id).group_by(table.content_id)
        query = query.where(table.content_id.in_(twice.having(sa.func.count(table.reviewer.distinct()) > 1)))
    content, group = 0, list[Look]()
    for row in connection.execute(query.execution_options(yield_per=1_000)):
        if row.content_id != content and group:
            yield group
            group = []
        content = row.content_id
        group.append(_kept(row).look)
    if group:
        yield group


def weigh_again(connection: Connection, reviewer: str) -> None:
    """Note that the looks which somebody signed may count otherwise now: they got a key, or are trusted no more."""
    look = schema.look.c
    signed = sa.select(look.content_id).where(look.reviewer == reviewer, look.signature.is_not(None)).distinct()
    _mark_pending(connection, connection.execute(signed).scalars())


def _counting() -> sa.Select[Any]:
    ended = schema.look_end.c
    return (
        sa.select(schema.look, schema.content.c.sha256)
        .join(schema.content, schema.content.c.id == schema.look.c.content_id)
        .where(~sa.exists().where(ended.look_id == schema.look.c.id))
    )


def _kept(row: Any) -> Kept:
    return Kept(row.id, row.content_id, look_of(row, bytes(row.sha256)))


def look_of(row: Any, sha256: bytes = b"") -> Look:
    """A look as its row holds it."""
    return Look(
        sha256=sha256,
        reviewer=row.reviewer,
        at=from_micros(row.at),
        persons_status=PersonsStatus(row.persons_status),
        persons=row.persons,
        age=ApparentAge(row.age) if row.age is not None else None,
        synthetic=row.synthetic,
        sensitive=row.sensitive,
        reason=row.reason,
        signature=bytes(row.signature or b""),
    )


def _values(look: Look) -> tuple[object, ...]:
    return (
        look.reviewer, to_micros(look.at), look.persons_status.value, look.persons,
        look.age.value if look.age is not None else None, look.synthetic, look.sensitive, look.reason,
    )  # fmt: skip


def _bare(look: Look) -> tuple[object, ...]:
    return (look.sha256, *_values(look), look.signature)


def _mark_pending(connection: Connection, contents: Iterable[int]) -> None:
    item = schema.item.c
    for some in batched(sorted(contents), IN_LIST):
        mark_pending(connection, sa.select(item.id, item.collection_id).where(item.current, item.content_id.in_(some)))

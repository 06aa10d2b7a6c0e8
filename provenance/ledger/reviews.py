"""What reviewers decided, appended and never rewritten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.errors import RowError, RowErrors
from provenance.ledger import schema
from provenance.ledger.append import append, next_id
from provenance.ledger.database import Database
from provenance.ledger.interning import raise_revision
from provenance.ledger.links import require_linked, require_whole
from provenance.ledger.registry import day_number, day_of
from provenance.ledger.signatures import tell_faults
from provenance.ledger.within import current_within
from provenance.model import Review, from_micros, to_micros
from provenance.vocabulary import Decision

_BATCH: Final = 2_000
_TOLD: Final = 1_000
_COLUMNS: Final = (
    "id", "finding", "sha256", "decision", "reviewer", "at", "expires_on", "reason", "ticket", "file", "line", "code",
    "signature",
)  # fmt: skip


def take_reviews(database: Database, reviews: Iterable[Review], file: str) -> int:
    """Append the decisions of one file, all or none, leaving out those that are held already; gives their number.

    Raises RowErrors where one is on bytes that the ledger has never held.
    """
    taken, strangers = 0, list[RowError]()
    with database.writing() as connection:
        for batch in batched(reviews, _BATCH):
            known = known_images(connection, _digests(batch))
            strangers += [_stranger(review, file) for review in batch if review.sha256 not in known]
            tell_faults(connection, [(review.line, review) for review in batch], file)
            taken += len(append_reviews(connection, batch, file))
        if strangers:
            raise RowErrors(strangers[:_TOLD], more=len(strangers[_TOLD:]))
    return taken


def append_reviews(connection: Connection, reviews: Sequence[Review], file: str = "") -> list[int]:
    """Append decisions that are not held yet; gives their numbers. `file` is empty for those of the review page."""
    held = {_bare(review) for review in of_images(connection, _digests(reviews))}
    fresh = []
    for review in reviews:
        if _bare(review) not in held:
            held.add(_bare(review))
            fresh.append(review)
    first = next_id(connection, schema.review)
    append(connection, schema.review, _COLUMNS, [_row(first + i, review, file) for i, review in enumerate(fresh)])
    raise_revision(connection, _holding(_digests(fresh)))
    return list(range(first, first + len(fresh)))


def of_images(connection: Connection, digests: Iterable[bytes]) -> list[Review]:
    """Every decision on the images with these bytes that nobody took back, oldest first.

    Raises LedgerError where one of them, or what took one back, was changed by hand.
    """
    review, ended = schema.review, schema.review_end
    found: list[tuple[tuple[int, int], Review]] = []
    for some in batched(dict.fromkeys(digests), IN_LIST):
        of_these = review.c.sha256.in_(some)
        rows = connection.execute(sa.select(review).where(of_these)).all()
        if not rows:
            continue
        ends = connection.execute(sa.select(ended).join(review, review.c.id == ended.c.review_id).where(of_these)).all()
        require_linked(connection, review, rows)
        require_linked(connection, ended, ends)
        taken_back = {end.review_id for end in ends}
        found += [((row.at, row.id), review_of(row)) for row in rows if row.id not in taken_back]
    return [review for _, review in sorted(found, key=lambda pair: pair[0])]


def reviewed_items(connection: Connection, collections: Sequence[int]) -> list[int]:
    """The current images of these collections on which somebody decided something.

    Raises LedgerError where decisions, or what takes them back, were put in or taken out by hand.
    """
    require_whole(connection, schema.review)
    require_whole(connection, schema.review_end)
    item, content, review = schema.item.c, schema.content.c, schema.review.c
    query = (
        sa.select(item.id)
        .join(schema.content, content.id == item.content_id)
        .where(current_within(collections))
        .where(content.sha256.in_(sa.select(review.sha256).where(counting())))
    )
    return list(connection.execute(query).scalars())


def known_images(connection: Connection, digests: Iterable[bytes]) -> set[bytes]:
    """Those of these digests that the ledger holds."""
    content = schema.content.c
    found: set[bytes] = set()
    for some in batched(dict.fromkeys(digests), IN_LIST):
        rows = connection.execute(sa.select(content.sha256).where(content.sha256.in_(some))).scalars()
        found.update(map(bytes, rows))
    return found


def counting() -> sa.ColumnElement[bool]:
    """That nobody took a decision back."""
    return ~sa.exists().where(schema.review_end.c.review_id == schema.review.c.id)


def end(connection: Connection, numbers: Sequence[int], *, by: str, reason: str, at: int) -> list[int]:
    """Take decisions back, each once; gives the numbers of those that still counted."""
    table = schema.review.c
    found: dict[int, bytes] = {}
    for some in batched(dict.fromkeys(numbers), IN_LIST):
        query = sa.select(table.id, table.sha256).where(table.id.in_(some), counting())
        found.update(connection.execute(query).all())
    rows = [(number, at, by, reason) for number in sorted(found)]
    append(connection, schema.review_end, ("review_id", "at", "by", "reason"), rows)
    raise_revision(connection, _holding([bytes(sha256) for sha256 in found.values()]))
    return sorted(found)


def _stranger(review: Review, file: str) -> RowError:
    digest = review.sha256.hex() if review.sha256 is not None else ""
    return RowError(file, review.line, "sha256", digest, "the ledger holds no image with these bytes")


def _digests(reviews: Iterable[Review]) -> list[bytes]:
    return [review.sha256 for review in reviews if review.sha256 is not None]


def _holding(digests: Sequence[bytes]) -> sa.Select[tuple[int]]:
    item, content = schema.item.c, schema.content.c
    return (
        sa.select(item.collection_id)
        .join(schema.content, content.id == item.content_id)
        .where(item.current, content.sha256.in_(digests))
        .distinct()
    )


def _bare(review: Review) -> tuple[object, ...]:
    """What makes two decisions one: all but the file and the line."""
    return (
        review.finding, review.sha256, review.code, review.decision, review.reviewer, to_micros(review.at),
        review.expires, review.reason, review.ticket, review.signature,
    )  # fmt: skip


def review_of(row: sa.Row[Any]) -> Review:
    """A decision as its row holds it."""
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's public way to columns by name
    return Review(
        finding=values["finding"],
        sha256=bytes(values["sha256"]),
        decision=Decision(values["decision"]),
        reviewer=values["reviewer"],
        at=from_micros(values["at"]),
        expires=day_of(values["expires_on"]),
        reason=values["reason"],
        ticket=values["ticket"],
        code=values["code"],
        signature=bytes(values["signature"] or b""),
    )


def _row(number: int, review: Review, file: str) -> tuple[object, ...]:
    return (
        number, review.finding, review.sha256, review.decision.value, review.reviewer, to_micros(review.at),
        day_number(review.expires), review.reason, review.ticket, file, review.line, review.code,
        review.signature or None,
    )  # fmt: skip

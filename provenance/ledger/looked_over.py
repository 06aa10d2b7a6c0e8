"""What people put on record by eye, decisions and looks together: listed, each under its name, and taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.errors import UsageError
from provenance.keys import display
from provenance.ledger import looks, reviews, schema
from provenance.ledger.signatures import Signatories
from provenance.model import Look, Review, from_micros, to_micros

_KINDS: Final = ("look", "decision")


@dataclass(frozen=True, slots=True)
class Entry:
    """One look or decision. `name` is how it is taken back, such as `look:12`; `item` one image that it is about.

    `decision` and `code` are empty for a look, `look` is None for a decision. `ended_by` took it back, "" where nobody
    did.
    """

    name: str
    item: str
    sha256: bytes
    reviewer: str
    at: datetime
    reason: str
    decision: str = ""
    code: str = ""
    look: Look | None = None
    ended_by: str = ""
    signed: str = ""
    """Signed, unsigned, or why its signature counts for nothing."""


def listed(connection: Connection) -> Iterator[Entry]:
    """Every look, then every decision, oldest first, those that were taken back too."""
    look, ended = schema.look, schema.look_end
    query = (
        sa.select(look, schema.content.c.sha256, ended.c.by, _item(schema.content.c.id).label("key"))
        .join(schema.content, schema.content.c.id == look.c.content_id)
        .outerjoin(ended, ended.c.look_id == look.c.id)
        .order_by(look.c.id)
    )
    signatories = Signatories.of(connection, datetime.now(UTC))
    for row in connection.execute(query.execution_options(yield_per=1_000)):
        seen = signatories.checked(looks.look_of(row, bytes(row.sha256)), None)
        yield Entry(look=seen, signed=_signed(seen), **_common("look", row))
    review, gone = schema.review, schema.review_end
    known = (
        sa.select(review, gone.c.by, _item(schema.content.c.id).label("key"))
        .outerjoin(schema.content, schema.content.c.sha256 == review.c.sha256)
        .outerjoin(gone, gone.c.review_id == review.c.id)
        .order_by(review.c.id)
    )
    for row in connection.execute(known.execution_options(yield_per=1_000)):
        told = signatories.checked(reviews.review_of(row), None)
        yield Entry(decision=row.decision, code=row.code, signed=_signed(told), **_common("decision", row))


def take_back(connection: Connection, names: Sequence[str], *, by: str, reason: str, at: datetime) -> int:
    """Take looks and decisions back by their names; gives how many still counted.

    Raises UsageError for a name that stands for nothing.
    """
    numbers: dict[str, list[int]] = {kind: [] for kind in _KINDS}
    for name in names:
        kind, _, number = name.partition(":")
        if kind not in numbers or not (number.isascii() and number.isdigit()):
            raise UsageError(f"{name} is neither a look nor a decision", remedy="`provenance review list` names them")
        numbers[kind].append(int(number))
    for kind, table in (("look", schema.look), ("decision", schema.review)):
        held: set[int] = set()
        for some in batched(numbers[kind], IN_LIST):
            held.update(connection.execute(sa.select(table.c.id).where(table.c.id.in_(some))).scalars())
        for lacking in sorted(set(numbers[kind]) - held):
            raise UsageError(f"there is no {kind}:{lacking}", remedy="`provenance review list` names them")
    now = to_micros(at)
    ended = looks.end(connection, numbers["look"], by=by, reason=reason, at=now)
    return len(ended) + len(reviews.end(connection, numbers["decision"], by=by, reason=reason, at=now))


def _signed(said: Review | Look) -> str:
    return said.fault or ("signed" if said.signature else "unsigned")


def _item(content: Any) -> sa.ScalarSelect[bytes]:
    """One image with these bytes: a current one if there is any."""
    item = schema.item.c
    query = sa.select(item.key).where(item.content_id == content).order_by(item.current.desc(), item.id).limit(1)
    return query.scalar_subquery()


def _common(kind: str, row: Any) -> dict[str, Any]:
    return {
        "name": f"{kind}:{row.id}",
        "item": display(bytes(row.key)) if row.key is not None else "",
        "sha256": bytes(row.sha256),
        "reviewer": row.reviewer,
        "at": from_micros(row.at),
        "reason": row.reason,
        "ended_by": row.by or "",
    }

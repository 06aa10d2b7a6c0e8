"""What reviewers decided, appended and never rewritten; the newest decision on a finding counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.ledger import schema
from provenance.ledger.database import Database, bulk
from provenance.ledger.interning import next_id
from provenance.ledger.registry import day_number
from provenance.model import Review, from_micros, to_micros
from provenance.vocabulary import Decision

_BATCH = 2_000
_COLUMNS = ("id", "finding", "decision", "reviewer", "at", "expires_on", "reason", "ticket", "file", "line")


def take_reviews(database: Database, reviews: Iterable[Review], file: str) -> int:
    """Append the decisions of one file, all or none, leaving out those that are held already; gives their number."""
    taken = 0
    remaining = iter(reviews)
    with database.writing() as connection:
        held = {review for found in newest(connection).values() for review in found}
        while batch := list(islice(remaining, _BATCH)):
            fresh = [review for review in batch if _bare(review) not in held]
            held.update(map(_bare, fresh))
            first = next_id(connection, schema.review)
            bulk(connection, schema.review, _COLUMNS, [_row(first + i, r, file) for i, r in enumerate(fresh)])
            taken += len(fresh)
    return taken


def newest(connection: Connection) -> dict[str, tuple[Review, ...]]:
    """Every decision by the finding that it is about, oldest first."""
    table = schema.review.c
    rows = connection.execute(
        sa.select(
            table.finding, table.decision, table.reviewer, table.at, table.expires_on, table.reason, table.ticket
        ).order_by(table.at, table.id)
    )
    found: dict[str, list[Review]] = {}
    for finding, decision, reviewer, at, expires_on, reason, ticket in rows:
        review = Review(finding, Decision(decision), reviewer, from_micros(at), _day(expires_on), reason, ticket)
        found.setdefault(finding, []).append(review)
    return {finding: tuple(reviews) for finding, reviews in found.items()}


def _bare(review: Review) -> Review:
    return Review(
        review.finding,
        review.decision,
        review.reviewer,
        from_micros(to_micros(review.at)),
        review.expires,
        review.reason,
        review.ticket,
    )


def _row(number: int, review: Review, file: str) -> tuple[object, ...]:
    return (
        number,
        review.finding,
        review.decision.value,
        review.reviewer,
        to_micros(review.at),
        day_number(review.expires),
        review.reason,
        review.ticket,
        file,
        review.line,
    )


def _day(number: int) -> date:
    return date(number // 10_000, number // 100 % 100, number % 100)

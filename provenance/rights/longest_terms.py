"""When the longest time ends for which a law lets measured faces be kept after the last event about a person.

Where faces are measured and a record names no term of its own, that is what ends it (code 66): US-IL three years, US-TX
one, as the packs say. Whether faces are measured is taken from the context of the last gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.gate.decide import context_of
from provenance.gate.facts_query import YEAR
from provenance.ledger import schema
from provenance.ledger.gates import last_context_text
from provenance.ledger.spans import GIVEN, STATUSES
from provenance.model import from_micros, to_micros
from provenance.policy.judge import Judge
from provenance.policy.packs import PackSet
from provenance.policy.purposes import load_purposes
from provenance.policy.reasons import load_reasons
from provenance.policy.rules.evaluation import evaluation_of
from provenance.policy.summarise import decode_item, decode_person


@dataclass(frozen=True, slots=True)
class LongestTerm:
    """That what rests on a basis record may be kept until `at` at most, `years` after its last event, under a law."""

    record: str
    law: str
    years: int
    at: datetime


def longest_terms(connection: Connection, packs: PackSet, until: datetime) -> list[LongestTerm]:
    """The terms that end until a moment, the shortest of each record. None where no face is measured, or nobody said.

    >>> longest_terms(connection, load_packs(), datetime.now(UTC))  # doctest: +SKIP
    [LongestTerm(record='r1', law='US-IL', years=3, at=...)]
    """
    text = last_context_text(connection)
    shortest = packs.strictest.retention.faces_years
    if text is None or shortest is None:
        return []
    context = context_of(text)
    if not evaluation_of(context, load_purposes()).measures_faces:
        return []
    judge = Judge(context, packs, load_reasons())
    found: dict[str, LongestTerm] = {}
    for row in connection.execute(_candidates(to_micros(datetime.now(UTC)), to_micros(until) - shortest * YEAR)):
        allowed = judge.faces_years(decode_item(row.item_facts), decode_person(row.person_facts))
        if allowed is None:
            continue
        years, law = allowed
        term = LongestTerm(row.record_id, law, years, from_micros(row.since_at + years * YEAR))
        known = found.get(row.record_id)
        if term.at <= until and (known is None or term.at < known.at):
            found[row.record_id] = term
    return sorted(found.values(), key=lambda one: (one.at, one.record))


def _candidates(now: int, since: int) -> sa.Select[tuple[object, ...]]:
    """Consents in effect without a term whose last event lies before, with what is known of whom they are about."""
    state, record, shown, item = schema.consent_state.c, schema.record.c, schema.depiction.c, schema.item.c
    scope, link = schema.record_scope_image.c, schema.source_of_collection.c
    of_item, of_person = schema.profile.alias("of_item"), schema.profile.alias("of_person")
    given = [STATUSES.index(status) for status in GIVEN]
    in_scope = sa.exists().where(scope.item_id == item.id, scope.record == state.record)
    speaks = sa.exists().where(link.collection_id == item.collection_id, link.source_id == state.source_id)
    return (
        sa.select(
            record.record_id,
            state.since_at,
            of_item.c.facts.label("item_facts"),
            of_person.c.facts.label("person_facts"),
        )
        .distinct()
        .select_from(schema.consent_state)
        .join(schema.record, record.id == state.record)
        .join(schema.depiction, shown.person_id == state.person_id)
        .join(schema.item, item.id == shown.item_id)
        .join(of_item, of_item.c.id == item.profile_id)
        .join(of_person, of_person.c.id == shown.profile_id)
        .where(state.from_at <= now, state.until_at > now, state.since_at <= since)
        .where(state.status.in_(given), ~state.has_term, item.current, speaks, sa.or_(~state.scoped, in_scope))
    )

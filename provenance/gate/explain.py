"""Everything behind one image's verdict: facts with their origin, codes considered, remedies, and past verdicts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import SourceError
from provenance.gate.decide import PolicyVersion, findings_of, reasons_of
from provenance.gate.disk import compare
from provenance.gate.image import NOTHING, Judging, Overlay, images_query
from provenance.gate.near_duplicates import copies
from provenance.gate.run import judging
from provenance.gate.staleness import require_own_taken
from provenance.ledger import looks, schema
from provenance.ledger.database import Database
from provenance.ledger.evidence import STATES
from provenance.ledger.gates import DECISIONS, Told, history
from provenance.ledger.items import find_item
from provenance.ledger.reach import How
from provenance.ledger.screening import Listing
from provenance.model import Look, Verdict, from_micros
from provenance.policy.facts import FactSet
from provenance.policy.findings import Judgement
from provenance.policy.judge import Considered
from provenance.policy.waivers import Waivers
from provenance.run.progress import Silent
from provenance.sources.open import open_collection
from provenance.vocabulary import Decision

_GATES: Final = 20
"""Past gates that an explanation tells."""


@dataclass(frozen=True, slots=True)
class Past:
    """What one gate told of an image. `codes` are those of its reasons, None where the decision was pruned."""

    gate: int
    as_of: datetime
    at: datetime
    purpose: str | None
    recipients: tuple[str, ...]
    packs: dict[str, str]
    waivers: str
    decision: Decision | None
    reason: str | None
    details: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One image's verdict taken apart. `facts` are what the rules saw; the other fields say where they come from.

    >>> ledger.explain("camera.png", verdicts.context).remedies[0]
    "Get the person's con...
    """

    verdict: Verdict
    registered: dict[str, Any]
    declared: tuple[dict[str, Any], ...]
    looks: tuple[Look, ...]
    signals: tuple[dict[str, Any], ...]
    lists: tuple[Listing, ...]
    held_by: tuple[str, ...]
    people: tuple[dict[str, Any], ...]
    facts: FactSet
    considered: tuple[Considered, ...]
    remedies: tuple[str, ...]
    history: tuple[Past, ...]


def explain(connection: Connection, judging: Judging, number: int, *, on_disk: Overlay = NOTHING) -> Explanation:
    """Take one image's verdict apart. Its collection must have been derived at the gate's clock, and judged.

    `on_disk` is what the disk says of it now.
    """
    policy = judging.policy
    item, content = schema.item.c, schema.content.c
    row = connection.execute(
        images_query()
        .add_columns(
            item.size,
            item.problem,
            item.problem_detail,
            item.content_id,
            content.format,
            content.width,
            content.height,
            content.frames,
            content.problem.label("damage"),
            content.problem_detail.label("damage_detail"),
        )
        .where(item.id == number)
    ).one()
    beside = copies(connection, judging, [row.collection_id], alone=number).get(number, NOTHING)
    overlay = replace(beside, other_bytes=on_disk.other_bytes, vanished=on_disk.vanished)
    verdict = judging.verdicts_of(connection, [number], {number: overlay})[number]
    overlay = judging.overlays(connection, [number], {number: overlay})[number]
    facts = overlay.added_to(judging.facts(connection, row.fact_set_id))
    judgement: Judgement = policy.judge.judge(facts)
    return Explanation(
        verdict=verdict,
        registered={
            "size": row.size,
            "format": row.format,
            "width": row.width,
            "height": row.height,
            "frames": row.frames,
            "problem": row.problem or row.damage,
            "problem_detail": row.problem_detail or row.damage_detail,
            "fingerprints": _fingerprints(connection, row.content_id),
        },
        declared=_declared(connection, number),
        looks=tuple(looks.of_items(connection, [number]).get(number, ())),
        signals=_signals(connection, number),
        lists=overlay.listings,
        held_by=overlay.held_by,
        people=_people(connection, number, row.collection_id),
        facts=facts,
        considered=policy.judge.considered(facts),
        remedies=policy.judge.would_change(judgement),
        history=tuple(
            _past(policy, told) for told in islice(history(connection, row.collection_id, bytes(row.key)), _GATES)
        ),
    )


def explain_item(database: Database, name: str, policy: PolicyVersion, waivers: Waivers | None) -> Explanation:
    """Take the verdict apart that a gate would give now on the image that a name means.

    Raises UsageError if no image or several have that name, LedgerError as a gate does.
    """
    with database.reading() as connection:
        number, collection = find_item(connection, name)
        query = sa.select(schema.collection.c.uri).where(schema.collection.c.id == collection)
        uri = connection.execute(query).scalar_one()
    on_disk = _on_disk(database, uri, collection, number)
    with judging(database, policy, waivers, [collection], Silent()) as (connection, judge):
        return explain(connection, judge, number, on_disk=on_disk)


def _on_disk(database: Database, uri: str, collection: int, number: int) -> Overlay:
    try:
        source = open_collection(uri)
        difference = compare(database, source, collection)
    except SourceError:
        return Overlay(vanished=True)
    with database.reading() as connection:
        require_own_taken(connection, collection, source)
    return Overlay(other_bytes=number in difference.other_bytes, vanished=number in difference.gone)


def _past(policy: PolicyVersion, told: Told) -> Past:
    context = json.loads(told.context)
    codes = policy.reasons_catalogue.codes
    details: tuple[str, ...] | None = None
    if told.reasons is not None:
        details = tuple(reason.detail for reason in reasons_of(told.reasons))
    elif told.findings is not None:
        details = tuple(finding.detail for finding in findings_of(told.findings))
    return Past(
        told.gate,
        told.as_of,
        told.at,
        context.get("purpose"),
        tuple(context.get("recipients", ())),
        json.loads(told.packs).get("versions", {}),
        told.waivers,
        DECISIONS[told.decision] if told.decision is not None else None,
        codes.get(told.reason) if told.reason is not None else None,
        details,
    )


def _fingerprints(connection: Connection, content: int | None) -> list[dict[str, Any]]:
    table = schema.fingerprint.c
    rows = connection.execute(
        sa.select(table.algorithm, table.place, table.value, table.quality, table.decoder, table.decode_mode)
        .where(table.content_id == content)
        .order_by(table.id)
    )
    return [
        {
            "algorithm": algorithm,
            "place": place,
            "value": bytes(value).hex(),
            "quality": quality,
            "decoder": decoder,
            "decode_mode": decode_mode,
        }
        for algorithm, place, value, quality, decoder, decode_mode in rows
    ]


def _declared(connection: Connection, number: int) -> tuple[dict[str, Any], ...]:
    """The rows that speak of an image, the deciding one first."""
    item, declaration, version = schema.item.c, schema.declaration.c, schema.statement_version.c
    further = schema.also_declared.c
    vouch = schema.vouch.c
    voucher = sa.select(vouch.by).where(vouch.version_id == version.id).order_by(vouch.id).limit(1)
    columns = (version.path, declaration.line, declaration.row, voucher.scalar_subquery().label("vouched_by"))
    first = (
        sa.select(sa.literal(0).label("ordinal"), *columns)
        .select_from(schema.item)
        .join(schema.declaration, declaration.id == item.declaration_id)
        .join(schema.statement_version, version.id == declaration.version_id)
        .where(item.id == number)
    )
    others = (
        sa.select(further.ordinal, *columns)
        .join(schema.declaration, declaration.id == further.declaration_id)
        .join(schema.statement_version, version.id == declaration.version_id)
        .where(further.item_id == number)
    )
    rows = sorted(connection.execute(sa.union_all(first, others)), key=lambda row: row.ordinal)
    return tuple(
        {"file": row.path, "line": row.line, "vouched_by": row.vouched_by, "row": json.loads(row.row)} for row in rows
    )


def _signals(connection: Connection, number: int) -> tuple[dict[str, Any], ...]:
    table = schema.signal
    rows = connection.execute(sa.select(table).where(table.c.item_id == number).order_by(table.c.ordinal))
    return tuple({k: v for k, v in row._mapping.items() if k not in ("item_id", "ordinal")} for row in rows)  # noqa: SLF001


def _people(connection: Connection, number: int, collection: int) -> tuple[dict[str, Any], ...]:
    shown, person = schema.depiction.c, schema.person.c
    rows = connection.execute(
        sa.select(shown.person_id, person.ref, shown.age, shown.born_on)
        .outerjoin(schema.person, person.id == shown.person_id)
        .where(shown.item_id == number)
        .order_by(shown.ordinal)
    )
    return tuple(
        {
            "ref": ref,
            "age": age,
            "born_on": born_on,
            "records": _records(connection, number, collection, person_id) if person_id is not None else [],
        }
        for person_id, ref, age, born_on in rows
    )


def _records(connection: Connection, item: int, collection: int, person: int) -> list[dict[str, Any]]:
    """The records of a person by the sources that speak for the collection, and refusals that are stated no more."""
    record, version, check = schema.record.c, schema.statement_version.c, schema.evidence_check.c
    link, state = schema.source_of_collection.c, schema.consent_state.c
    speaking = sa.select(link.source_id).where(link.collection_id == collection)
    rows = connection.execute(
        sa.select(record.id, record.record_id, record.scoped, record.current, record.line, record.header, version.path)
        .add_columns(check.state, check.at)
        .join(schema.statement_version, version.id == record.version_id)
        .outerjoin(schema.evidence_check, sa.and_(check.evidence_id == record.evidence_id, check.current))
        .where(record.source_id.in_(speaking), record.person_id == person)
        .where(sa.or_(record.current, record.id.in_(sa.select(state.record).where(state.person_id == person))))
        .order_by(record.id)
    ).all()
    named = schema.record_scope_image.c
    reaching = set(connection.execute(sa.select(named.record).where(named.item_id == item)).scalars())
    reach = schema.refusal_reach.c
    refusing = dict(
        connection.execute(
            sa.select(reach.record, reach.how).where(reach.item_id == item, reach.person_id == person)
        ).all()
    )
    return [
        {
            "record_id": row.record_id,
            "stated_now": row.current,
            "reaches_this_image": not row.scoped or row.id in reaching,
            "refuses_this_image": How(refusing[row.id]).name if row.id in refusing else None,
            "file": row.path,
            "line": row.line,
            "evidence": row.state or STATES[0],
            "evidence_seen_at": from_micros(row.at).isoformat() if row.at is not None else None,
            "header": json.loads(row.header),
            "events": _events(connection, row.id),
        }
        for row in rows
    ]


def _events(connection: Connection, record: int) -> list[dict[str, Any]]:
    event = schema.event.c
    rows = connection.execute(
        sa.select(event.state, event.at, event.expires_at).where(event.record == record).order_by(event.at, event.state)
    )
    return [
        {
            "state": state,
            "at": from_micros(at).isoformat(),
            "expires_at": from_micros(expires_at).isoformat() if expires_at < schema.NEVER else None,
        }
        for state, at, expires_at in rows
    ]


def facts_shown(fact_set: FactSet) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The facts that differ from what is assumed when nothing is known: of the image, and of each person."""
    blank = asdict(type(fact_set.item)())
    item = {key: value for key, value in asdict(fact_set.item).items() if value != blank[key]}
    people = [_told(asdict(person)) for person in fact_set.persons]
    return item, people


def _told(facts: dict[str, Any]) -> dict[str, Any]:
    empty: Sequence[Any] = (None, False, (), "")
    return {
        key: [_told(entry) for entry in value] if key == "records" else value
        for key, value in facts.items()
        if value not in empty
    }

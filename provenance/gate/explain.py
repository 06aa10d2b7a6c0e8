"""Everything behind one image's verdict: facts with their origin, codes considered, and what would change it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import UsageError
from provenance.gate.decide import PolicyVersion
from provenance.gate.fact_sets import load
from provenance.gate.image import NOTHING, about, judged
from provenance.gate.near_duplicates import near_duplicate_flag
from provenance.gate.verdicts import refs_of
from provenance.keys import display, key_of
from provenance.ledger import schema
from provenance.ledger.evidence import STATES
from provenance.ledger.screening import Listing
from provenance.model import from_micros
from provenance.policy.facts import FactSet
from provenance.policy.judge import Considered, Judgement

_LISTED = 10


@dataclass(frozen=True, slots=True)
class Explanation:
    """One image's verdict taken apart. `facts` are what the rules saw; the other fields say where they come from."""

    item: str
    collection: str
    sha256: str | None
    registered: dict[str, Any]
    declared: dict[str, Any] | None
    signals: tuple[dict[str, Any], ...]
    lists: tuple[Listing, ...]
    people: tuple[dict[str, Any], ...]
    facts: FactSet
    judgement: Judgement
    refs: tuple[str | None, ...]
    considered: tuple[Considered, ...]
    remedies: tuple[str, ...]


def find_item(connection: Connection, name: str) -> int:
    """The current image that a path, the end of a path, or the start of a SHA-256 names.

    Raises UsageError if there is none or more than one.
    """
    item, content = schema.item.c, schema.content.c
    base = (
        sa.select(item.id, item.key, schema.collection.c.uri)
        .join(schema.collection, schema.collection.c.id == item.collection_id)
        .outerjoin(schema.content, content.id == item.content_id)
        .where(item.current)
        .order_by(item.id)
        .limit(_LISTED)
    )
    wanted = key_of(name)
    attempts = [item.key == wanted]
    parts = wanted.split(b"/")
    attempts += [item.key == b"/".join(parts[start:]) for start in range(1, len(parts))]
    if len(name) >= 6 and all(c in "0123456789abcdef" for c in name.lower()):
        low = bytes.fromhex((name + "0" * 64)[:64])
        high = bytes.fromhex((name + "f" * 64)[:64])
        attempts.append(sa.and_(content.sha256 >= low, content.sha256 <= high))
    for attempt in attempts:
        found = connection.execute(base.where(attempt)).all()
        if len(found) == 1:
            return int(found[0][0])
        if found:
            listed = ", ".join(f"{uri}/{display(bytes(key))}" for _, key, uri in found)
            raise UsageError(f"{name} names several images: {listed}", remedy="give the path or the SHA-256 in full")
    raise UsageError(f"no image {name} is in the ledger", remedy="scan its collection, or check the name")


def collection_of(connection: Connection, number: int) -> int:
    """The collection that an image belongs to."""
    query = sa.select(schema.item.c.collection_id).where(schema.item.c.id == number)
    return int(connection.execute(query).scalar_one())


def explain(connection: Connection, number: int, policy: PolicyVersion) -> Explanation:
    """Take one image's verdict apart. Its collection must have been derived at the gate's clock, and judged."""
    item, content = schema.item.c, schema.content.c
    row = connection.execute(
        sa.select(
            item.key,
            schema.collection.c.uri,
            item.size,
            item.problem,
            item.problem_detail,
            item.declaration_id,
            content.id.label("content"),
            content.sha256,
            content.format,
            content.width,
            content.height,
            content.frames,
            content.problem.label("damage"),
            content.problem_detail.label("damage_detail"),
            schema.item_facts.c.fact_set_id,
        )
        .join(schema.collection, schema.collection.c.id == item.collection_id)
        .join(schema.item_facts, schema.item_facts.c.item_id == item.id)
        .outerjoin(schema.content, content.id == item.content_id)
        .where(item.id == number)
    ).one()
    copy = near_duplicate_flag(connection, policy, number)
    near_duplicates_flagged = {number: copy} if copy is not None else {}
    overlay = about(connection, [number], near_duplicates_flagged, frozenset()).get(number, NOTHING)
    _, shared = next(load(connection, [row.fact_set_id]))
    fact_set, judgement = overlay.added_to(shared), judged(shared, overlay, policy)
    return Explanation(
        item=display(bytes(row.key)),
        collection=row.uri,
        sha256=bytes(row.sha256).hex() if row.sha256 is not None else None,
        registered={
            "size": row.size,
            "format": row.format,
            "width": row.width,
            "height": row.height,
            "frames": row.frames,
            "problem": row.problem or row.damage,
            "problem_detail": row.problem_detail or row.damage_detail,
            "fingerprints": _fingerprints(connection, row.content),
        },
        declared=_declared(connection, row.declaration_id),
        signals=_signals(connection, number),
        lists=overlay.listings,
        people=_people(connection, number),
        facts=fact_set,
        judgement=judgement,
        refs=tuple(refs_of(connection, [number]).get(number, ())),
        considered=policy.judge.considered(fact_set),
        remedies=policy.judge.would_change(judgement),
    )


def _fingerprints(connection: Connection, content: int | None) -> list[dict[str, Any]]:
    table = schema.fingerprint.c
    rows = connection.execute(
        sa.select(table.algorithm, table.value, table.quality, table.decoder, table.decode_mode).where(
            table.content_id == content
        )
    )
    return [
        {
            "algorithm": algorithm,
            "value": bytes(value).hex(),
            "quality": quality,
            "decoder": decoder,
            "decode_mode": decode_mode,
        }
        for algorithm, value, quality, decoder, decode_mode in rows
    ]


def _declared(connection: Connection, number: int | None) -> dict[str, Any] | None:
    if number is None:
        return None
    table = schema.declaration.c
    found = connection.execute(sa.select(table.file, table.line, table.row).where(table.id == number)).one()
    return {"file": found.file, "line": found.line, "row": json.loads(found.row)}


def _signals(connection: Connection, number: int) -> tuple[dict[str, Any], ...]:
    table = schema.signal
    rows = connection.execute(sa.select(table).where(table.c.item_id == number).order_by(table.c.ordinal))
    return tuple({k: v for k, v in row._mapping.items() if k not in ("item_id", "ordinal")} for row in rows)  # noqa: SLF001


def _people(connection: Connection, number: int) -> tuple[dict[str, Any], ...]:
    shown, person = schema.depiction.c, schema.person.c
    rows = connection.execute(
        sa.select(shown.person_id, person.ref, shown.age, shown.born_on)
        .outerjoin(schema.person, person.id == shown.person_id)
        .where(shown.item_id == number)
        .order_by(shown.ordinal)
    )
    return tuple(
        {"ref": ref, "age": age, "born_on": born_on, "records": _records(connection, number, person_id)}
        for person_id, ref, age, born_on in rows
    )


def _records(connection: Connection, item: int, person: int | None) -> list[dict[str, Any]]:
    record, proof = schema.record.c, schema.evidence.c
    rows = connection.execute(
        sa.select(record.id, record.record_id, record.scoped, record.file, record.line, record.header, proof.state)
        .outerjoin(schema.evidence, proof.id == record.evidence_id)
        .where(record.person_id == person, record.current)
        .order_by(record.id)
    ).all()
    record_scope_image = schema.record_scope_image.c
    reaching = set(
        connection.execute(sa.select(record_scope_image.record).where(record_scope_image.item_id == item)).scalars()
    )
    return [
        {
            "record_id": row.record_id,
            "reaches_this_image": not row.scoped or row.id in reaching,
            "file": row.file,
            "line": row.line,
            "evidence": row.state or STATES[0],
            "header": json.loads(row.header),
            "events": _events(connection, row.record_id),
        }
        for row in rows
    ]


def _events(connection: Connection, record_id: str) -> list[dict[str, Any]]:
    event = schema.event.c
    rows = connection.execute(
        sa.select(event.state, event.at, event.expires_at, event.file, event.line)
        .where(event.record_id == record_id)
        .order_by(event.at, event.state)
    )
    return [
        {
            "state": state,
            "at": from_micros(at).isoformat(),
            "expires_at": from_micros(expires_at).isoformat() if expires_at < schema.NEVER else None,
            "file": file,
            "line": line,
        }
        for state, at, expires_at, file, line in rows
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

"""What a finding says of this very image: which row, which record, which digest. Looked up only where one fired."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.ledger import looks, schema
from provenance.ledger.reach import How
from provenance.ledger.spans import STATUSES
from provenance.model import from_micros
from provenance.policy.findings import Judgement
from provenance.policy.looks import ANSWERED, told, uncounted

Notes = dict[int, dict[tuple[str, int | None], str]]

_PROBLEM: Final = frozenset({"IMAGE_UNREADABLE", "DECLARED_FILE_MISSING", "CONTENT_NOT_LOOKED_INTO"})
_SEEN: Final = frozenset(
    {
        "NO_PERSON_DEPICTED", "PERSONS_UNACCOUNTED", "SYNTHETIC_NOT_DECLARED", "CAPTURE_CONTRADICTS_RECORD",
        "AGE_UNKNOWN_APPARENT_MINOR", "SENSITIVE_CONTENT_SIGNAL", "BASIS_MISSING",
    }
)  # fmt: skip
"""Findings that may rest on what somebody saw in the picture."""

_SETTLED: Final = _SEEN | ANSWERED
"""Findings that a look may settle beside those, and that stand where it does not count."""

_REFUSED: Final = frozenset({"CONSENT_WITHDRAWN", "OBJECTION_RECEIVED"})
_NAMED: Final = 3
"""Looks that a note names, the newest ones."""

_HOW: Final = {
    How.NEARLY_NAMED: "; its scope names the image nearly",
    How.UNPLACED: "; its scope names no picture of theirs here, so each is held",
    How.LIKE_PERSON: "; it was filed for a pseudonym that is nearly this one",
}


def notes_of(connection: Connection, judged: Mapping[int, Judgement], at: int, *, signed_only: bool) -> Notes:
    """For each image, by code and by the person's place (None: the image), what is particular to it at the clock.

    With `signed_only` no unsigned look clears anything.
    """
    found: Notes = {}
    wanted = {item: {finding.code for finding in judgement.findings} for item, judgement in judged.items()}
    for some in batched((item for item, codes in wanted.items() if codes & _PROBLEM), IN_LIST):
        for item, text in _problems(connection, some):
            found.setdefault(item, {}).update({(code, None): text for code in _PROBLEM})
    for some in batched((item for item, codes in wanted.items() if codes & _REFUSED), IN_LIST):
        for item, place, text in _refusals(connection, some, at):
            found.setdefault(item, {}).update({(code, place): text for code in _REFUSED})
    for some in batched((item for item, codes in wanted.items() if "FINGERPRINT_MISMATCH" in codes), IN_LIST):
        for item, text in _digests(connection, some):
            found.setdefault(item, {})["FINGERPRINT_MISMATCH", None] = text
    for some in batched((item for item, codes in wanted.items() if "CAPTURE_CONTRADICTS_RECORD" in codes), IN_LIST):
        for item, text in _tables(connection, some):
            found.setdefault(item, {})["CAPTURE_CONTRADICTS_RECORD", None] = text
    looked_at = looks.of_items(connection, [item for item, codes in wanted.items() if codes & _SETTLED])
    for item, several in looked_at.items():
        seen, lost = f"Seen by {'; '.join(map(told, several[-_NAMED:]))}.", uncounted(several, signed_only)
        notes = found.setdefault(item, {})
        for code in _SETTLED & wanted[item]:
            said = [notes.get((code, None), ""), seen if code in _SEEN else "", lost if code in ANSWERED else ""]
            if text := " ".join(filter(None, said)):
                notes[code, None] = text
    return found


def _problems(connection: Connection, items: list[int]) -> Iterable[tuple[int, str]]:
    item, content = schema.item.c, schema.content.c
    rows = connection.execute(
        sa.select(item.id, sa.func.coalesce(item.problem_detail, content.problem_detail))
        .outerjoin(schema.content, content.id == item.content_id)
        .where(item.id.in_(items))
    )
    return ((number, detail) for number, detail in rows if detail)


def _refusals(connection: Connection, items: list[int], clock: int) -> Iterable[tuple[int, int, str]]:
    """The last refusal of each person shown that reaches one of these images, with its record."""
    shown, refusal, reach, item = schema.depiction.c, schema.refusal.c, schema.refusal_reach.c, schema.item.c
    link = schema.source_of_collection.c
    speaks = sa.exists().where(link.collection_id == item.collection_id, link.source_id == refusal.source_id)
    told = (refusal.record, refusal.at, refusal.status)
    base = sa.select(shown.item_id, shown.ordinal, *told)
    whole = (
        base.add_columns(sa.literal(int(How.NAMED)))
        .join(schema.refusal, refusal.person_id == shown.person_id)
        .join(schema.item, item.id == shown.item_id)
        .where(shown.item_id.in_(items), ~refusal.scoped, refusal.at <= clock, speaks)
    )
    reached = (
        base.add_columns(reach.how)
        .join(schema.refusal_reach, sa.and_(reach.item_id == shown.item_id, reach.person_id == shown.person_id))
        .join(schema.refusal, refusal.record == reach.record)
        .join(schema.item, item.id == shown.item_id)
        .where(shown.item_id.in_(items), refusal.at <= clock, speaks)
    )
    last: dict[tuple[int, int], tuple[int, int, int, int]] = {}
    for number, place, record, at, status, how in connection.execute(sa.union_all(whole, reached)):
        last[number, place] = max(last.get((number, place), (-1, 0, 0, 0)), (at, record, status, how))
    places = _records(connection, {record for _, record, _, _ in last.values()})
    for (number, place), (at, record, status, how) in last.items():
        word = STATUSES[status].value.lower()
        yield number, place, f"{places[record]}, {word} on {from_micros(at).date()}{_HOW.get(How(how), '')}."


def _records(connection: Connection, records: Iterable[int]) -> dict[int, str]:
    """Where basis records stand."""
    record, version = schema.record.c, schema.statement_version.c
    found: dict[int, str] = {}
    for some in batched(sorted(records), IN_LIST):
        rows = connection.execute(
            sa.select(record.id, record.record_id, version.path, record.line)
            .join(schema.statement_version, version.id == record.version_id)
            .where(record.id.in_(some))
        )
        found |= {number: f"Record {name} in {path}, line {line}" for number, name, path, line in rows}
    return found


def _digests(connection: Connection, items: list[int]) -> Iterable[tuple[int, str]]:
    for number, path, line, row, sha256 in connection.execute(_declared(items)):
        pinned = json.loads(row).get("sha256") if row else None
        found = f"the bytes have SHA-256 {bytes(sha256).hex()}" if sha256 is not None else "the bytes are others"
        wanted = f"{path}, line {line} names {pinned}; " if pinned else ""
        yield number, f"{wanted}{found}."


def _tables(connection: Connection, items: list[int]) -> Iterable[tuple[int, str]]:
    """The places of the rows that speak of an image, where there are several."""
    further, declaration, version = schema.also_declared.c, schema.declaration.c, schema.statement_version.c
    others: dict[int, list[str]] = {}
    rows = connection.execute(
        sa.select(further.item_id, version.path, declaration.line)
        .join(schema.declaration, declaration.id == further.declaration_id)
        .join(schema.statement_version, version.id == declaration.version_id)
        .where(further.item_id.in_(items))
        .order_by(further.item_id, further.ordinal)
    )
    for number, path, line in rows:
        others.setdefault(number, []).append(f"{path}, line {line}")
    for number, path, line, _, _ in connection.execute(_declared(items)):
        if number in others:
            yield number, f"Two tables speak of the image: {'; '.join([f'{path}, line {line}', *others[number]])}."


def _declared(items: list[int]) -> sa.Select[Any]:
    item, declaration, version = schema.item.c, schema.declaration.c, schema.statement_version.c
    return (
        sa.select(item.id, version.path, declaration.line, declaration.row, schema.content.c.sha256)
        .outerjoin(schema.declaration, declaration.id == item.declaration_id)
        .outerjoin(schema.statement_version, version.id == declaration.version_id)
        .outerjoin(schema.content, schema.content.c.id == item.content_id)
        .where(item.id.in_(items))
    )

"""What gates have found of images, each finding by its fingerprint: a decision has to be about what it names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.errors import RowError, RowErrors
from provenance.gate.decide import context_of, findings_of, reasons_of
from provenance.gate.image import reason_of, refs_of
from provenance.ledger import schema
from provenance.ledger.database import Database
from provenance.model import Reason, Review, Setting
from provenance.policy.overrides import fingerprint_of, setting_of

_NEWEST: Final = 10
"""Policy versions of each setting that are asked: every day is a new one."""

_TOLD: Final = 1_000


def require_fitting(database: Database, reviews: Iterable[Review], file: str) -> None:
    """Raise RowErrors where the code of a decision is another than that of the finding which it names.

    A fingerprint says nothing by itself: one that no late gate of this ledger has come to is let through.
    """
    faults: list[RowError] = []
    with database.reading() as connection:
        settings = _settings(connection)
        for some in batched(reviews, IN_LIST):
            codes = _codes(connection, settings, {one.sha256 for one in some if one.sha256 is not None})
            for one in some:
                found = codes.get(one.finding, one.code)
                if found != one.code:
                    problem = f"the finding {one.finding} is another one: leave both columns as they were exported"
                    faults.append(RowError(file, one.line, "code", one.code, problem, nearest=found))
    if faults:
        raise RowErrors(faults[:_TOLD], more=len(faults[_TOLD:]))


def _settings(connection: Connection) -> dict[bytes, Setting]:
    """The newest policy versions of each setting, with that setting."""
    gate, version = schema.gate.c, schema.policy_version.c
    last = sa.func.max(gate.id)
    rows = connection.execute(
        sa.select(version.digest, version.context)
        .join(schema.gate, gate.policy_version == version.digest)
        .group_by(version.digest, version.context)
        .order_by(last.desc())
    )
    held: dict[Setting, int] = {}
    found = {}
    for digest, text in rows:
        setting = setting_of(context_of(text))
        held[setting] = held.get(setting, 0) + 1
        if held[setting] <= _NEWEST:
            found[bytes(digest)] = setting
    return found


def _codes(connection: Connection, settings: Mapping[bytes, Setting], digests: Collection[bytes]) -> dict[str, str]:
    """The code of every finding that a gate came to of these images, by its fingerprint."""
    item, content = schema.item.c, schema.content.c
    bytes_of: dict[int, bytes] = {
        number: bytes(sha256)
        for number, sha256 in connection.execute(
            sa.select(item.id, content.sha256)
            .join(schema.content, content.id == item.content_id)
            .where(item.current, content.sha256.in_(digests))
        )
    }
    found: dict[str, str] = {}
    for some in batched(bytes_of, IN_LIST):
        for number, version, reason in (*_shared(connection, settings, some), *_own(connection, settings, some)):
            found[fingerprint_of(reason, bytes_of[number], settings[version])] = reason.code
    return found


def _shared(
    connection: Connection, settings: Mapping[bytes, Setting], items: Collection[int]
) -> Iterator[tuple[int, bytes, Reason]]:
    """What the facts of images came to, now and before."""
    decided = schema.cached_decision
    refs = refs_of(connection, list(items))
    for facts in (schema.item_facts, schema.item_facts_past):
        rows = connection.execute(
            sa.select(facts.c.item_id, decided.c.policy_version, decided.c.findings)
            .join(decided, decided.c.fact_set_id == facts.c.fact_set_id)
            .where(facts.c.item_id.in_(items), decided.c.policy_version.in_(settings))
        )
        for number, version, findings in rows:
            for finding in findings_of(findings):
                yield number, bytes(version), reason_of(finding, refs.get(number, ()))


def _own(
    connection: Connection, settings: Mapping[bytes, Setting], items: Collection[int]
) -> Iterator[tuple[int, bytes, Reason]]:
    """What was found of images alone, beyond the facts that they share with others."""
    exception, gate = schema.gate_exception.c, schema.gate.c
    rows = connection.execute(
        sa.select(exception.item_id, gate.policy_version, exception.reasons)
        .join(schema.gate, gate.id == exception.gate_id)
        .where(exception.item_id.in_(items), gate.policy_version.in_(settings))
    )
    for number, version, reasons in rows:
        for reason in reasons_of(reasons):
            yield number, bytes(version), reason

"""Which images are counted, and what the ledger's rows say of them in numbers: for reports of all or of one release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.ledger import schema
from provenance.ledger.overview import NOT_RECORDED, host_of, plain_host
from provenance.vocabulary import AcquisitionMethod

_item: Final = schema.item.c

Holding: TypeAlias = Sequence[sa.ColumnElement[bool]]
"""Conditions on `item`, of which each image meets one: what is counted under each is added up."""


def of_collections(numbers: Sequence[int]) -> Holding:
    """Every image of these collections that is held now."""
    return [sa.and_(_item.collection_id.in_(numbers), _item.current)]


def of_items(numbers: Sequence[int]) -> Holding:
    """These rows of images."""
    return [_item.id.in_(some) for some in batched(numbers, IN_LIST)]


def fact_sets(connection: Connection, holding: Holding) -> Counter[int]:
    """How many images have each set of facts."""
    facts = schema.item_facts.c
    named = facts.fact_set_id
    return _counted(connection, holding, named, lambda query: query.join(schema.item_facts, facts.item_id == _item.id))


def formats(connection: Connection, holding: Holding) -> Counter[str]:
    """How many images have each file format."""
    content = schema.content.c
    named = content.format
    return _named(
        _counted(connection, holding, named, lambda q: q.outerjoin(schema.content, content.id == _item.content_id))
    )


def problems(connection: Connection, holding: Holding) -> Counter[str]:
    """How many images could not be read, or were not looked into, and why."""
    content = schema.content.c
    named = sa.func.coalesce(_item.problem, content.problem)
    found = _counted(connection, holding, named, lambda q: q.outerjoin(schema.content, content.id == _item.content_id))
    return Counter({name: images for name, images in found.items() if name is not None})


def months(connection: Connection, holding: Holding) -> Counter[str]:
    """How many images were acquired in each month."""
    found = _counted(connection, holding, _item.acquired_on // 100, lambda q: q)
    return Counter(
        {NOT_RECORDED if month is None else f"{month // 100}-{month % 100:02}": n for month, n in found.items()}
    )


def declared(connection: Connection, holding: Holding, field: str) -> Counter[str]:
    """How many images have each value of a field of their manifest rows."""
    declaration = schema.declaration.c
    named = _member(connection, declaration.row, field)
    return _named(
        _counted(
            connection,
            holding,
            named,
            lambda q: q.outerjoin(schema.declaration, declaration.id == _item.declaration_id),
        )
    )


def hosts(connection: Connection, holding: Holding, methods: Sequence[AcquisitionMethod] = ()) -> Counter[str]:
    """How many images came from each host; with `methods` only those that were acquired in one of these ways."""
    profile = schema.profile.c
    method = _member(connection, profile.facts, "acquisition_method")
    host = host_of(connection, _item.source_url)
    among = method.in_([one.value for one in methods]) if methods else sa.true()
    wanted = [sa.and_(which, among) for which in holding]
    found: Counter[str] = Counter()
    for name, images in _counted(connection, wanted, host, lambda q: _with_profile(q, profile.id)).items():
        found[plain_host(name)] += images
    return found


def _with_profile(query: sa.Select[Any], number: sa.ColumnElement[int]) -> sa.Select[Any]:
    return query.join(schema.profile, number == _item.profile_id)


def _counted(connection: Connection, holding: Holding, named: Any, joined: Any) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for which in holding:
        query = joined(sa.select(named, sa.func.count()).select_from(schema.item)).where(which).group_by(named)
        for name, images in connection.execute(query):
            found[name] += int(images)
    return found


def _named(found: Counter[Any]) -> Counter[str]:
    return Counter({NOT_RECORDED if not name else str(name): images for name, images in found.items()})


def _member(connection: Connection, text: Any, name: str) -> sa.ColumnElement[str]:
    """A member of a JSON object that is stored as text, as text."""
    kind = sa.type_coerce if connection.dialect.name == "sqlite" else sa.cast
    value: Any = kind(text, sa.JSON)
    found: sa.ColumnElement[str] = value[name].as_string()
    return found

"""Accounts, the people and organisations that may be given something, and what they were given."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import UsageError
from provenance.ledger import numbers, schema_rights
from provenance.ledger.append import append, next_id
from provenance.ledger.schema import NEVER
from provenance.model import from_micros, to_micros
from provenance.vocabulary import Purpose, lies_within


class AccountKind(StrEnum):
    """Who an account stands for."""

    PERSON = "person"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be opened: purposes and jurisdictions to which it is limited (none: not), and its term."""

    name: str
    kind: AccountKind
    purposes: tuple[Purpose, ...]
    jurisdictions: tuple[str, ...]
    until_at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it stands; `ended_at` with who revoked it and why, None while nobody did."""

    id: int
    name: str
    kind: AccountKind
    purposes: tuple[Purpose, ...]
    jurisdictions: tuple[str, ...]
    until_at: datetime | None
    by: str
    at: datetime
    ended_at: datetime | None
    ended_by: str
    reason: str

    def forbids(self, purpose: Purpose, jurisdiction: str, at: datetime) -> str:
        """Why it may not be given something for this purpose, in this place, at this moment; "" where it may."""
        if self.ended_at is not None and self.ended_at <= at:
            return f"it was revoked on {self.ended_at:%Y-%m-%d}: {self.reason}"
        if self.until_at is not None and self.until_at <= at:
            return f"its term ended on {self.until_at:%Y-%m-%d}"
        if self.purposes and purpose not in self.purposes:
            return f"it is limited to {', '.join(self.purposes)}"
        if self.jurisdictions and not any(lies_within(jurisdiction, one) for one in self.jurisdictions):
            return f"it is limited to {', '.join(self.jurisdictions)}"
        return ""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """That an account was given a release, a sample of one, or what a search found: for whom, for what, where.

    `release` is "" for a search.
    """

    id: int
    kind: str
    account: str
    recipient: str
    purpose: str
    jurisdiction: str
    release: str
    images: int
    note: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Asking:
    """On whose behalf something is given or looked for: an account by its name and the recipient behind it, for what
    and where, and who does it."""

    account: str
    recipient: str
    purpose: Purpose
    jurisdiction: str
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class NewDisclosure:
    """A disclosure to be recorded; `items` are the images of a sample, none for a whole release."""

    account: Account
    asking: Asking
    release_id: int
    images: int
    items: Sequence[int]


def add(connection: Connection, new: NewAccount, at: datetime) -> Account:
    """Append an account. Raises UsageError where its name is taken."""
    table = schema_rights.account
    if connection.execute(sa.select(table.c.id).where(table.c.name == new.name)).first() is not None:
        raise UsageError(f"there is an account {new.name} already", remedy="name the new one otherwise")
    columns = ("name", "kind", "purposes", "jurisdictions", "until_at", "by", "at")
    row = (
        new.name,
        new.kind.value,
        json.dumps([purpose.value for purpose in new.purposes]),
        json.dumps(list(new.jurisdictions)),
        to_micros(new.until_at) if new.until_at is not None else NEVER,
        new.by,
        to_micros(at),
    )
    append(connection, table, columns, [row])
    return named(connection, new.name)


def end(connection: Connection, account: Account, *, by: str, reason: str, at: datetime) -> None:
    """Revoke an account. Raises UsageError for one that was revoked before."""
    if account.ended_at is not None:
        raise UsageError(f"the account {account.name} was revoked before", remedy="nothing is left to do")
    row = (account.id, to_micros(at), by, reason)
    append(connection, schema_rights.account_end, ("account_id", "at", "by", "reason"), [row])


def named(connection: Connection, name: str) -> Account:
    """The account of that name. Raises UsageError."""
    found = [one for one in listed(connection) if one.name == name]
    if not found:
        raise UsageError(f"there is no account {name}", remedy="see `provenance accounts list`")
    return found[0]


def listed(connection: Connection) -> list[Account]:
    """Every account, in the order in which they were opened."""
    table, ended = schema_rights.account, schema_rights.account_end.c
    rows = connection.execute(
        sa.select(table, ended.at.label("ended_at"), ended.by.label("ended_by"), ended.reason)
        .outerjoin(schema_rights.account_end, ended.account_id == table.c.id)
        .order_by(table.c.id)
    )
    return [
        Account(
            id=row.id,
            name=row.name,
            kind=AccountKind(row.kind),
            purposes=tuple(map(Purpose, json.loads(row.purposes))),
            jurisdictions=tuple(json.loads(row.jurisdictions)),
            until_at=from_micros(row.until_at) if row.until_at < NEVER else None,
            by=row.by,
            at=from_micros(row.at),
            ended_at=from_micros(row.ended_at) if row.ended_at is not None else None,
            ended_by=row.ended_by or "",
            reason=row.reason or "",
        )
        for row in rows
    ]


def disclose(connection: Connection, new: NewDisclosure, at: datetime) -> Disclosure:
    """Append a disclosure."""
    table = schema_rights.disclosure
    number = next_id(connection, table)
    chunks = list(numbers.packed(sorted(new.items)))
    kind = "sample" if new.items else "release"
    columns = (
        "id", "kind", "account_id", "recipient", "purpose", "jurisdiction", "release_id", "images", "note", "by", "at",
    )  # fmt: skip
    asking = new.asking
    row = (
        number, kind, new.account.id, asking.recipient, asking.purpose.value, asking.jurisdiction, new.release_id,
        new.images, asking.note, asking.by, to_micros(at),
    )  # fmt: skip
    append(connection, table, columns, [row], parts=[numbers.chunk_parts(data for _, _, data in chunks)])
    numbers.store(connection, schema_rights.disclosure_chunk, number, chunks)
    return next(one for one in _given(connection, table.c.id == number))


def record_search(connection: Connection, account: Account, asking: Asking, found: Iterable[int], at: datetime) -> None:
    """Append a search on behalf of an account, with the images that it found."""
    table = schema_rights.search
    number = next_id(connection, table)
    items = sorted(set(found))
    chunks = list(numbers.packed(items))
    columns = ("id", "account_id", "recipient", "purpose", "jurisdiction", "images", "note", "by", "at")
    row = (
        number, account.id, asking.recipient, asking.purpose.value, asking.jurisdiction, len(items), asking.note,
        asking.by, to_micros(at),
    )  # fmt: skip
    append(connection, table, columns, [row], parts=[numbers.chunk_parts(data for _, _, data in chunks)])
    numbers.store(connection, schema_rights.search_chunk, number, chunks)


def disclosures(connection: Connection) -> list[Disclosure]:
    """Every disclosure, in order, searches among them."""
    return _in_order(_given(connection, sa.true()), _found(connection, sa.true()))


def given(connection: Connection, items: Sequence[int]) -> list[Disclosure]:
    """The disclosures in which any of these rows of images were given: in a whole release, a sample, or a search."""
    table = schema_rights.disclosure.c
    wanted = sorted(items)
    in_releases = numbers.among(connection, schema_rights.release_chunk, wanted)
    in_samples = numbers.among(connection, schema_rights.disclosure_chunk, wanted)
    in_searches = numbers.among(connection, schema_rights.search_chunk, wanted)
    whole = sa.and_(table.kind == "release", table.release_id.in_(sorted(in_releases)))
    return _in_order(
        _given(connection, sa.or_(whole, table.id.in_(sorted(in_samples)))),
        _found(connection, schema_rights.search.c.id.in_(sorted(in_searches))),
    )


def _in_order(*several: list[Disclosure]) -> list[Disclosure]:
    return sorted((one for some in several for one in some), key=lambda one: (one.at, one.kind, one.id))


def _given(connection: Connection, which: sa.ColumnElement[bool]) -> list[Disclosure]:
    table, release = schema_rights.disclosure, schema_rights.release.c
    query = _by_account(table, table.c.kind, release.name.label("release"))
    rows = connection.execute(query.join(schema_rights.release, release.id == table.c.release_id).where(which))
    return [_disclosure(row) for row in rows]


def _found(connection: Connection, which: sa.ColumnElement[bool]) -> list[Disclosure]:
    query = _by_account(schema_rights.search, sa.literal("search").label("kind"), sa.literal("").label("release"))
    return [_disclosure(row) for row in connection.execute(query.where(which))]


def _by_account(table: sa.Table, *beside: Any) -> sa.Select[Any]:
    account = schema_rights.account.c
    names = ("id", "recipient", "purpose", "jurisdiction", "images", "note", "by", "at")
    columns = [table.c[name] for name in names]
    return sa.select(*columns, account.name.label("account"), *beside).join(
        schema_rights.account, account.id == table.c.account_id
    )


def _disclosure(row: Any) -> Disclosure:
    return Disclosure(
        row.id, row.kind, row.account, row.recipient, row.purpose, row.jurisdiction, row.release, row.images, row.note,
        row.by, from_micros(row.at),
    )  # fmt: skip

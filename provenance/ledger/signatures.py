"""The keys of accounts, and whether a decision or a look was signed with one of them by whom it names."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Self

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import UsageError
from provenance.ledger import accounts, schema_rights
from provenance.ledger.accounts import Account
from provenance.ledger.append import append
from provenance.model import Look, Review, to_micros
from provenance.proofs.decisions import NAMESPACE, Said, statement
from provenance.proofs.ssh_signatures import is_signed
from provenance.vocabulary import Purpose

_LOG: Final = logging.getLogger(__name__)


def add_key(connection: Connection, account: Account, public: bytes, *, by: str, at: datetime) -> None:
    """Give an account a key to sign with. Raises UsageError where any account has it already."""
    table = schema_rights.account_key
    if account.ended_at is not None:
        raise UsageError(f"the account {account.name} was revoked", remedy="open another for its owner")
    if connection.execute(sa.select(table.c.id).where(table.c.public == public)).first() is not None:
        raise UsageError("an account has this key already", remedy="each person signs with a key of their own")
    append(connection, table, ("account_id", "public", "by", "at"), [(account.id, public, by, to_micros(at))])


@dataclass(frozen=True, slots=True)
class Signatories:
    """The accounts of a ledger with their keys, by name, as they stand at a moment."""

    accounts: Mapping[str, Account]
    keys: Mapping[str, Sequence[bytes]]
    at: datetime

    @classmethod
    def of(cls, connection: Connection, at: datetime) -> Self:
        """Those of a ledger."""
        table = schema_rights.account_key.c
        held = {one.id: one for one in accounts.listed(connection)}
        keys: dict[str, list[bytes]] = {}
        for number, public in connection.execute(sa.select(table.account_id, table.public).order_by(table.id)):
            keys.setdefault(held[number].name, []).append(bytes(public))
        return cls({one.name: one for one in held.values()}, keys, at)

    def fault(
        self, name: str, statement: bytes, signature: bytes, *, given_at: datetime, purpose: Purpose | None
    ) -> str:
        """Why a signature in somebody's name counts for nothing; "" where it is theirs and they may decide."""
        account = self.accounts.get(name)
        if account is None:
            return f"there is no account {name}"
        if account.ended_at is not None and account.ended_at <= self.at:
            return f"the account {name} was revoked on {account.ended_at:%Y-%m-%d}"
        if account.until_at is not None and account.until_at <= given_at:
            return f"the account {name} ended on {account.until_at:%Y-%m-%d}"
        if account.purposes and purpose is not None and purpose not in account.purposes:
            return f"the account {name} is limited to {', '.join(account.purposes)}"
        if not any(is_signed(statement, signature, public, NAMESPACE) for public in self.keys.get(name, ())):
            return f"the signature is none of {name}'s"
        return ""

    def checked(self, said: Said, purpose: Purpose | None) -> Said:
        """A review or a look with what is wrong with its signature, if it has one. A look is made for any purpose."""
        if not said.signature:
            return said
        fault = self.fault(said.reviewer, statement(said), said.signature, given_at=said.at, purpose=purpose)
        return replace(said, fault=fault)


def tell_faults(connection: Connection, rows: Sequence[tuple[int, Review | Look]], file: str) -> None:
    """Say which signatures in a file count for nothing: what they permit or clear is kept, and does neither."""
    if any(said.signature for _, said in rows):
        signatories = Signatories.of(connection, datetime.now(UTC))
        for line, said in rows:
            if fault := signatories.checked(said, None).fault:
                _LOG.warning("%s, line %d: its signature does not count: %s", file, line, fault)

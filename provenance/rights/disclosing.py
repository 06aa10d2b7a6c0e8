"""Giving a release or what a search finds to somebody: an account, a purpose and a recipient are named.

Nothing stale is given. A trial copy or a sample is a disclosure like any other (PIPEDA Findings #2021-001).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.copies.find import Finder, SearchResult
from provenance.errors import UsageError, VerdictsStale
from provenance.gate.decide import context_of
from provenance.ledger import accounts, looks, numbers, schema, schema_rights, signatures
from provenance.ledger.accounts import Account, Asking, Disclosure, NewAccount, NewDisclosure
from provenance.ledger.collections import revisions
from provenance.ledger.database import Database
from provenance.ledger.holds import ordered_jurisdictions
from provenance.ledger.interning import raise_revision
from provenance.ledger.items import find_item
from provenance.ledger.signatures import Signatories
from provenance.model import to_micros
from provenance.policy.packs import PackSet
from provenance.policy.purposes import load_purposes
from provenance.policy.waivers import Waivers
from provenance.printable import counted
from provenance.rights.releases import status
from provenance.rights.told import require_one_line, require_said, required_jurisdiction
from provenance.run.progress import Progress
from provenance.vocabulary import overlap


@dataclass(frozen=True, slots=True)
class Giving:
    """What is to be given: a release by its name, or only `items` of it, and on whose behalf."""

    release: str
    asking: Asking
    items: tuple[str, ...] = ()


def search(database: Database, finder: Finder, image: bytes, radius: int, asking: Asking) -> SearchResult:
    """Look for a photo on behalf of an account, and record that it was told what is found, or that nothing is.

    Raises UsageError where the account may not be told, or an order forbids use there; LedgerError.
    """
    asking = _checked(asking)
    with database.reading() as connection:
        _allowed(connection, asking, datetime.now(UTC))
    found = finder.find(image, radius=radius)
    now = datetime.now(UTC)
    with database.writing() as connection:
        account = _allowed(connection, asking, now)
        accounts.record_search(connection, account, asking, (match.item_id for match in found.matches), now)
    return found


def disclose(
    database: Database, packs: PackSet, giving: Giving, waivers: Waivers | None, progress: Progress
) -> Disclosure:
    """Record that a release is given to somebody, if it may be.

    Raises UsageError where the account may not have it, the purpose is not the release's, an order forbids use there,
    or the release is stale; VerdictsStale where somebody said no while it was judged.
    """
    now, asking = datetime.now(UTC), _checked(giving.asking)
    looked = status(database, packs, giving.release, waivers, progress)
    release = looked.release
    context = context_of(release.context)
    if context.purpose is None or context.purpose not in load_purposes().covering(asking.purpose):
        released_for = context.purpose.value if context.purpose is not None else "no purpose"
        raise UsageError(
            f"{giving.release} was released for {released_for}, not for {asking.purpose}",
            remedy="gate for this purpose and make a release of what is allowed then",
        )
    if looked.stale:
        raise UsageError(
            f"{giving.release} is stale: {counted(len(looked.stale), 'image')} may be used no more",
            remedy=f"see `provenance release status {giving.release}`, and make a new release",
        )
    with database.writing() as connection:
        if revisions(connection, list(looked.revisions)) != looked.revisions:
            raise VerdictsStale(f"{giving.release} was judged while the ledger changed", remedy="give it once more")
        account = _allowed(connection, asking, now)
        items = [find_item(connection, name)[0] for name in giving.items]
        held = numbers.among(connection, schema_rights.release_chunk, sorted(set(items))).get(release.id, ())
        if len(held) != len(set(items)):
            raise UsageError(f"not all of these images are in {giving.release}", remedy="name images of the release")
        new = NewDisclosure(account, asking, release.id, len(held) or release.images, sorted(set(items)))
        return accounts.disclose(connection, new, now)


def _checked(asking: Asking) -> Asking:
    require_one_line(recipient=asking.recipient, who_does_it=asking.by)
    return replace(asking, jurisdiction=required_jurisdiction(asking.jurisdiction))


def _allowed(connection: Connection, asking: Asking, at: datetime) -> Account:
    """The account, which may be given something there and for that. Raises UsageError where it may not."""
    account = accounts.named(connection, asking.account)
    why = account.forbids(asking.purpose, asking.jurisdiction, at)
    if why:
        raise UsageError(f"the account {account.name} may not be given this: {why}", remedy="name another account")
    for place, said in ordered_jurisdictions(connection, to_micros(at), to_micros(at)).items():
        if overlap(place, asking.jurisdiction):
            raise UsageError(f"{said} forbids every use in {place}", remedy="nothing may be given there")
    return account


def open_account(database: Database, new: NewAccount) -> Account:
    """Open an account. Raises UsageError where its name is taken or a jurisdiction is none."""
    require_one_line(name=new.name, who_opens_it=new.by)
    new = replace(new, jurisdictions=tuple(map(required_jurisdiction, new.jurisdictions)))
    with database.writing() as connection:
        return accounts.add(connection, new, datetime.now(UTC))


def add_key(database: Database, name: str, public: bytes, *, by: str) -> None:
    """Give an account a key to sign decisions with. Raises UsageError."""
    require_one_line(who_records_the_key=by)
    with database.writing() as connection:
        signatures.add_key(connection, accounts.named(connection, name), public, by=by, at=datetime.now(UTC))
        looks.weigh_again(connection, name)


def revoke(database: Database, name: str, *, by: str, reason: str) -> Account:
    """Revoke an account: it is given nothing any more, and what it permitted counts no more. Raises UsageError."""
    require_one_line(who_revokes_it=by)
    require_said(reason=reason)
    with database.writing() as connection:
        accounts.end(connection, accounts.named(connection, name), by=by, reason=reason, at=datetime.now(UTC))
        if Signatories.of(connection, datetime.now(UTC)).keys.get(name):
            raise_revision(connection, sa.select(schema.collection.c.id))  # whatever it may have signed
            looks.weigh_again(connection, name)
        return accounts.named(connection, name)

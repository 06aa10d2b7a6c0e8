"""The front door of rights: what people and authorities ask for, over one open ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from provenance.copies.find import RADIUS, Finder, SearchResult
from provenance.copies.suppress import settle
from provenance.gate.verdicts import Verdicts
from provenance.ledger import accounts, orders, releases, requests
from provenance.ledger.accounts import Account, AccountKind, Asking, Disclosure, NewAccount
from provenance.ledger.database import Database
from provenance.ledger.orders import Order
from provenance.ledger.releases import Release
from provenance.ledger.requests import Request, RequestKind
from provenance.policy.packs import PackSet
from provenance.policy.waivers import Waivers
from provenance.proofs.notes import Note, Signer, Verifier
from provenance.rights import disclosing, retention, tracing, witnessing
from provenance.rights import orders as ordering
from provenance.rights import releases as releasing
from provenance.rights import requests as filing
from provenance.rights.about import About, find, images_named
from provenance.rights.access import held_about
from provenance.rights.disclosing import Giving
from provenance.rights.orders import Bound, Ordered
from provenance.rights.releases import Stale
from provenance.rights.requests import Asked, Filed
from provenance.rights.retention import Due
from provenance.rights.stale import Telling, telling_stale
from provenance.rights.told import purpose_named
from provenance.rights.tracing import Traced
from provenance.rights.witnessing import Held
from provenance.run.progress import Progress, Silent
from provenance.vocabulary import Purpose

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from provenance.copies.export import Entry
    from provenance.lookup.hashlists import HashType
    from provenance.rights.erasing import Erased


class Rights:
    """Requests over a ledger: `Ledger.rights`.

    >>> with pv.open("ledger.db") as ledger:  # doctest: +SKIP
    ...     ledger.rights.file("withdraw", About(persons=("p1",)), requester="T-17", by="AB")
    """

    def __init__(self, database: Database, packs: PackSet) -> None:
        self._database = database
        self._packs = packs

    def file(
        self,
        kind: RequestKind | str,
        about: About,
        *,
        requester: str,
        by: str,
        identity: str = "",
        jurisdiction: str = "",
        received_at: datetime | None = None,
        purposes: Iterable[Purpose | str] = (),
        progress: Progress | None = None,
    ) -> Filed:
        """Record what a person asks for; it counts at once. A later gate gives other verdicts.

        Raises UsageError for what names nothing, or several things; InputError for a photo that cannot be read.
        """
        asked = Asked(
            RequestKind(kind),
            about,
            requester,
            by,
            identity,
            jurisdiction,
            received_at,
            tuple(map(purpose_named, purposes)),
        )
        return filing.file_request(self._database, self._packs, asked, progress or Silent())

    def erase(self, ref: str, *, by: str, progress: Progress | None = None) -> Erased:
        """Erase everything that an erasure request reaches now; again, where a copy came back since.

        Raises UsageError for a request of another kind, LedgerLocked where the ledger's file is held open by others.
        """
        from provenance.rights.erasing import carry_out

        return carry_out(self._database, ref, by=by, progress=progress or Silent())

    def kept_out(self, ref: str, kind: HashType) -> Iterator[Entry]:
        """The hashes of the pictures that a request keeps out, for a list. Raises UsageError where that is none."""
        from provenance.rights.exports import in_force, kept_out

        with self._database.reading() as connection:
            yield from kept_out(connection, in_force(connection, ref), kind)

    def export(self, ref: str, out: TextIO) -> int:
        """Write a request for those who received copies; gives how many pictures it keeps out. Raises UsageError."""
        from provenance.rights.exports import in_force, pictures_of
        from provenance.rights.request_file import write_request

        with self._database.reading() as connection:
            request = in_force(connection, ref)
            return write_request(out, request, pictures_of(connection, request))

    def take_over(
        self, path: Path, *, requester: str, by: str, jurisdiction: str = "", progress: Progress | None = None
    ) -> Filed:
        """Take in a request that somebody exported of whom copies were received; it counts at once.

        It reaches the pictures themselves and edited copies of them, in whatever is scanned later too. Raises
        InputError for what is no such file, UsageError.

        >>> ledger.rights.take_over(Path("request.json"), requester="their Q-7", by="AB")  # doctest: +SKIP
        """
        from provenance.rights.request_file import read_request

        read = read_request(path)
        purposes = read.purposes if read.kind is not RequestKind.ERASE else ()
        about = About(request=read)
        asked = Asked(
            read.kind, about, requester, by, f"the request {read.ref} of the sender", jurisdiction, None, purposes
        )
        return filing.file_request(self._database, self._packs, asked, progress or Silent())

    def requests(self) -> list[Request]:
        """Every request, in the order in which they came in."""
        with self._database.reading() as connection:
            return requests.listed(connection)

    def due_until(self, until: datetime) -> list[Due]:
        """What is due until a moment: answers, images that may be kept no longer, orders and accounts that end."""
        with self._database.reading() as connection:
            return retention.due(connection, self._packs, until)

    def destroy(self, *, by: str) -> Erased:
        """Erase the images that may be kept no longer, with proof. Raises NothingToCheck where there is none."""
        return retention.destroy(self._database, by=by)

    def due(self) -> list[Request]:
        """The requests to which an answer is due, the most pressing first."""
        last = datetime.max.replace(tzinfo=UTC)
        return sorted((one for one in self.requests() if one.is_open), key=lambda one: (one.due_at or last, one.id))

    def answer(self, ref: str, *, by: str, note: str) -> Request:
        """Note that a request was answered, and how. What it keeps out stays out. Raises UsageError."""
        return filing.close(self._database, ref, "ANSWERED", by=by, note=note)

    def decline(self, ref: str, *, by: str, note: str) -> Request:
        """Note that a request was declined, and why. It keeps nothing out any more. Raises UsageError."""
        return filing.close(self._database, ref, "DECLINED", by=by, note=note)

    def lift(self, ref: str, *, by: str, note: str) -> Request:
        """Let a request keep nothing out any more, as when its person asks for that. Raises UsageError."""
        return filing.close(self._database, ref, "LIFTED", by=by, note=note)

    def extend(self, ref: str, *, by: str, note: str) -> Request:
        """Put an answer off once, by what the law of the request allows. Raises UsageError."""
        return filing.extend(self._database, self._packs, ref, by=by, note=note)

    def release(self, verdicts: Verdicts, name: str, out: BinaryIO, *, by: str) -> Release:
        """Freeze what a gate allowed under a name, and write the release's file. Equal gates give equal bytes.

        Raises UsageError for a name that is taken, NothingToCheck where nothing was allowed, VerdictsStale.

        >>> ledger.rights.release(verdicts, "portraits-1", out, by="AB")  # doctest: +SKIP
        """
        return releasing.create(self._database, verdicts, name, out, by=by)

    def releases(self) -> list[Release]:
        """Every release, in the order in which they were made."""
        with self._database.reading() as connection:
            return releases.listed(connection)

    def release_status(
        self, name: str, *, waivers: Waivers | None = None, progress: Progress | None = None
    ) -> list[Stale]:
        """The images of a release that a gate for the same use would not let pass now, with why. Raises UsageError."""
        return releasing.status(self._database, self._packs, name, waivers, progress or Silent()).stale

    def telling_stale(self, progress: Progress | None = None) -> AbstractContextManager[Telling]:
        """Names the releases that whatever is done within makes stale, and who was given them, once it is done.

        Requests and orders name them by themselves.

        >>> with ledger.rights.telling_stale() as told:  # doctest: +SKIP
        ...     ledger.retire_statements("records.jsonl", by="A. Lee", reason="the agency sent another")
        >>> [(one.name, one.recipients) for one in told.releases]  # doctest: +SKIP
        [('portraits-1', ('Lab, Toronto',))]
        """
        return telling_stale(self._database, self._packs, progress or Silent())

    def order(
        self,
        ref: str,
        about: About,
        *,
        authority: str,
        evidence: Path,
        by: str,
        from_at: datetime | None = None,
        until_at: datetime | None = None,
        progress: Progress | None = None,
    ) -> Bound:
        """Record an order of a regulator or a court; nothing overrides it while it is in force.

        Raises UsageError, InputError for evidence that cannot be read.
        """
        ordered = Ordered(ref, authority, about, evidence, by, from_at, until_at)
        return ordering.record(self._database, self._packs, ordered, progress or Silent())

    def lift_order(self, ref: str, *, by: str, reason: str) -> Order:
        """Let an order bind no more. Raises UsageError."""
        return ordering.lift(self._database, ref, by=by, reason=reason)

    def orders(self) -> list[Order]:
        """Every order, in the order in which they were recorded."""
        with self._database.reading() as connection:
            return orders.listed(connection)

    def open_account(
        self,
        name: str,
        kind: AccountKind | str,
        *,
        by: str,
        purposes: Iterable[Purpose | str] = (),
        jurisdictions: Iterable[str] = (),
        until_at: datetime | None = None,
    ) -> Account:
        """Open an account for a person or an organisation, limited to these purposes and places. Raises UsageError."""
        limits = tuple(map(purpose_named, purposes)), tuple(jurisdictions)
        return disclosing.open_account(self._database, NewAccount(name, AccountKind(kind), *limits, until_at, by))

    def add_key(self, account: str, public: bytes, *, by: str) -> None:
        """Give an account an Ed25519 key (32 bytes) by which it signs what it decides. Raises UsageError."""
        disclosing.add_key(self._database, account, public, by=by)

    def signing_key(self, account: str, path: Path) -> Ed25519PrivateKey:
        """The private key in a file, by which an account signs what it says. Raises UsageError, InputError."""
        from provenance.rights import signing

        return signing.signing_key(self._database, path, account)

    def revoke_account(self, name: str, *, by: str, reason: str) -> Account:
        """Let an account be given nothing any more. Raises UsageError."""
        return disclosing.revoke(self._database, name, by=by, reason=reason)

    def accounts(self) -> list[Account]:
        """Every account, in the order in which they were opened."""
        with self._database.reading() as connection:
            return accounts.listed(connection)

    def disclose(
        self,
        release: str,
        *,
        account: str,
        recipient: str,
        purpose: Purpose | str,
        jurisdiction: str,
        by: str,
        items: Iterable[str] = (),
        note: str = "",
        waivers: Waivers | None = None,
        progress: Progress | None = None,
    ) -> Disclosure:
        """Record that a release, or a sample of it, is given to somebody; UsageError where it may not be.

        >>> ledger.rights.disclose("faces-1", account="lab", recipient="Lab, Toronto",
        ...     purpose="MODEL_TRAINING", jurisdiction="CA", by="AB")  # doctest: +SKIP
        """
        asking = Asking(account, recipient, purpose_named(purpose), jurisdiction, by, note)
        giving = Giving(release, asking, tuple(items))
        return disclosing.disclose(self._database, self._packs, giving, waivers, progress or Silent())

    def search(
        self,
        photo: bytes,
        *,
        account: str,
        recipient: str,
        purpose: Purpose | str,
        jurisdiction: str,
        by: str,
        note: str = "",
        radius: int = RADIUS,
        finder: Finder | None = None,
    ) -> SearchResult:
        """Look for a photo on behalf of somebody, and record who was told what; UsageError where they may not be.

        For many photos give one `ledger.finder()`.

        >>> ledger.rights.search(photo, account="lab", recipient="Lab, Toronto",
        ...     purpose="MODEL_TRAINING", jurisdiction="CA", by="AB")  # doctest: +SKIP
        """
        asking = Asking(account, recipient, purpose_named(purpose), jurisdiction, by, note)
        if finder is None:
            settle(self._database, Silent())
            finder = Finder(self._database)
        return disclosing.search(self._database, finder, photo, radius, asking)

    def disclosures(self) -> list[Disclosure]:
        """Every disclosure, in order, searches among them."""
        with self._database.reading() as connection:
            return accounts.disclosures(connection)

    def trace(self, about: About) -> list[Traced]:
        """From the sources of images to every recipient. Raises UsageError, InputError."""
        finder = self._finder(about)
        with self._database.reading() as connection:
            return tracing.trace(connection, images_named(connection, find(connection, about, finder)))

    def held_about(self, about: About) -> dict[str, Any]:
        """Everything that is held about what is named, and who was given it; nothing of others who are shown."""
        finder = self._finder(about)
        with self._database.reading() as connection:
            return held_about(connection, about, find(connection, about, finder))

    def _finder(self, about: About) -> Finder | None:
        settle(self._database, Silent())
        return Finder(self._database) if about.photos else None

    def checkpoint(self, signer: Signer) -> Note:
        """Sign the log as it stands now; the note is kept and to be handed out."""
        return witnessing.checkpoint(self._database, signer)

    def extends(self, note: Note, keys: Iterable[str] = ()) -> Held:
        """Whether the ledger extends a checkpoint, signed with one of these public keys. Raises InputError if not."""
        return witnessing.extends(self._database, note, [Verifier.parse(key) for key in keys])

    def inclusion(self, entry: int, size: int | None = None) -> dict[str, Any]:
        """The proof that an entry is in the log. Raises UsageError."""
        return witnessing.inclusion(self._database, entry, size)

    def consistency(self, first: int, second: int | None = None) -> dict[str, Any]:
        """The proof that the log began with its first entries as they were. Raises UsageError."""
        return witnessing.consistency(self._database, first, second)

"""The library's front door: open a ledger, scan collections into it, and gate them."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias

import sqlalchemy as sa

from provenance.errors import LedgerError, UsageError
from provenance.fingerprint.wanted import Wanted
from provenance.gate import decide
from provenance.gate.decide import PolicyVersion
from provenance.gate.explain import Explanation
from provenance.gate.near_duplicates import copies
from provenance.gate.run import Asked, gate, judging
from provenance.gate.verdicts import Verdicts
from provenance.ledger import collections as held
from provenance.ledger import consents, lists, reviews, schema, statements
from provenance.ledger.database import Database
from provenance.ledger.gates import last_context_text
from provenance.ledger.lists import StoredList
from provenance.ledger.rebuild import prune, rebuild
from provenance.ledger.screening import barred_by, on_list_now
from provenance.ledger.statements import SourceKind
from provenance.ledger.verify import Changed, verify
from provenance.lookup.hashlists import HashType, ListPurpose
from provenance.model import Context, Verdict, to_micros
from provenance.placeholders import is_reference, names_somebody
from provenance.policy.packs import PackSet, load_packs
from provenance.policy.reasons import load_reasons
from provenance.policy.waivers import read_waivers
from provenance.records.columns.column_map import NO_MAPS, ColumnMaps, read_columns_file
from provenance.records.context import context_from, read_context
from provenance.records.reviews import read_reviews
from provenance.run.inputs import read_inputs, scan_inputs
from provenance.run.people import installed_lookout
from provenance.run.progress import Progress, Silent
from provenance.run.scan import HowToRead, Scanned
from provenance.sources.collection import Collection
from provenance.sources.exclusions import exclusion, ledger_exclusions
from provenance.sources.open import open_collection
from provenance.sources.remote import is_address
from provenance.vocabulary import Decision, Purpose

if TYPE_CHECKING:
    from imagehash import ImageHash

    from provenance.copies.duplicates import Duplicates
    from provenance.copies.find import Finder, SearchResult
    from provenance.gate.overview import Overview

PathLike: TypeAlias = str | os.PathLike[str]


class Ledger:
    """An open ledger. Close it, or use it in a `with` statement.

    >>> with Ledger.open("ledger.db") as ledger:  # doctest: +SKIP
    ...     ledger.scan("photos/", manifest="sources.csv", records="consents.jsonl")
    ...     ledger.gate("photos/", purpose="MODEL_TRAINING").raise_for_status()
    """

    def __init__(self, database: Database, packs: PackSet) -> None:
        self._database = database
        self._packs = packs

    @classmethod
    def open(cls, target: PathLike, *, packs: PathLike | None = None, create: bool = True) -> Self:
        """Open a path or a SQLAlchemy URL, with the packs that ship and those of a folder of your own."""
        pack_set = load_packs(Path(packs) if packs is not None else None)
        return cls(Database.open(target, create=create), pack_set)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the ledger. What was committed is safe without it."""
        self._database.close()

    def scan(
        self,
        *collections: PathLike,
        manifest: PathLike | None = None,
        records: PathLike | None = None,
        columns: PathLike | ColumnMaps | None = None,
        name: str | None = None,
        vouched_by: str | None = None,
        evidence_folders: Iterable[PathLike] = (),
        workers: int | None = None,
        processes: bool = False,
        people: bool = False,
        exact: bool = False,
        windows: bool = True,
        pdq: bool = False,
        exclude: Iterable[str] = (),
        all_frames: bool = False,
        progress: Progress | None = None,
    ) -> Scanned:
        """Register every image of the collections, and what is declared about them, without judging.

        All files are checked before anything is taken. A manifest and a register replace what they stated when they
        were given last; refusals stay (`retract`). They are known by their paths, or by `name` where they come under
        several paths. The collections' own metadata files only restrict, unless `vouched_by` names somebody who
        answers for them. Evidence lies in the register's folder, or in one of `evidence_folders`.

        `exclude` takes files out of the collections, each as `PATTERN=REASON`; the notes tell them.

        An image whose file is unchanged is not read again.
        `workers` threads read and decode (default: one for each core); with `processes` they are processes, and a
        decoder that crashes costs one image instead of the scan. `people` looks for faces with the detectors of the
        extra of that name; what they find holds images up, and that they find nothing clears none. `columns` is a file
        that maps the columns of a stranger's manifest and records to ours, or what was read of one.

        Fingerprints: `windows` takes the hashes of 27 windows too, by which crops are found; `exact` decodes in full
        and gives the very bits of `imagehash.phash(upright, hash_size=16)`; `pdq` adds PDQ and implies `exact`,
        and is taken by itself where the ledger holds a list of PDQ hashes. An image that was registered without one
        that is wanted now is read once more. Of a film or a stack of pages 16 pictures spread over the whole are
        compared, and the image is held up for the others; with `all_frames` every one is compared.

        The search index is brought up to date at the end. If that fails, the next search does it.

        Raises RowErrors with every fault of a file, SourceError, LedgerError, MissingExtra.
        """
        from provenance.copies.index import keep_up

        if vouched_by is not None and not names_somebody(vouched_by):
            raise UsageError("whoever vouches needs a name", remedy="name the person")
        with self._database.reading() as connection:
            listed = lists.wanted_kinds(connection)
        wanted = Wanted(exact=exact, windows=windows, pdq=pdq or HashType.PDQ in listed, all_frames=all_frames)
        wanted.check()
        lookout = installed_lookout(barred_by(self._database)) if people else None
        how = HowToRead(workers or os.cpu_count() or 1, processes, lookout, wanted)
        maps = columns if isinstance(columns, ColumnMaps) else read_columns_file(columns) if columns else NO_MAPS
        inputs = dataclasses.replace(
            read_inputs(
                self._distinct(collections),
                manifest,
                records,
                self._packs.packs,
                maps,
                partial(self._opened, tuple(exclude)),
            ),
            name=name,
            vouched_by=vouched_by,
            evidence_folders=tuple(map(Path, evidence_folders)),
        )
        scanned = scan_inputs(self._database, inputs, how, progress or Silent())
        keep_up(self._database)
        return scanned

    def gate(
        self,
        *collections: PathLike,
        purpose: Purpose | str | None = None,
        context: PathLike | Context | None = None,
        as_of: datetime | None = None,
        strict: bool | None = None,
        controller_established_in: Sequence[str] | None = None,
        offered_in: Sequence[str] | None = None,
        recipients: Sequence[str] | None = None,
        waivers: PathLike | None = None,
        exclude: Iterable[str] = (),
        progress: Progress | None = None,
    ) -> Verdicts:
        """Judge every image of the collections as they stand on disk now.

        Images that were never scanned, or whose bytes have changed since, are blocked. `context` is a TOML or JSON
        file or a `Context`; the other arguments win over it. Without a purpose every image is blocked. `waivers` is a
        file of findings that somebody took upon themself; what reviewers decided is in the ledger. `exclude` takes
        files out, each as `PATTERN=REASON`.

        Raises NothingToCheck if there is no image, ContextError, PackError, SourceError, LedgerError.
        """
        judged = self.context(
            context,
            purpose=purpose,
            as_of=as_of,
            strict=strict,
            controller_established_in=controller_established_in,
            offered_in=offered_in,
            recipients=recipients,
        )
        return self.judge(collections, judged, waivers=waivers, exclude=exclude, progress=progress)

    def context(
        self,
        given: PathLike | Context | None = None,
        **flags: object,
    ) -> Context:
        """The gate context that a file and flags come to. Raises ContextError."""
        known = tuple(self._packs.packs)
        base = given if given is None or isinstance(given, Context) else read_context(given, jurisdictions=known)
        return context_from(base, now=datetime.now(UTC), jurisdictions=known, **flags)

    def columns_of(self, context: PathLike | None) -> ColumnMaps:
        """The maps of columns that a context file holds. Raises ContextError, InputError."""
        file = read_context(context, jurisdictions=self._packs.packs) if context is not None else None
        return (file.columns if file is not None else None) or NO_MAPS

    def judge(
        self,
        collections: Sequence[PathLike],
        context: Context,
        *,
        scanned: bool = False,
        waivers: PathLike | None = None,
        exclude: Iterable[str] = (),
        progress: Progress | None = None,
    ) -> Verdicts:
        """Judge collections under a finished context.

        `scanned` says that the same run has just scanned them: an image that is gone since is blocked, not left out.
        """
        given = read_waivers(Path(waivers), load_reasons()) if waivers is not None else None
        sources = tuple(self._opened(tuple(exclude), path) for path in self._distinct(collections))
        return gate(self._database, Asked(sources, context, self._packs, given, scanned), progress or Silent())

    def pictures(self, verdicts: Verdicts, chosen: Sequence[Verdict]) -> Iterator[bytes | None]:
        """The bytes of some images of a gate, to be shown; None for what is quarantined, gone or not what was judged.

        Everything that shows a picture asks here. Raises LedgerError.
        """
        from provenance.gate.pictures import pictures

        return pictures(self._database, verdicts, chosen)

    @property
    def packs(self) -> PackSet:
        """The jurisdiction packs that are judged by."""
        return self._packs

    def overview(self, verdicts: Verdicts) -> Overview:
        """What the images of a gate are, counted, for reports. Raises LedgerError."""
        from provenance.gate.overview import overview

        numbers = [one.number for one in verdicts.collections if one.number is not None]
        with self._database.reading() as connection:
            return overview(connection, numbers, [one.uri for one in verdicts.collections], verdicts.evaluated_at)

    def take_reviews(self, file: PathLike) -> int:
        """Take the decisions of a reviewers' file into the ledger; gives the number of new ones.

        Raises RowErrors with every fault of the file.
        """
        found = read_reviews(file)
        return reviews.take_reviews(self._database, found.iterate(), str(found.path))

    def retract(self, record_id: str, *, source: str | None = None, by: str, reason: str) -> bool:
        """Let the refusals under a record's id count no more, in somebody's own name and with a reason.

        `source` is the register or manifest that holds it, where there are several. False where that source still
        states the refusal: it counts until it is taken out there too.

        >>> ledger.retract("r1", by="A. Lee", reason="filed for the wrong person, ticket 12")  # doctest: +SKIP
        """
        _require_told(by, reason)
        with self._database.writing() as connection:
            version = statements.holding(connection, record_id, source)
            now = to_micros(datetime.now(UTC))
            return consents.retract(connection, version, record_id, by=by, reason=reason, at=now)

    def statements(self, source: str | None = None) -> tuple[statements.Listed, ...]:
        """Every manifest, register and metadata file that was taken, in its newest version; or all versions of one."""
        with self._database.reading() as connection:
            return statements.listed(connection) if source is None else statements.history(connection, source)

    def retire_statements(self, source: str, *, by: str, reason: str, kind: SourceKind | str | None = None) -> None:
        """Let a manifest or register permit nothing any more until it is given again. Its refusals stay."""
        _require_told(by, reason)
        with self._database.writing() as connection:
            version = statements.named(connection, source, SourceKind(kind) if kind is not None else None)
            now = to_micros(datetime.now(UTC))
            statements.end(connection, version, by=by, reason=reason, at=now)
            consents.end_source(connection, version, now)

    def verify(self) -> tuple[Changed, ...]:
        """What in the ledger is not as this package left it. Raises LedgerError where it cannot be read."""
        with self._database.reading() as connection:
            return tuple(verify(connection))

    def rebuild(self) -> None:
        """Derive anew what is derived from the recorded rows, the kept near-duplicates too. Raises LedgerError."""
        with self._database.writing() as connection:
            compared = connection.execute(sa.select(schema.near_duplicate).limit(1)).first() is not None
            rebuild(connection)
        if compared:
            self.keep_duplicates()

    def prune(self) -> tuple[int, int]:
        """Drop decisions of policies and fact sets that nothing uses; gives how many of each."""
        with self._database.writing() as connection:
            return prune(connection)

    def explain(self, item: str, context: Context, *, waivers: PathLike | None = None) -> Explanation:
        """Everything behind the verdict that a gate of its collection gives one image now.

        Raises UsageError if no image or several have that name, LedgerError.
        """
        from provenance.gate.explain import explain_item

        given = read_waivers(Path(waivers), load_reasons()) if waivers is not None else None
        return explain_item(self._database, item, PolicyVersion.of(context, self._packs, load_reasons()), given)

    def find(self, image: PathLike | bytes, *, radius: int = 60) -> SearchResult:
        """Where a photo, or an edited copy of it, is held: `image` is a path or the bytes. It is only read.

        The search is exact: within `radius` bits of 256 (at most 60) nothing is left out. For many photos make one
        `finder()`.

        Raises InputError for a file that cannot be read, LedgerError.
        """
        from provenance.copies.find import read_photo

        return self.finder().find(image if isinstance(image, bytes) else read_photo(image), radius=radius)

    def find_hash(self, given: ImageHash | str, *, radius: int = 60) -> SearchResult:
        """Where a picture is held of which only a hash is at hand: ImageHash's `phash` with `hash_size=16`, or its hex.

        It is looked for as it stands: without the photo no turn, crop or frame can be tried.

        Raises UsageError for a hash of another size, LedgerError.
        """
        return self.finder().find_hash(given, radius=radius)

    @contextmanager
    def duplicates(
        self, *, radius: int = 31, context: Context | None = None, waivers: PathLike | None = None
    ) -> Iterator[Duplicates]:
        """Pictures that are held more than once, group by group, within `radius` bits of 256 (at most 31).

        Their decisions are those that a gate would give now in this context, by default that of the last gate; there
        are none where there was no gate yet.

        >>> with ledger.duplicates() as found:  # doctest: +SKIP
        ...     conflicting = [group for group in found.groups if group.conflicts]
        """
        from provenance.copies.duplicates import duplicates

        context = context or self.last_context()
        if context is None:
            self._screen(Silent())
            with self._database.reading() as connection:
                yield duplicates(connection, self._database, radius=radius)
            return
        given = read_waivers(Path(waivers), load_reasons()) if waivers is not None else None
        policy = PolicyVersion.of(context, self._packs, load_reasons())
        with self._database.reading() as connection:
            numbers = [one.id for one in held.known(connection)]
        with judging(self._database, policy, given, numbers, Silent()) as (connection, judge):
            overlays = copies(connection, judge, numbers)

            def decide_on(items: Sequence[int]) -> Mapping[int, Decision]:
                return {
                    number: verdict.decision
                    for number, verdict in judge.verdicts_of(connection, items, overlays).items()
                }

            yield duplicates(connection, self._database, radius=radius, decide=decide_on)

    def keep_duplicates(self, *, radius: int = 31) -> int:
        """Keep which images show one picture, for every later gate; gives how many images share one.

        From then on an image is held for review beside a blocked copy, or where copies are declared under different
        claims. Images that are scanned later are compared when this is called again.
        """
        from provenance.copies.near_duplicates import keep

        with self.duplicates(radius=radius) as found:
            if not found.complete:
                # Groups that were left out must not take the place of groups that held an image up.
                raise LedgerError("too many pictures are too alike to compare", remedy="keep with a smaller --radius")
            return keep(self._database, found.groups)

    def add_list(
        self,
        file: PathLike,
        *,
        kind: HashType | str,
        purpose: ListPurpose | str,
        name: str | None = None,
        radius: int = 31,
        replace: bool = False,
        progress: Progress | None = None,
    ) -> StoredList:
        """Take a list of hashes; from then on every gate blocks what is on it, images scanned later too.

        It is called by its file's name unless it is said otherwise, and everything that is held is held against it at
        once. With `replace` it succeeds the list of that name; without, a name that is taken is a UsageError.

        >>> ledger.add_list("takedown.txt", kind="sha256", purpose="suppression")  # doctest: +SKIP
        """
        from provenance.copies.screen import take

        observer = progress or Silent()
        return take(
            self._database, Path(file), kind, purpose, name=name, radius=radius, replace=replace, progress=observer
        )

    def lists(self) -> tuple[StoredList, ...]:
        """The lists of hashes that count now, by name."""
        with self._database.reading() as connection:
            return lists.current(connection)

    def listed_images(self) -> dict[int, int]:
        """How many images are on each current list now, by the list's number; lists without any are left out."""
        self._screen(Silent())
        with self._database.reading() as connection:
            return on_list_now(connection)

    def retire_list(self, name: str) -> StoredList:
        """Let a list count no more. Raises UsageError for a name that no current list has."""
        return lists.retire_list(self._database, name)

    def finder(self, *, rebuild: bool = False) -> Finder:
        """Looks for any number of photos in the ledger as it stands now, and opens its index once.

        With `rebuild` the index is first built anew from the ledger. Raises LedgerError, also where that fails.
        """
        from provenance.copies.find import Finder
        from provenance.copies.index import rebuild as build_anew

        if rebuild:
            build_anew(self._database)
        self._screen(Silent())
        return Finder(self._database)

    def last_context(self) -> Context | None:
        """The context of the last gate that was run over this ledger, if any."""
        with self._database.reading() as connection:
            text = last_context_text(connection)
        return decide.context_of(text) if text is not None else None

    def _opened(self, exclude: tuple[str, ...], path: PathLike) -> Collection:
        """A collection without what was excluded, and without this ledger where it lies in it."""
        taken = [exclusion(text) for text in exclude]
        if self._database.is_sqlite and self._database.engine.url.database and not is_address(os.fspath(path)):
            taken += ledger_exclusions(Path(self._database.engine.url.database), Path(path))
        return open_collection(path, taken)

    def _distinct(self, collections: Iterable[PathLike]) -> tuple[PathLike, ...]:
        """Each collection once, however often and by whatever path it was named. Raises UsageError for none."""
        distinct: dict[str, PathLike] = {}
        for path in collections:
            distinct.setdefault(open_collection(path).uri, path)
        if not distinct:
            raise UsageError("no collection was named", remedy="name a folder of images")
        return tuple(distinct.values())

    def _screen(self, progress: Progress) -> None:
        from provenance.copies.screen import screen

        screen(self._database, progress)


def _require_told(by: str, reason: str) -> None:
    """Raise UsageError where nobody takes upon themself what the ledger will count from now on, or for no reason."""
    if not names_somebody(by):
        raise UsageError("it is not said who does this", remedy="name the person")
    if not is_reference(reason):
        raise UsageError("there is no reason", remedy="say why")

"""The library's front door: open a ledger, scan collections into it, and gate them."""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

import sqlalchemy as sa

from provenance.errors import LedgerError, UsageError
from provenance.fingerprint.given import Picture, bytes_of
from provenance.fingerprint.wanted import Wanted
from provenance.gate import decide
from provenance.gate.decide import PolicyVersion
from provenance.gate.explain import Explanation
from provenance.gate.near_duplicates import copies
from provenance.gate.run import Asked, gate, judging
from provenance.gate.verdicts import Verdicts
from provenance.ledger import checks, consents, lists, looks, reviews, schema, statements
from provenance.ledger import collections as held
from provenance.ledger.database import Database
from provenance.ledger.gates import last_context_text
from provenance.ledger.lists import StoredList
from provenance.ledger.rebuild import prune, rebuild
from provenance.ledger.screening import barred_by, on_list_now
from provenance.ledger.statements import SourceKind
from provenance.ledger.verify import Changed, verify
from provenance.literals import HashName, ListPurposeName, PurposeName, SourceName
from provenance.lookup.hashlists import HashType, ListPurpose
from provenance.model import Context, Verdict, to_micros
from provenance.placeholders import is_reference, names_somebody
from provenance.policy.packs import PackSet, load_packs
from provenance.policy.reasons import load_reasons
from provenance.policy.waivers import read_waivers
from provenance.records.columns.column_map import NO_MAPS, ColumnMaps, read_columns_file
from provenance.records.context import context_from, read_context
from provenance.records.looks import read_looks
from provenance.records.reviews import read_reviews
from provenance.run.engines import Engine, Means
from provenance.run.inputs import read_inputs, scan_inputs
from provenance.run.people import installed_lookout
from provenance.run.places import Moves
from provenance.run.progress import Progress, Silent
from provenance.run.scan import HowToRead, Scanned
from provenance.run.watching import Watching, observer
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
    from provenance.gate.review_queue import ReviewQueue
    from provenance.ledger.copying import Copied
    from provenance.records.values.local_times import LocalTimes
    from provenance.rights.desk import Rights
    from provenance.rights.duties import Duties

PathLike: TypeAlias = str | os.PathLike[str]

_LOG: Final = logging.getLogger("provenance")


class Ledger:
    """An open ledger. Close it, or use it in a `with` statement.

    It can be pickled; another process opens it by its address, which holds no password.

    >>> with Ledger.open("demo/ledger.db") as ledger:
    ...     ledger.gate("demo/photos", context="demo/context.toml").summary()
    '11 images: 4 allowed, 3 need review, 4 blocked'
    """

    def __init__(self, database: Database, packs: PackSet) -> None:
        self._database = database
        self._packs = packs

    @classmethod
    def open(cls, target: PathLike, *, packs: PathLike | None = None, create: bool = True) -> Self:
        """Open a path or a SQLAlchemy URL, with the packs that ship and those of a folder of your own.

        >>> Ledger.open("demo/ledger.db", create=False)
        <Ledger demo/ledger.db>
        """
        pack_set = load_packs(Path(packs) if packs is not None else None)
        return cls(Database.open(target, create=create), pack_set)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the ledger. What was committed is safe without it.

        >>> ledger.close()
        """
        self._database.close()

    def __repr__(self) -> str:
        return f"<Ledger {self._database.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_pickle, (self._database.address, self._packs)

    def scan(
        self,
        *collections: PathLike,
        manifest: PathLike | None = None,
        records: PathLike | None = None,
        columns: PathLike | ColumnMaps | None = None,
        name: str | None = None,
        vouched_by: str | None = None,
        evidence_folders: Iterable[PathLike] = (),
        moved_from: Iterable[PathLike] = (),
        new_collection: bool = False,
        workers: int | None = None,
        engine: Engine | str = Engine.AUTO,
        address: str | None = None,
        memory: int | None = None,
        people: bool = False,
        exact: bool = False,
        windows: bool = True,
        pdq: bool = False,
        exclude: Iterable[str] = (),
        all_frames: bool = False,
        parts: Iterable[PathLike] = (),
        progress: Watching = None,
    ) -> Scanned:
        """Register every image of the collections, and what is declared about them, without judging.

        All files are checked before anything is taken. A manifest and a register replace what they stated when they
        were given last; refusals stay (`retract`). They are known by their paths, or by `name` where they come under
        several paths. The collections' own metadata files only restrict, unless `vouched_by` names somebody who
        answers for them. Evidence lies in the register's folder, or in one of `evidence_folders`.

        A collection that was moved is recognised. Where that is not plain nothing is taken, and the error says what to
        say: where it lay (`moved_from`), or that it is a new one (`new_collection`).

        `exclude` takes files out of the collections, each as `PATTERN=REASON`; the notes tell them.

        An image whose file is unchanged is not read again.
        `workers` (1 to 256, default: one for each core) read and decode: threads where a few images are new, processes
        for more, or what `engine` says (`inline`, `threads`, `processes`, `ray`). In processes a decoder that crashes
        costs one image instead of the scan. Ray runs on this machine, or on the cluster at `address`, where every node
        sees the collection under the same path. `memory` is how many bytes of image files may be held at once (default:
        a quarter of the memory); a larger file is not read, and blocked. `people` looks for faces with the detectors of
        the extra of that name; what they find holds images up, and that they find nothing clears none. `columns` is a
        file that maps the columns of a stranger's manifest and records to ours, or what was read of one.

        Fingerprints: `windows` takes the hashes of 27 windows too, by which crops are found; `exact` decodes in full
        and gives the very bits of `imagehash.phash(upright, hash_size=16)`; `pdq` adds PDQ and implies `exact`,
        and is taken by itself where the ledger holds a list of PDQ hashes. An image that was registered without one
        that is wanted now is read once more. Of a film or a stack of pages 16 pictures spread over the whole are
        compared, and the image is held up for the others; with `all_frames` every one is compared.

        `parts` are the folders in which `scan_shard` wrote what it saw in the collections' images on other machines:
        all shards, made with the same options. An image that lies as it lay then is not read.

        At the end the search index is brought up to date, and the new images are joined to those that show the same
        picture: beside a copy that is blocked, or declared under another claim, an image is held for review. If that
        fails, the next gate does it.

        Raises RowErrors with every fault of a file, UsageError, SourceError, LedgerError, MissingExtra.

        >>> ledger.scan("demo/photos", manifest="demo/manifest.jsonl", records="demo/records.jsonl").images
        11
        """
        from provenance.copies import near_duplicates
        from provenance.copies.index import keep_up
        from provenance.run.parts.take import taken

        parts = tuple(parts)
        if parts and people:
            raise UsageError("nobody looked for people in parts", remedy="scan without parts")
        if vouched_by is not None and not names_somebody(vouched_by):
            raise UsageError("whoever vouches needs a name", remedy="name the person")
        with self._database.reading() as connection:
            listed = lists.wanted_kinds(connection)
        wanted = Wanted(exact=exact, windows=windows, pdq=pdq or HashType.PDQ in listed, all_frames=all_frames)
        wanted.check()
        lookout = installed_lookout(barred_by(self._database)) if people else None
        if lookout is not None and engine in (Engine.PROCESSES, Engine.RAY):
            raise UsageError("people are looked for in threads", remedy="leave out the engine")
        if address is not None and engine != Engine.RAY:
            raise UsageError("an address is one of a Ray cluster", remedy="add the engine ray")
        means = Means.asked(engine, workers, memory, address)
        how = HowToRead(means, lookout, wanted)
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
            moves=Moves(tuple(os.fspath(place) for place in moved_from), new_collection),
        )
        addresses = [collection.source.uri for collection in inputs.collections]
        with (
            observer(progress) as watcher,
            taken(parts, addresses, wanted, watcher) if parts else nullcontext() as looked,
        ):
            scanned = scan_inputs(self._database, inputs, dataclasses.replace(how, parts=looked), watcher)
        if keep_up(self._database) is None:
            near_duplicates.keep_up(self._database)
        _LOG.info("scanned %s: %d images, %d read", _named(collections), scanned.images, scanned.read)
        return scanned

    def gate(
        self,
        *collections: PathLike,
        purpose: Purpose | PurposeName | None = None,
        context: PathLike | Context | None = None,
        manifest: PathLike | None = None,
        records: PathLike | None = None,
        columns: PathLike | ColumnMaps | None = None,
        as_of: datetime | None = None,
        strict: bool | None = None,
        controller_established_in: Sequence[str] | None = None,
        offered_in: Sequence[str] | None = None,
        recipients: Sequence[str] | None = None,
        waivers: PathLike | None = None,
        exclude: Iterable[str] = (),
        progress: Watching = None,
    ) -> Verdicts:
        """Judge every image of the collections as they stand on disk now.

        With a `manifest` or `records` what is new or changed is scanned first, as the command does, with the map of
        `columns` that was given or that the context file holds. Without, nothing is scanned: images that never were, or
        whose bytes have changed since, are blocked, and `unregistered()` of the verdicts says how to.

        `context` is a TOML or JSON file or a `Context`; the other arguments win over it. Without a purpose every image
        is blocked. `waivers` is a file of findings that somebody took upon themself; what reviewers decided is in the
        ledger. `exclude` takes files out, each as `PATTERN=REASON`. `progress` is True for a bar, `tqdm`, or a callable
        of (task, done, total).

        Raises NothingToCheck if there is no image, ContextError, PackError, SourceError, LedgerError; with a manifest
        or records also what `scan` raises.

        >>> ledger.gate("demo/photos", context="demo/context.toml", purpose="MODEL_EVALUATION").counts[Decision.ALLOW]
        4
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
        exclude = tuple(exclude)
        scanned = manifest is not None or records is not None
        with observer(progress) as watcher:
            if scanned:
                maps = columns or self.columns_of(None if isinstance(context, Context) else context)
                self.scan(
                    *collections, manifest=manifest, records=records, columns=maps, exclude=exclude, progress=watcher
                )
            verdicts = self.judge(
                collections, judged, scanned=scanned, waivers=waivers, exclude=exclude, progress=watcher
            )
        if unregistered := verdicts.unregistered():
            _LOG.warning("%s", unregistered)
        return verdicts

    def context(
        self,
        given: PathLike | Context | None = None,
        **flags: object,
    ) -> Context:
        """The gate context that a file and flags come to. Raises ContextError.

        >>> ledger.context("demo/context.toml", strict=True).strict
        True
        """
        known = tuple(self._packs.packs)
        base = given if given is None or isinstance(given, Context) else read_context(given, jurisdictions=known)
        return context_from(base, now=datetime.now(UTC), jurisdictions=known, **flags)

    def columns_of(self, context: PathLike | None) -> ColumnMaps:
        """The maps of columns that a context file holds. Raises ContextError, InputError.

        >>> ledger.columns_of("demo/context.toml").manifest.one_row_a
        'image'
        """
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
        progress: Watching = None,
    ) -> Verdicts:
        """Judge collections under a finished context.

        `scanned` says that the same run has just scanned them: an image that is gone since is blocked, not left out.

        >>> ledger.judge(["demo/photos"], ledger.context("demo/context.toml")).counts[Decision.REVIEW]
        3
        """
        given = read_waivers(Path(waivers), load_reasons()) if waivers is not None else None
        sources = tuple(self._opened(tuple(exclude), path) for path in self._distinct(collections))
        with observer(progress) as watcher:
            verdicts = gate(self._database, Asked(sources, context, self._packs, given, scanned), watcher)
        _LOG.info("gated %s: %s", _named(collections), verdicts.summary())
        return verdicts

    def pictures(self, verdicts: Verdicts, chosen: Sequence[Verdict]) -> Iterator[bytes | None]:
        """The bytes of some images of a gate, to be shown; None for what is quarantined, gone or not what was judged.

        Everything that shows a picture asks here. Raises LedgerError.

        >>> [len(data) > 1000 for data in ledger.pictures(verdicts, [verdicts["coffee.png"]])]
        [True]
        """
        from provenance.gate.pictures import pictures

        places = {one.uri: (one.number, one.source) for one in verdicts.collections}
        return pictures(self._database, places, chosen)

    def review_queue(
        self, collections: Sequence[PathLike], context: Context, *, waivers: PathLike | None = None
    ) -> ReviewQueue:
        """The pictures of scanned collections that somebody has to look at, with what speaks for and against them.

        Raises UsageError for a collection that was never scanned.

        >>> ledger.review_queue(["demo/photos"], verdicts.context).collections
        ['photos']
        """
        from provenance.gate.review_queue import ReviewQueue

        given = read_waivers(Path(waivers), load_reasons()) if waivers is not None else None
        sources = [self._opened((), path) for path in self._distinct(collections)]
        policy = PolicyVersion.now(self._database, context, self._packs)
        return ReviewQueue(self._database, sources, policy, given)

    @property
    def packs(self) -> PackSet:
        """The jurisdiction packs that are judged by.

        >>> ledger.packs["CA-QC"].minors.consent_age
        14
        """
        return self._packs

    def overview(self, verdicts: Verdicts) -> Overview:
        """What the images of a gate are, counted, for reports. Raises LedgerError.

        >>> ledger.overview(verdicts).by_source[0].name
        'not recorded'
        """
        from provenance.gate.overview import overview

        numbers = [one.number for one in verdicts.collections if one.number is not None]
        with self._database.reading() as connection:
            checks.verify(connection, self._database.name, schema.fact_set_count)
            return overview(connection, numbers, [one.uri for one in verdicts.collections], verdicts.context)

    def take_reviews(self, file: PathLike, *, times: LocalTimes | None = None) -> int:
        """Take the decisions of a reviewers' file into the ledger; gives the number of new ones.

        Raises RowErrors with every fault of the file, such as a finding that is another one than its `code` says.

        >>> with open("reviews.csv", "w") as file:
        ...     _ = file.write("finding,sha256,code,decision,reviewer,at,expires,reason\\n")
        >>> ledger.take_reviews("reviews.csv")
        0
        """
        from provenance.gate.reported import require_fitting

        found = read_reviews(file, times=times)
        require_fitting(self._database, found.iterate(), str(found.path))
        return reviews.take_reviews(self._database, found.iterate(), str(found.path))

    def take_looks(self, file: PathLike, *, times: LocalTimes | None = None) -> int:
        """Take what people saw in pictures, from a sheet that they filled in; gives the number of new looks.

        Raises RowErrors with every fault of the file, InputError for a picture that the ledger does not hold.

        >>> sha256 = verdicts["retina.jpg"].sha256.hex()
        >>> with open("sheet.csv", "w") as file:
        ...     _ = file.write("sha256,persons_status,reviewer,at,reason\\n")
        ...     _ = file.write(f"{sha256},NONE,A. Lee,2026-10-02T10:00:00Z,the ground of an eye\\n")
        >>> ledger.take_looks("sheet.csv")
        1
        """
        found = read_looks(file, times=times)
        return looks.take_sheet(self._database, found.iterate(), str(found.path))

    def retract(self, record_id: str, *, source: str | None = None, by: str, reason: str) -> bool:
        """Let the refusals under a record's id count no more, in somebody's own name and with a reason.

        `source` is the register or manifest that holds it, where there are several. False where that source still
        states the refusal: it counts until it is taken out there too.

        >>> refusal = {"record_id": "r7", "person": "p7", "basis": "CONSENT"}
        >>> refusal["events"] = [{"state": "REFUSED", "at": "2026-10-01T10:00:00Z"}]
        >>> with open("refusals.jsonl", "w") as file:
        ...     _ = file.write(json.dumps(refusal))
        >>> _ = ledger.scan("demo/photos", records="refusals.jsonl", name="refusals")
        >>> ledger.retract("r7", source="refusals", by="A. Lee", reason="filed for the wrong person, ticket 12")
        False
        """
        _require_told(by, reason)
        with self._database.writing() as connection:
            version = statements.holding(connection, record_id, source)
            now = to_micros(datetime.now(UTC))
            return consents.retract(connection, version, record_id, by=by, reason=reason, at=now)

    def statements(self, source: str | None = None) -> tuple[statements.Listed, ...]:
        """Every manifest, register and metadata file that was taken, in its newest version; or all versions of one.

        >>> [one.kind.value for one in ledger.statements()]
        ['manifest', 'register']
        """
        with self._database.reading() as connection:
            return statements.listed(connection) if source is None else statements.history(connection, source)

    def retire_statements(
        self, source: str, *, by: str, reason: str, kind: SourceKind | SourceName | None = None
    ) -> None:
        """Let a manifest or register permit nothing any more until it is given again. Its refusals stay.

        >>> ledger.retire_statements("demo/records.jsonl", by="A. Lee", reason="the agency sent another")
        """
        _require_told(by, reason)
        with self._database.writing() as connection:
            version = statements.named(connection, source, SourceKind(kind) if kind is not None else None)
            now = to_micros(datetime.now(UTC))
            statements.end(connection, version, by=by, reason=reason, at=now)
            consents.end_source(connection, version, now)

    def verify(self) -> tuple[Changed, ...]:
        """What in the ledger is not as this package left it. Raises LedgerError where it cannot be read.

        >>> ledger.verify()
        ()
        """
        with self._database.reading() as connection:
            return tuple(verify(connection))

    def rebuild(self) -> None:
        """Derive anew what is derived from the recorded rows, the kept near-duplicates too. Raises LedgerError.

        >>> ledger.rebuild()
        """
        with self._database.writing() as connection:
            compared = connection.execute(sa.select(schema.near_duplicate).limit(1)).first() is not None
            rebuild(connection)
        if compared:
            self.keep_duplicates()

    def prune(self) -> tuple[int, int]:
        """Drop decisions of policies and fact sets that nothing uses; gives how many of each.

        >>> decisions, fact_sets = ledger.prune()
        """
        with self._database.writing() as connection:
            return prune(connection)

    def copy_to(self, target: PathLike, *, progress: Watching = None) -> Copied:
        """Copy the whole ledger into a file that is not there yet, or an empty database; the log keeps its root.

        Raises UsageError for a target that holds anything, LedgerError.

        >>> ledger.copy_to("copy.db").root.hex() == ledger.copy_to("another.db").root.hex()
        True
        """
        from provenance.ledger.copying import copy

        with observer(progress) as watcher:
            watcher.begin("copying rows", None)
            copied = copy(self._database, os.fspath(target), watcher.advance)
            watcher.end()
        return copied

    def explain(self, item: str, context: Context, *, waivers: PathLike | None = None) -> Explanation:
        """Everything behind the verdict that a gate of its collection gives one image now.

        Raises UsageError if no image or several have that name, LedgerError.

        >>> ledger.explain("camera.png", verdicts.context).verdict.reason
        'BASIS_MISSING'
        """
        from provenance.gate.explain import explain_item

        given = read_waivers(Path(waivers), load_reasons()) if waivers is not None else None
        return explain_item(self._database, item, PolicyVersion.now(self._database, context, self._packs), given)

    def find(self, image: Picture, *, radius: int = 60) -> SearchResult:
        """Where a photo, or an edited copy of it, is held. It is only read.

        `image` is its bytes, a path, a file open for reading, a PIL image or a numpy array of uint8.

        The search is exact: within `radius` bits of 256 (at most 60) nothing is left out. For many photos make one
        `finder()`.

        Raises InputError for a file that cannot be read, LedgerError.

        >>> [match.item for match in ledger.find("demo/photos/chelsea.png").matches]
        ['chelsea.png']
        """
        return self.finder().find(bytes_of(image), radius=radius)

    def find_hash(self, given: ImageHash | str, *, radius: int = 60) -> SearchResult:
        """Where a picture is held of which only a hash is at hand: ImageHash's `phash` with `hash_size=16`, or its hex.

        It is looked for as it stands: without the photo no turn, crop or frame can be tried.

        Raises UsageError for a hash of another size, LedgerError.

        >>> ledger.find_hash("0f" * 32).matches
        ()
        """
        return self.finder().find_hash(given, radius=radius)

    @contextmanager
    def duplicates(
        self, *, radius: int = 31, context: Context | None = None, waivers: PathLike | None = None
    ) -> Iterator[Duplicates]:
        """Pictures that are held more than once, group by group, within `radius` bits of 256 (at most 31).

        Their decisions are those that a gate would give now in this context, by default that of the last gate; there
        are none where there was no gate yet.

        >>> with ledger.duplicates() as found:
        ...     [group for group in found.groups if group.conflicts]
        []
        """
        from provenance.copies.duplicates import duplicates

        context = context or self.last_context()
        if context is None:
            self._screen(Silent())
            with self._database.reading() as connection:
                yield duplicates(connection, self._database, radius=radius)
            return
        given = read_waivers(Path(waivers), load_reasons()) if waivers is not None else None
        policy = PolicyVersion.now(self._database, context, self._packs)
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
        claims. A scan joins what is new within 31 bits by itself; this joins everything anew, within another radius.

        >>> ledger.keep_duplicates()
        0
        """
        from provenance.copies.near_duplicates import keep, newest_item

        upto = newest_item(self._database)
        with self.duplicates(radius=radius) as found:
            if not found.complete:
                # Groups that were left out must not take the place of groups that held an image up.
                raise LedgerError("too many pictures are too alike to compare", remedy="keep with a smaller --radius")
            return keep(self._database, found.groups, upto)

    def add_list(
        self,
        file: PathLike,
        *,
        kind: HashType | HashName,
        purpose: ListPurpose | ListPurposeName,
        name: str | None = None,
        radius: int = 31,
        replace: bool = False,
        progress: Watching = None,
    ) -> StoredList:
        """Take a list of hashes; from then on every gate blocks what is on it, images scanned later too.

        It is called by its file's name unless it is said otherwise, and everything that is held is held against it at
        once. With `replace` it succeeds the list of that name; without, a name that is taken is a UsageError.

        >>> with open("takedown.txt", "w") as file:
        ...     _ = file.write("00" * 32)
        >>> ledger.add_list("takedown.txt", kind="sha256", purpose="suppression").entries
        1
        """
        from provenance.copies.screen import take

        with observer(progress) as watcher:
            return take(
                self._database, Path(file), kind, purpose, name=name, radius=radius, replace=replace, progress=watcher
            )

    def lists(self) -> tuple[StoredList, ...]:
        """The lists of hashes that count now, by name.

        >>> ledger.lists()
        ()
        """
        with self._database.reading() as connection:
            return lists.current(connection)

    def listed_images(self) -> dict[int, int]:
        """How many images are on each current list now, by the list's number; lists without any are left out.

        >>> ledger.listed_images()
        {}
        """
        self._screen(Silent())
        with self._database.reading() as connection:
            return on_list_now(connection)

    def retire_list(self, name: str) -> StoredList:
        """Let a list count no more. Raises UsageError for a name that no current list has.

        >>> with open("old.txt", "w") as file:
        ...     _ = file.write("00" * 32)
        >>> _ = ledger.add_list("old.txt", kind="sha256", purpose="suppression")
        >>> ledger.retire_list("old.txt").name
        'old.txt'
        """
        return lists.retire_list(self._database, name)

    @property
    def rights(self) -> Rights:
        """What people and authorities ask for, and what becomes of it.

        >>> ledger.rights.requests()
        []
        """
        from provenance.rights.desk import Rights

        return Rights(self._database, self._packs)

    @property
    def duties(self) -> Duties:
        """What has to be assessed, kept, destroyed and reported.

        >>> ledger.duties.breaches()
        []
        """
        from provenance.rights.duties import Duties

        return Duties(self._database, self._packs)

    def finder(self, *, rebuild: bool = False) -> Finder:
        """Looks for any number of photos in the ledger as it stands now, and opens its index once.

        With `rebuild` the index is first built anew from the ledger. Raises LedgerError, also where that fails.

        >>> with open("demo/photos/coffee.png", "rb") as photo:
        ...     len(ledger.finder().find(photo.read()).matches)
        1
        """
        from provenance.copies.find import Finder
        from provenance.copies.index import rebuild as build_anew

        if rebuild:
            build_anew(self._database)
        self._screen(Silent())
        return Finder(self._database)

    def last_context(self) -> Context | None:
        """The context of the last gate that was run over this ledger, if any.

        >>> _ = ledger.gate("demo/photos", context="demo/context.toml")
        >>> ledger.last_context().purpose.value
        'MODEL_TRAINING'
        """
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


def _from_pickle(address: str, packs: PackSet) -> Ledger:
    return Ledger(Database.open(address, create=False), packs)


def _named(collections: Iterable[PathLike]) -> str:
    return ", ".join(os.fspath(one) for one in collections)

"""What one scan is given, collections and the files that state things about them, and its way into the ledger.

Every file is read and checked before anything is staged, everything is staged before anything is taken, and all
statements are taken at once: a scan that is killed leaves all of them in the ledger, or none.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy.engine import Connection

from provenance import __version__
from provenance.chunks import batched
from provenance.errors import RowError, RowErrors, SourceError
from provenance.keys import collection_name, display, key_of
from provenance.ledger import ages, collections, consents, reach, statements
from provenance.ledger.database import Database
from provenance.ledger.statements import Given, SourceKind, Taken, Version
from provenance.model import BasisRecord, to_micros
from provenance.near_names import NearNames
from provenance.records.basis import RecordsFile, read_records
from provenance.records.columns.column_map import NO_MAPS, ColumnMaps
from provenance.records.manifest import ManifestFile, read_manifest
from provenance.run.beside import RowsBeside
from provenance.run.consents import Reading, new_records
from provenance.run.places import SAID_NOTHING, Moves, recognised
from provenance.run.progress import Progress
from provenance.run.scan import HowToRead, Scanned, Target, scan_images
from provenance.run.sources import Sources, Speaker
from provenance.run.staging import Claim, Staging
from provenance.run.statements import row_digest
from provenance.signals.columns import is_signal
from provenance.sources.imagefolder import MetadataFile
from provenance.sources.interface import Source
from provenance.sources.open import open_collection

_LISTED_FAULTS = 1_000

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection, and the manifests that lie in it."""

    source: Source
    own: tuple[tuple[MetadataFile, ManifestFile], ...]

    @property
    def name(self) -> str:
        """What people call it."""
        return collection_name(self.source.uri)


@dataclass(frozen=True, slots=True)
class Inputs:
    """The collections of one scan, the manifest and the register of basis records that were given for all of them.

    `name` is what the manifest and the register are called from now on, their own paths unless it is said otherwise;
    `vouched_by` names who answers for the metadata files that lie in the collections; evidence may lie in the
    register's own folder and in `evidence_folders`; `moves` says where collections lay until now.
    """

    collections: tuple[Collection, ...]
    manifest: ManifestFile | None = None
    register: RecordsFile | None = None
    name: str | None = None
    vouched_by: str | None = None
    evidence_folders: tuple[Path, ...] = ()
    columns: ColumnMaps = NO_MAPS
    moves: Moves = SAID_NOTHING

    def digest(self, collection: Collection) -> bytes:
        """Names everything that a scan of this collection was given, for the ledger's note of it."""
        files = (file.digest if file else b"" for file in (self.manifest, self.register))
        said = self.register.said if self.register is not None else b""
        parts = [collection.source.uri.encode(), *files, said, *(manifest.digest for _, manifest in collection.own)]
        columns = json.dumps(asdict(self.columns), sort_keys=True, default=_plain)
        told = (self.name or "", self.vouched_by or "", columns, *map(str, self.evidence_folders))
        return hashlib.sha256(b"\0".join((*parts, *(text.encode() for text in told)))).digest()


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else str(value)


def read_inputs(
    given: Iterable[str | os.PathLike[str]],
    manifest: str | os.PathLike[str] | None,
    register: str | os.PathLike[str] | None,
    jurisdictions: Iterable[str],
    columns: ColumnMaps = NO_MAPS,
    open_source: Callable[[str | os.PathLike[str]], Source] = open_collection,
) -> Inputs:
    """Check all files of a scan. Raises RowErrors with every fault of a file, InputError, SourceError."""
    known = tuple(jurisdictions)

    def read(path: str | os.PathLike[str]) -> ManifestFile:
        file = read_manifest(path, jurisdictions=known, columns=columns.manifest, is_read=is_signal)
        for note in file.notes():
            _log.warning(note)
        return file

    sources = [open_source(path) for path in given]
    return Inputs(
        tuple(Collection(source, _own_manifests(source, read)) for source in sources),
        read(manifest) if manifest is not None else None,
        read_records(register, jurisdictions=known, columns=columns.records) if register is not None else None,
        columns=columns,
    )


def scan_inputs(database: Database, inputs: Inputs, reading: HowToRead, progress: Progress) -> Scanned:
    """Take what was stated, then register the images of each collection.

    Raises SourceError, RowErrors for a row that would serve several images, LedgerError.
    """
    with ExitStack() as stack:
        staging = stack.enter_context(Staging.temporary())
        files = _files(inputs)
        with database.reading() as connection:
            newest = collections.newest(connection)
            _stage(connection, inputs, files, staging, progress)
        with database.writing() as connection:
            taken = _take(connection, inputs, files, staging, newest)
        scanned = Scanned(notes=(*taken.notes, *(one.sentence for one in staging.taken_out.values())))
        for collection, target in zip(inputs.collections, taken.targets, strict=True):
            scanned += scan_images(database, collection.source, staging, target, reading, progress)
            with database.writing() as connection:
                reach.place_refusals(connection, [target.collection])
                ages.find_conflicts(connection, target.collection)
                collections.end_scan(connection, target.scan, _now())
    return scanned


@dataclass(frozen=True, slots=True)
class _File:
    """One manifest of this run: the common one, or one that lies in the collection of that number.

    What lies beside the images in shards and tables is one too.
    """

    manifest: ManifestFile | RowsBeside
    collection: int | None = None
    prefix: bytes = b""

    @property
    def kind(self) -> SourceKind:
        """Whether it was given, or came with a collection."""
        return SourceKind.MANIFEST if self.collection is None else SourceKind.COLLECTION


@dataclass(frozen=True, slots=True)
class _Taken:
    """The collections as they will be scanned, and what people should know beside."""

    targets: tuple[Target, ...]
    notes: tuple[str, ...]


def _files(inputs: Inputs) -> list[_File]:
    """The manifests of this run, by the numbers under which their rows are staged."""
    common = [_File(inputs.manifest)] if inputs.manifest is not None else []
    own = [
        _File(manifest, number, found.prefix)
        for number, collection in enumerate(inputs.collections)
        for found, manifest in collection.own
    ]
    return common + own


def _stage(connection: Connection, inputs: Inputs, files: list[_File], staging: Staging, progress: Progress) -> None:
    """List every collection and stage every row with the image that it means; `files` grows by what lies in shards."""
    for number, collection in enumerate(inputs.collections):
        progress.begin("listing images", None)
        staging.take(number, collection.source.entries())
        progress.end()
    _refuse_empty(inputs.collections, staging)
    for number, collection in enumerate(inputs.collections):
        beside = staging.rows_beside(number, collection.source.location)
        files += [_File(beside, number)] if beside is not None else []
    for ordinal, file in enumerate(files):
        if isinstance(file.manifest, RowsBeside):
            assert file.collection is not None
            staging.state_beside(file.collection, ordinal)
        else:
            staging.state(file.collection, ordinal, _rows(file.manifest, file.prefix))
    _refuse_ambiguous(staging.resolve([key_of(c.name) for c in inputs.collections]), files, inputs)
    if inputs.manifest is not None:
        staging.assign(list(_elsewhere(connection, inputs, staging)))
    staging.settle()
    for number in range(len(inputs.collections)):
        staging.add_missing(number, list(_missing(staging, number, files)))


def _elsewhere(connection: Connection, inputs: Inputs, staging: Staging) -> Iterator[Claim]:
    """Rows of the given manifest for images of collections that it spoke for in earlier runs and not in this one.

    Their collection is given as -1 less its number in the ledger.
    """
    assert inputs.manifest is not None
    name = inputs.name or str(inputs.manifest.path.absolute())
    version = statements.find(connection, SourceKind.MANIFEST, name)
    now = {collections.find(connection, collection.source.uri) for collection in inputs.collections}
    others = statements.collections_of(connection, version.source_id) if version is not None else []
    names = {one.id: key_of(collection_name(one.uri)) + b"/" for one in collections.known(connection)}
    for some in batched(staging.unresolved() if set(others) - now else (), _LISTED_FAULTS):
        for number in others:
            if number in now:
                continue
            keys = {claim: claim.key.removeprefix(names[number]) for claim in some}
            held = collections.current(connection, number, list(keys.values()))
            yield from (
                replace(claim, key=key, collections=(-1 - number,)) for claim, key in keys.items() if key in held
            )


def _rows(manifest: ManifestFile, prefix: bytes) -> Iterator[tuple[bytes, int, int, bytes, str]]:
    for position, row in enumerate(manifest.kept()):
        if row.file_name is not None:
            key = prefix + key_of(row.file_name)
        else:
            assert row.url is not None  # the reader refuses a row that names no image
            key = row.url.encode()
        yield key, row.line, position, row_digest(row.text, vouched=True), row.text


def _refuse_empty(given: Sequence[Collection], staging: Staging) -> None:
    """A collection that is empty, or whose disk is not there, must not pass beside one that is good."""
    counts = [staging.count(number) for number in range(len(given))]
    if any(counts):
        for collection, images in zip(given, counts, strict=True):
            if not images:
                raise SourceError(
                    f"the collection {collection.name} holds no image", remedy="mount or fill it, or leave it out"
                )


def _refuse_ambiguous(claims: Sequence[Claim], files: Sequence[_File], inputs: Inputs) -> None:
    """A row clears one picture. One that fits several cannot say which of them it means."""
    names = [collection.name for collection in inputs.collections]
    faults = [
        RowError(
            str(files[claim.source].manifest.path),
            claim.line,
            "file_name",
            display(claim.key),
            f"it is the name of images in several collections ({', '.join(names[n] for n in claim.collections)}); "
            f"write COLLECTION/NAME, such as {names[claim.collections[0]]}/{display(claim.key)}",
        )
        for claim in claims
    ]
    if faults:
        raise RowErrors(faults[:_LISTED_FAULTS], more=max(0, len(faults) - _LISTED_FAULTS))


def _missing(staging: Staging, number: int, files: Sequence[_File]) -> Iterator[tuple[bytes, str]]:
    """The images that rows name and that are not there, each with the row and the name that may have been meant."""
    absent = list(staging.stated_but_absent(number))
    near = NearNames(display(claim.key) for claim in absent)
    for key in staging.keys(number) if absent else ():
        near.see(display(key))
    for claim in absent:
        place = f"{files[claim.source].manifest.path}, line {claim.line}"
        like = near.nearest(display(claim.key))
        hint = f"; there is {like.name} ({like.why})" if like is not None else ""
        yield claim.key, f"{place} names {display(claim.key)}{hint}."


def _take(connection: Connection, inputs: Inputs, files: Sequence[_File], staging: Staging, newest: int) -> _Taken:
    """Take every statement of this run, and begin the scans. The caller holds the writing transaction."""
    now = _now()
    notes: list[str] = []
    numbers: list[int] = []
    for ordinal, collection in enumerate(inputs.collections):
        number, note = recognised(connection, collection.source, staging, ordinal, inputs.moves, now)
        numbers.append(number)
        notes += [note] if note else []
    versions = []
    for ordinal, file in enumerate(files):
        versions.append(_take_rows(connection, inputs, (ordinal, file), numbers, staging, now))
    notes += _not_vouched(connection, files, versions)
    register = _take_register(connection, inputs, numbers, now)
    given = [*versions, *([register] if register is not None else [])]
    targets = []
    for ordinal, (collection, number) in enumerate(zip(inputs.collections, numbers, strict=True)):
        notes += _end_unreachable(connection, number, given, now)
        scan = collections.begin_scan(
            connection, number, inputs.digest(collection), __version__, now, [version.id for version in given]
        )
        targets.append(Target(ordinal, number, scan, newest, _sources(connection, number, files, versions)))
    return _Taken(tuple(targets), tuple(notes))


def _not_vouched(connection: Connection, files: Sequence[_File], versions: Sequence[Version]) -> Iterator[str]:
    """What people should know where a collection speaks for itself."""
    own = [
        str(file.manifest.path)
        for file, version in zip(files, versions, strict=True)
        if file.collection is not None and statements.vouched_by(connection, version.id) is None
    ]
    if own:
        others = f" and {len(own) - 1} more" if len(own) > 1 else ""
        yield (
            f"nobody answers for {own[0]}{others}: what restricts there counts, what clears does not; "
            "`--vouch NAME` names who does"
        )


def _take_rows(
    connection: Connection,
    inputs: Inputs,
    numbered: tuple[int, _File],
    numbers: Sequence[int],
    staging: Staging,
    now: int,
) -> Version:
    """Take a manifest, and the basis records that its rows make, each for the image of its row."""
    ordinal, file = numbered
    path = str(file.manifest.path.absolute())
    if file.collection is None:
        name, spoken_for = inputs.name or path, list(numbers)
    else:
        spoken_for = [numbers[file.collection]]
        name = statements.own_name(spoken_for[0], display(file.prefix) + file.manifest.path.name)
    given = Given(file.kind, name, path, file.manifest.digest, file.manifest.rows)
    taken = statements.take(connection, given, spoken_for, now)
    vouched = file.kind is SourceKind.MANIFEST or statements.vouched_by(connection, taken.version.id) is not None
    if not vouched and inputs.vouched_by is not None:
        statements.vouch(connection, taken.version, by=inputs.vouched_by, at=now)
        vouched = True

    def place(record: BasisRecord) -> tuple[int, str]:
        found = staging.collection_of(ordinal, record.line)
        assert found is not None  # every row was staged
        collection, key = found
        return numbers[collection] if collection >= 0 else -1 - collection, display(key)

    how = Reading(file.manifest.path, inputs.evidence_folders, permits=vouched)
    records = file.manifest.records(folder=display(file.prefix))
    consents.take(connection, taken, new_records(records, how, place), now)
    return taken.version


def _take_register(connection: Connection, inputs: Inputs, numbers: Sequence[int], now: int) -> Version | None:
    register = inputs.register
    if register is None:
        return None
    path = str(register.path.absolute())
    given = Given(SourceKind.REGISTER, inputs.name or path, path, register.digest, register.rows)
    taken = statements.take(connection, given, numbers, now)
    if not _is_taken(connection, inputs, taken, numbers):
        how = Reading(register.path, inputs.evidence_folders)
        consents.take(connection, taken, new_records(register.iterate(), how), now)
    return taken.version


def _is_taken(connection: Connection, inputs: Inputs, taken: Taken, numbers: Sequence[int]) -> bool:
    """Whether the ledger holds just what this register says, so that no record need be compared.

    It does where the newest scan that was given the register was given all that this one is, and read the same records
    in it; where one was taken back since, there are fewer of them.
    """
    assert inputs.register is not None
    given = {n: inputs.digest(collection) for n, collection in zip(numbers, inputs.collections, strict=True)}
    version = taken.version
    same = not taken.new_for and version.path == str(inputs.register.path.absolute())
    same = same and collections.was_last_given(connection, version.id, given)
    return same and consents.count(connection, version.source_id) == inputs.register.rows


def _end_unreachable(connection: Connection, collection: int, given: Sequence[Version], now: int) -> Iterator[str]:
    """Where a run gives sources, earlier ones of their kind count on only while they can be read where they lay.

    Nobody can say that a register which is gone still states what it stated. Gives what people should know.
    """
    kinds = {version.kind for version in given if version.kind is not SourceKind.COLLECTION}
    now_given = {version.source_id for version in given}
    for version in statements.speaking(connection, collection):
        if version.ended or version.source_id in now_given:
            continue
        if version.kind is SourceKind.COLLECTION:
            _end(connection, version, "it no longer lies in the collection", now)
        elif version.kind in kinds and not Path(version.path).is_file():
            _end(connection, version, "it can no longer be read, and another was given", now)
            yield f"the {version.kind} {version.name} counts no more: it can no longer be read, and another was given"
        elif version.kind in kinds:
            yield (
                f"the {version.kind} {version.name} was given earlier and still counts; "
                "`provenance statements retire` ends it"
            )


def _end(connection: Connection, version: Version, reason: str, now: int) -> None:
    statements.end(connection, version, by="provenance", reason=reason, at=now)
    consents.end_source(connection, version, now)


def _sources(connection: Connection, collection: int, files: Sequence[_File], versions: Sequence[Version]) -> Sources:
    """The sources that speak of a collection in this run."""
    given = [_speaker(connection, version) for version in versions]
    known = {
        number: _speaker(connection, replace(version, id=number))
        for version in statements.speaking(connection, collection)
        for number in statements.versions_of(connection, version.source_id)
    }
    assert len(files) == len(given)
    return Sources(given, known)


def _speaker(connection: Connection, version: Version) -> Speaker:
    own = version.kind is SourceKind.COLLECTION
    vouched = not own or statements.vouched_by(connection, version.id) is not None
    return Speaker(version.source_id, version.id, version.kind, version.path, vouched, version.ended)


def _own_manifests(
    source: Source, read: Callable[[Path], ManifestFile]
) -> tuple[tuple[MetadataFile, ManifestFile], ...]:
    return tuple((found, read(found.path)) for found in source.metadata_files())


def _now() -> int:
    return to_micros(datetime.now(UTC))

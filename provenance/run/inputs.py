"""What one scan is given, collections and the files that declare things about them, and its way into the ledger.

Every file is read and checked before anything is staged, and everything is staged before anything is taken.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from provenance import __version__
from provenance.keys import display, key_of
from provenance.ledger import collections as held
from provenance.ledger.database import Database
from provenance.ledger.registry import Declared
from provenance.model import to_micros
from provenance.records.basis import RecordsFile, read_records
from provenance.records.columns.column_map import NO_MAPS, ColumnMaps
from provenance.records.manifest import ManifestFile, read_manifest
from provenance.run.consents import take_records
from provenance.run.declared import declared
from provenance.run.progress import Progress
from provenance.run.scan import HowToRead, Scanned, scan_images
from provenance.run.staging import Staging
from provenance.signals.columns import is_signal
from provenance.sources.folder import FolderSource
from provenance.sources.imagefolder import MetadataFile, metadata_files, nearest

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection, and the manifests that lie in it."""

    source: FolderSource
    own: tuple[tuple[MetadataFile, ManifestFile], ...]


@dataclass(frozen=True, slots=True)
class Inputs:
    """The collections of one scan, the manifest and the basis records that were given for all of them."""

    collections: tuple[Collection, ...]
    common: ManifestFile | None
    basis: RecordsFile | None

    def digest(self, collection: Collection) -> bytes:
        """Names everything that a scan of this collection was given, for the ledger's note of it."""
        files = (file.digest if file else b"" for file in (self.common, self.basis))
        parts = [collection.source.uri.encode(), *files, *(manifest.digest for _, manifest in collection.own)]
        return hashlib.sha256(b"\0".join(parts)).digest()


def read_inputs(
    collections: Iterable[str | os.PathLike[str]],
    manifest: str | os.PathLike[str] | None,
    records: str | os.PathLike[str] | None,
    jurisdictions: Iterable[str],
    columns: ColumnMaps = NO_MAPS,
) -> Inputs:
    """Check all files of a scan. Raises RowErrors with every fault of a file, InputError, SourceError."""
    known = tuple(jurisdictions)

    def read(path: str | os.PathLike[str]) -> ManifestFile:
        file = read_manifest(path, jurisdictions=known, columns=columns.manifest, is_read=is_signal)
        for note in file.notes():
            _log.warning(note)
        return file

    sources = [(path, FolderSource(path)) for path in collections]
    return Inputs(
        tuple(Collection(source, _own_manifests(path, read)) for path, source in sources),
        read(manifest) if manifest is not None else None,
        read_records(records, jurisdictions=known, columns=columns.records) if records is not None else None,
    )


def scan_inputs(database: Database, inputs: Inputs, reading: HowToRead, progress: Progress) -> Scanned:
    """Take what was declared, then register the images of each collection. Raises SourceError, LedgerError."""
    scanned = Scanned(0, 0, 0, 0)
    with ExitStack() as stack:
        stagings = [stack.enter_context(Staging.temporary()) for _ in inputs.collections]
        with database.reading() as connection:
            newest = held.newest(connection)
        for collection, staging in zip(inputs.collections, stagings, strict=True):
            _stage(collection, inputs.common, staging, progress)
        _note_missing(stagings)
        _take_records(database, inputs)
        for collection, staging in zip(inputs.collections, stagings, strict=True):
            given = inputs.digest(collection)
            scanned += _scan_one(database, collection.source, staging, given, newest, reading, progress)
    return scanned


def _own_manifests(
    path: str | os.PathLike[str], read: Callable[[Path], ManifestFile]
) -> tuple[tuple[MetadataFile, ManifestFile], ...]:
    if not Path(path).is_dir():
        return ()
    return tuple((found, read(found.path)) for found in metadata_files(path))


def _stage(collection: Collection, common: ManifestFile | None, staging: Staging, progress: Progress) -> None:
    progress.begin("listing images", None)
    staging.list((e.key, e.size, e.modified_ns, e.problem) for e in collection.source.entries())
    progress.end()
    prefixes = [found.prefix for found, _ in collection.own]
    for found, manifest in collection.own:
        # A metadata file further down speaks for its own folder.
        rows = _rows(manifest, found.prefix)
        staging.declare(row for row in rows if nearest(row[0], prefixes) == found.prefix)
    staging.add_missing(list(staging.declared_but_absent()))
    if common is not None:
        staging.declare(_rows(common, b""))


def _rows(manifest: ManifestFile, prefix: bytes) -> Iterator[tuple[bytes, Declared, int]]:
    for position, row in enumerate(manifest.iterate()):
        if row.file_name is not None:
            key = prefix + key_of(row.file_name)
        else:
            assert row.url is not None  # the reader refuses a row that names no image
            key = row.url.encode()
        yield key, declared(row, str(manifest.path)), position


def _note_missing(stagings: Sequence[Staging]) -> None:
    """An image of the common manifest that no collection holds is missing from the first."""
    first, *others = stagings
    absent = first.declared_but_absent()
    first.add_missing([key for key in absent if all(other.absent_from([key]) for other in others)])


def _take_records(database: Database, inputs: Inputs) -> None:
    for collection in inputs.collections:
        for found, manifest in collection.own:
            take_records(database, manifest.records(folder=display(found.prefix)), manifest.path)
    if inputs.common is not None:
        take_records(database, inputs.common.records(), inputs.common.path)
    if inputs.basis is not None:
        take_records(database, inputs.basis.iterate(), inputs.basis.path)


def _scan_one(
    database: Database,
    source: FolderSource,
    staging: Staging,
    inputs: bytes,
    newest: int,
    reading: HowToRead,
    progress: Progress,
) -> Scanned:
    with database.writing() as connection:
        collection = held.register(connection, source.uri)
        number = held.begin_scan(connection, collection, inputs, __version__, to_micros(datetime.now(UTC)))
    scanned = scan_images(
        database,
        source,
        staging,
        collection=collection,
        scan=number,
        newest=newest,
        reading=reading,
        progress=progress,
    )
    with database.writing() as connection:
        held.end_scan(connection, number, to_micros(datetime.now(UTC)))
    return scanned

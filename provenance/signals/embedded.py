"""Everything that an image file and its sidecars say in their metadata, as signals. The entry point of the room.

Reads the original bytes, before any transform: a resize or a re-save loses the metadata. Never raises on any bytes,
never decodes a pixel, never opens a connection.

>>> [s.subject.value for s in read_embedded(b"not an image")]
['UNREADABLE']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType
from typing import Final

from provenance.carriers import Walk, walk
from provenance.carriers.parts import Block, BlockKind
from provenance.carriers.sidecars import sidecar_blocks
from provenance.carriers.xmp import flattened, read_xmp
from provenance.model import Signal, SignalSubject, SignalVerdict, Trust
from provenance.signals.bytescan import TRAINING_MINING, hints, scan
from provenance.signals.c2pa import Manifests, read_c2pa
from provenance.signals.columns import read_columns
from provenance.signals.exif import read_exif
from provenance.signals.fields import MAX_ALL_TEXT, MAX_FIELDS, MAX_RAW, MAX_TEXT, Field, names, plain_text, xmp_fields
from provenance.signals.iptc import read_iim
from provenance.signals.optout import read_tdm
from provenance.signals.people import is_person_tag, read_people
from provenance.signals.plus import data_mining, minor_age, read_plus
from provenance.signals.positions import xmp_position
from provenance.signals.rights import read_rights
from provenance.signals.sensitive import read_sensitive
from provenance.signals.synthetic import read_generated, read_synthetic
from provenance.signals.words import read_words
from provenance.unique_keys import json_value

_NO_SIDECARS: Final[Mapping[str, bytes]] = MappingProxyType({})
_MAX_SIGNALS: Final = 2_000
_TRAINING: Final = (SignalSubject.TRAINING_GENERATIVE, SignalSubject.TRAINING_OTHER)


@dataclass(frozen=True, slots=True)
class EmbeddedMetadata:
    """What one image's metadata says.

    `texts` and `places` hold (field name, text) of captions, titles, keywords and place names; `gps` is latitude and
    longitude in degrees.
    """

    signals: tuple[Signal, ...]
    texts: tuple[tuple[str, str], ...] = ()
    gps: tuple[float, float] | None = None
    places: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one block gave."""

    signals: tuple[Signal, ...] = ()
    fields: tuple[Field, ...] = ()
    gps: tuple[float, float] | None = None
    problem: str = ""


def read_embedded(data: bytes, *, name: str = "", sidecars: Mapping[str, bytes] = _NO_SIDECARS) -> tuple[Signal, ...]:
    """The signals of an image's own metadata. See `embedded_metadata`."""
    return embedded_metadata(data, name=name, sidecars=sidecars).signals


def embedded_metadata(data: bytes, *, name: str = "", sidecars: Mapping[str, bytes] = _NO_SIDECARS) -> EmbeddedMetadata:
    """Signals, texts, place and time of an image's own metadata.

    `data` are the original bytes, `name` the file's name, `sidecars` the XMP files beside it by name. A block that
    cannot be read whole gives an UNREADABLE signal, is searched for prohibiting codes all the same, and takes the
    force from every permission of the file: the part that was not read might have refused.

    >>> embedded_metadata(b"GIF89a" + bytes(7) + b";").signals
    ()
    """
    return metadata_of(walk(data), data, name=name, sidecars=sidecars)


def metadata_of(
    found: Walk, data: bytes, *, name: str = "", sidecars: Mapping[str, bytes] = _NO_SIDECARS
) -> EmbeddedMetadata:
    """The same for a file that was walked already."""
    blocks = [*found.blocks, *sidecar_blocks(name, sidecars)]
    if not blocks:
        return EmbeddedMetadata(_final([*_unopened(found), *_spelt_out(found.beside_pixels(data), (), ())]))
    readings = [(block, _read(block)) for block in blocks]
    fields = [field for _, reading in readings for field in reading.fields]
    signals = [signal for _, reading in readings for signal in reading.signals]
    signals += [_unreadable(block, reading) for block, reading in readings if reading.problem]
    manifests = _manifest(data, found.family, blocks, fields)
    signals += manifests.signals
    fields += manifests.fields
    signals += _cut_short(fields)
    fields = list(_within_limits(fields))
    signals += _lost_part(blocks, fields)
    signals += _unopened(found)
    signals += read_rights(fields)
    signals += read_words(fields)
    signals += read_generated(fields)
    signals += read_sensitive(fields)
    hiding = [block for block, reading in readings if _may_hide(block, reading)]
    signals += _spelt_out(found.beside_pixels(data), hiding, signals)
    return EmbeddedMetadata(
        signals=_final(signals),
        texts=_pairs(fields, "texts"),
        gps=next((reading.gps for _, reading in readings if reading.gps), None),
        places=_pairs(fields, "places"),
    )


def _read(block: Block) -> _Reading:
    try:
        reading = _READERS[block.kind](block)
    except Exception as fault:  # noqa: BLE001 - the bytes are a stranger's: any fault is a finding, not a crash
        reading = _Reading(problem=f"reader stopped: {type(fault).__name__}")
    return replace(reading, problem=block.problem) if block.problem else reading


def _read_xmp(block: Block) -> _Reading:
    packet = read_xmp(block.data)
    properties = tuple(flattened(packet.properties))
    signals = (
        *read_plus(properties, block.location),
        *read_people(properties, block.location),
        *read_tdm(properties, block.location),
        *read_synthetic(properties, block.location),
    )
    fields = tuple(xmp_fields(properties, block.location))
    return _Reading(signals, fields, xmp_position(packet.properties), problem=packet.problem)


def _read_exif(block: Block) -> _Reading:
    exif = read_exif(block.data)
    fields = tuple(
        Field(f"exif:{tag}", text, f"{block.location}/{page}" if page else block.location)
        for tag, text, page in exif.values
    )
    return _Reading((), fields, exif.gps, exif.problem)


def _read_iim(block: Block) -> _Reading:
    sets, problem = read_iim(block.data)
    fields = tuple(Field(each.name, each.text, block.location) for each in sets if each.text)
    return _Reading(fields=fields, problem=problem)


def _read_text(block: Block) -> _Reading:
    text = plain_text(block.data).strip()
    if block.location.startswith("sidecar:"):
        name = "sidecar licence" if block.location.lower().endswith((".license", ".licence")) else "sidecar"
    elif block.name == "comment" or ":" in block.name:
        name = block.name
    else:
        # Keywords are written in any letter case.
        name = f"png:{_PNG_KEYWORDS.get(block.name.lower(), block.name)}"
    return _Reading(fields=(Field(name, text, block.location),) if text else ())


_PNG_KEYWORDS: Final = {
    name.lower(): name
    for name in (
        "Title",
        "Author",
        "Description",
        "Copyright",
        "Software",
        "Disclaimer",
        "Warning",
        "Source",
        "Comment",
        "Keywords",
    )
}


def _read_json(block: Block) -> _Reading:
    """The named values of a sidecar, as those of a dataset's row are read."""
    try:
        held = json_value(block.data)
    except (ValueError, RecursionError) as wrong:
        return _Reading(problem=f"not JSON: {type(wrong).__name__}")
    rows = held if isinstance(held, list) else [held]
    mappings = [row for row in rows[:_MAX_ROWS] if isinstance(row, dict)]
    if len(rows) > _MAX_ROWS:
        return _Reading(problem=f"more than {_MAX_ROWS} entries")
    found = (signal for row in mappings for signal in read_columns(row))
    return _Reading(tuple(replace(s, location=f"{block.location}/{s.location.removeprefix('column:')}") for s in found))


_MAX_ROWS: Final = 64


def _nothing(_block: Block) -> _Reading:
    return _Reading()


_READERS: Final[dict[BlockKind, Callable[[Block], _Reading]]] = {
    BlockKind.XMP: _read_xmp,
    BlockKind.EXIF: _read_exif,
    BlockKind.IIM: _read_iim,
    BlockKind.TEXT: _read_text,
    BlockKind.JSON: _read_json,
    BlockKind.PHOTOSHOP: _nothing,
    BlockKind.C2PA: _nothing,
    BlockKind.UNKNOWN: _nothing,
}


def _unreadable(block: Block, reading: _Reading) -> Signal:
    raw = f"{len(block.data)} bytes"
    return Signal(
        SignalSubject.UNREADABLE, SignalVerdict.UNKNOWN, block.kind.value.lower(), block.location, raw, reading.problem
    )


def _within_limits(fields: Iterable[Field]) -> Iterator[Field]:
    """The fields up to the limits of their number and of their characters together."""
    left = MAX_ALL_TEXT
    for field in islice(fields, MAX_FIELDS):
        left -= min(len(field.text), MAX_TEXT)
        if left < 0:
            return
        yield field


def _cut_short(fields: Sequence[Field]) -> Iterator[Signal]:
    """That the limits leave fields out. A field that is longer than what is read is told by `read_words`."""
    if sum(1 for _ in _within_limits(fields)) < len(fields):
        yield _unread("fields", "file", f"more than {MAX_FIELDS} fields or {MAX_ALL_TEXT} characters")


def _unread(name: str, location: str, why: str) -> Signal:
    return Signal(SignalSubject.UNREADABLE, SignalVerdict.UNKNOWN, name, location, "", why)


def _unopened(found: Walk) -> Iterator[Signal]:
    """An archive or a document behind the end of the picture: what it holds was not looked at."""
    for rest in found.rest:
        if rest.what:
            yield _unread("rest", f"byte {rest.start}", f"{rest.what} behind the end was not opened")


def _lost_part(blocks: Iterable[Block], fields: Iterable[Field]) -> Iterator[Signal]:
    """A packet that announces an extension which is not there: nobody knows what the extension said."""
    if not any(block.location.endswith("/extended-xmp") for block in blocks):
        for field in fields:
            if field.name in names("extended"):
                yield _unread(field.name, field.location, "the rest of the packet is missing")


def _manifest(data: bytes, family: str, blocks: Iterable[Block], fields: Iterable[Field]) -> Manifests:
    """The C2PA manifest, where a JUMBF block says that there is one, or the address of one that lies elsewhere."""
    for block in blocks:
        # JUMBF holds other things too; only a store of manifests is labelled c2pa.
        if block.kind is BlockKind.C2PA and b"c2pa" in block.data:
            return read_c2pa(data, family, block.location)
    return Manifests(
        tuple(
            Signal(
                SignalSubject.UNREADABLE,
                SignalVerdict.UNKNOWN,
                "c2pa.remote-manifest",
                field.location,
                field.text[:MAX_RAW],
                "a manifest lies elsewhere and was not fetched",
            )
            for field in fields
            if field.name in names("remote") and field.text.lower().startswith(("http:", "https:"))
        )
    )


def _may_hide(block: Block, reading: _Reading) -> bool:
    """Whether a block may spell out a code that its reader did not see: a clean EXIF or IIM block has no codes."""
    return bool(reading.problem) or block.kind not in {BlockKind.EXIF, BlockKind.IIM}


def _spelt_out(stretches: Iterable[bytes], blocks: Iterable[Block], signals: Iterable[Signal]) -> Iterator[Signal]:
    """Prohibiting codes that stand in the bytes but in no signal yet: in broken blocks and in places nobody reads."""
    told = {signal.value for signal in signals if signal.verdict is SignalVerdict.DENY}
    mined = any("training-mining" in each.location and each.subject is not SignalSubject.UNREADABLE for each in signals)
    places = [(block.location, block.data) for block in blocks]
    places += [(block.location, block.name.encode()) for block in blocks if block.name]
    places += [("file", stretch) for stretch in stretches if hints(stretch)]
    for location, part in places:
        for code in scan(part):
            if code in told or (code == TRAINING_MINING and mined):
                continue
            told.add(code)
            yield from _code_signals(code, location)


def _code_signals(code: str, location: str) -> Iterator[Signal]:
    if code == TRAINING_MINING:
        for subject in _TRAINING:
            yield Signal(
                subject, SignalVerdict.DENY, "training-mining", location, code, code, Trust.INVALID, nonstandard=True
            )
    elif code.startswith("DMI-"):
        yield from (replace(s, nonstandard=True) for s in data_mining(code, "plus:DataMining", location, Trust.INVALID))
    else:
        name = "plus:MinorModelAgeDisclosure"
        yield from (replace(s, nonstandard=True) for s in minor_age(code, name, location, Trust.INVALID))


def _final(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    """Distinct signals, refusals first where there are too many, permissions only where everything was read."""
    distinct = list(dict.fromkeys(_clean(signal) for signal in signals))
    if any(signal.subject is SignalSubject.UNREADABLE for signal in distinct):
        distinct = [
            replace(signal, verdict=SignalVerdict.UNKNOWN) if signal.verdict is SignalVerdict.ALLOW else signal
            for signal in distinct
        ]
    if len(distinct) > _MAX_SIGNALS:
        distinct.sort(key=lambda signal: signal.verdict is not SignalVerdict.DENY)
        why = f"more than {_MAX_SIGNALS} signals"
        return _final([*distinct[: _MAX_SIGNALS - 1], _unread("signals", "file", why)])
    return tuple(distinct)


def _clean(signal: Signal) -> Signal:
    """The signal without the characters that a database or a UTF-8 file cannot hold."""
    if all(text.isprintable() for text in (signal.name, signal.location, signal.raw, signal.value)):
        return signal
    return replace(
        signal,
        name=_holdable(signal.name),
        location=_holdable(signal.location),
        raw=_holdable(signal.raw),
        value=_holdable(signal.value),
    )


def _holdable(text: str) -> str:
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _pairs(fields: Iterable[Field], role: str) -> tuple[tuple[str, str], ...]:
    """The texts of the fields that play a role, without the tags that are people's names."""
    wanted = names(role)
    found = ((field.name, _holdable(field.text[:MAX_TEXT])) for field in fields if field.name in wanted)
    return tuple(dict.fromkeys(pair for pair in found if not is_person_tag(pair[1])))

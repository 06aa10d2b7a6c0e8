"""Gathering the signals of one image from the file itself and from what was declared, and summing them up. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from provenance.licences import LicenceClass, declared_licence
from provenance.model import ManifestRow, Signal, SignalFacts, SignalSubject, SignalVerdict
from provenance.signals import precedence
from provenance.signals.columns import read_columns
from provenance.signals.embedded import EmbeddedMetadata, embedded_metadata
from provenance.signals.places import gps_hint, language_hint, name_hint, url_hint
from provenance.signals.text.read import read_text, read_texts
from provenance.signals.web.read import read_web


@dataclass(frozen=True, slots=True)
class Findings:
    """What all signals of one image come to."""

    summary: SignalFacts = field(default_factory=SignalFacts)
    licence: LicenceClass = LicenceClass.MISSING
    licence_conditions: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    language_jurisdictions: tuple[str, ...] = ()
    creative_commons_by: bool = False
    licence_ends_at: int | None = None


def unreadable(name: str, location: str, why: str) -> Signal:
    """The signal that something was there and could not be read: never the same as no signal."""
    return Signal(SignalSubject.UNREADABLE, SignalVerdict.UNKNOWN, name, location, why[:1_000])


def from_file(data: bytes, name: str, sidecars: Mapping[str, bytes]) -> tuple[Signal, ...]:
    """What the file's metadata and its sidecars say, and what the texts and the position in them point to."""
    metadata = embedded_metadata(data, name=name, sidecars=sidecars)
    return tuple(dict.fromkeys((*metadata.signals, *_told_by(metadata))))


def _told_by(metadata: EmbeddedMetadata) -> Iterator[Signal]:
    yield from read_texts(metadata.texts)
    for place, text in metadata.places:
        yield from name_hint(place, text)
    if metadata.gps:
        yield from gps_hint(*metadata.gps)


def from_declaration(row: ManifestRow | None, name: str, evidence: Mapping[str, object] | None) -> tuple[Signal, ...]:
    """What the path, the manifest row and the captured web page say; `evidence` is the row's, read if it is a file."""
    return tuple(dict.fromkeys(_declared(row, name, evidence)))


def _declared(row: ManifestRow | None, name: str, evidence: Mapping[str, object] | None) -> Iterator[Signal]:
    yield from read_text("file_name", name)
    if row is None:
        return
    texts = [("caption", row.caption), ("alt_text", row.alt_text)]
    urls = [("source_url", row.source_url), ("page_url", row.page_url), ("url", row.url)]
    # Together, since one keyword tells how another is meant: a kid beside a goat.
    keywords = [("keywords", "; ".join(row.keywords))]
    yield from read_texts([(place, text) for place, text in (*texts, *urls, *keywords) if text])
    for place, text in texts:
        if text:
            yield from language_hint(place, text)
    for place, url in urls:
        if url:
            yield from url_hint(place, url)
    yield from read_columns(row.extra)
    if evidence is not None:
        yield from read_web(evidence, url=row.source_url or row.url)


def sum_up(signals: Sequence[Signal], row: ManifestRow | None) -> Findings:
    """Signals from everywhere and the declared licence, as facts."""
    licence = declared_licence(row.licence if row else None)
    return Findings(
        summary=precedence.sum_up(signals),
        licence=licence.kind,
        licence_conditions=licence.conditions,
        jurisdictions=precedence.hinted_jurisdictions(signals),
        language_jurisdictions=precedence.language_jurisdictions(signals),
        creative_commons_by=licence.is_creative_commons_by,
        licence_ends_at=precedence.licence_end(signals),
    )

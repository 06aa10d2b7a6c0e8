"""Gathering the signals of one image from the file itself and from what was declared, and summing them up. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from provenance.carriers import Walk, walk
from provenance.carriers.sidecars import pictures_in
from provenance.licences import LicenceClass, declared_licence
from provenance.model import ManifestRow, Signal, SignalFacts, SignalSubject, SignalVerdict
from provenance.run.hidden import hidden_pictures
from provenance.signals import precedence
from provenance.signals.columns import read_address, read_columns
from provenance.signals.embedded import EmbeddedMetadata, metadata_of
from provenance.signals.fields import Field
from provenance.signals.optout import tagged
from provenance.signals.places import gps_hint, language_hint, name_hint, url_hint
from provenance.signals.sensitive import mark_in, marked
from provenance.signals.synthetic import generated, statement_in
from provenance.signals.text.read import is_numbered, read_path, read_texts, statements_in_path
from provenance.signals.text.refusals import TextKind
from provenance.signals.web.read import read_web
from provenance.signals.words import words_within


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


def from_file(
    data: bytes, sidecars: Mapping[str, bytes], *, anonymised: bool = False, walked: Walk | None = None
) -> tuple[Signal, ...]:
    """What the file's metadata and its sidecars say, what their texts and position point to, and what else it holds.

    `sidecars` are all those that the source found beside it, whatever the image is called in the collection.
    Pictures beside the file's own are compared with it where a row says that people were made unrecognisable
    (`anonymised`). `walked` is a walk over the same bytes, where somebody has made one already.
    """
    found = walk(data) if walked is None else walked
    metadata = metadata_of(found, data, sidecars=sidecars)
    hidden = hidden_pictures(found, data, pictures_in(sidecars), compare=anonymised)
    return tuple(dict.fromkeys((*metadata.signals, *_told_by(metadata), *hidden)))


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
    if not is_numbered(name):
        yield from read_path("file_name", name)
        yield from read_address("file_name", "path", name)
        stated = statements_in_path(name)
        yield from words_within((Field("file_name", part, "path"), TextKind.PROSE) for part in stated)
    if row is None:
        return
    texts = [("caption", row.caption), ("alt_text", row.alt_text)]
    urls = [("source_url", row.source_url), ("page_url", row.page_url), ("url", row.url)]
    # Together, since one keyword tells how another is meant: a kid beside a goat.
    keywords = "; ".join(row.keywords)
    yield from read_texts([(place, text) for place, text in (*texts, ("keywords", keywords)) if text])
    words = [(place, text, TextKind.PROSE) for place, text in texts]
    words += [("keywords", keywords, TextKind.KEYWORDS), ("licence", row.licence, TextKind.RIGHTS)]
    yield from words_within((Field(place, text, "manifest"), kind) for place, text, kind in words if text)
    yield from tagged(row.keywords[:1_000], "keywords", "manifest")
    for place, text, kind in words:
        mark = mark_in(text, keywords=kind is TextKind.KEYWORDS) if text else None
        if mark is not None:
            yield marked(place, "manifest", mark)
        statement = statement_in(text) if text else None
        if text and statement is not None:
            yield generated(place, "manifest", text, statement)
    for place, text in texts:
        if text:
            yield from language_hint(place, text)
    for place, url in urls:
        if url:
            yield from read_path(place, url)
            yield from url_hint(place, url)
            yield from read_address(place, "manifest", url)
    yield from read_columns(row.extra)
    if evidence is not None:
        yield from read_web(evidence, url=row.source_url or row.url)


def sum_up(signals: Sequence[Signal], row: ManifestRow | None) -> Findings:
    """Signals from everywhere and the declared licence, as facts."""
    licence = declared_licence(row.licence if row else None)
    demanded = precedence.file_conditions(signals) - set(licence.conditions)
    # A contract of one's own answers whatever licence the file names.
    contradicted = bool(demanded) and licence.kind in (LicenceClass.PERMISSIVE, LicenceClass.CONDITIONAL)
    summary = precedence.sum_up(signals)
    return Findings(
        summary=replace(summary, licence_denies=True) if contradicted else summary,
        licence=licence.kind,
        licence_conditions=licence.conditions,
        jurisdictions=precedence.hinted_jurisdictions(signals),
        language_jurisdictions=precedence.language_jurisdictions(signals),
        creative_commons_by=licence.is_creative_commons_by,
        licence_ends_at=precedence.licence_end(signals),
    )

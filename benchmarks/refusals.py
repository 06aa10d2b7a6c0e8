"""Both kinds of mistake side by side: refusals in words that are missed, and alarms for nothing.

    python -m benchmarks refusals [--quick] --json

The labelled texts (`tests/signals/text/refusals.md`) are read by themselves and then as fields of files in every
format that Pillow writes metadata into. Alarms for nothing are counted over the texts that refuse nothing, over sound
files with an ordinary photographer's metadata, and over the corpus of real files where it lies beside the project.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from PIL import Image, PngImagePlugin

from benchmarks.report import Figure, Ratio, Report
from benchmarks.signals import CORPUS
from provenance.model import Signal, SignalSubject, SignalVerdict
from provenance.run.gather import from_file
from provenance.signals.text.refusals import TextKind, find_refusals

TEXTS = Path(__file__).parents[1] / "tests" / "signals" / "text" / "refusals.jsonl"
FLOOR = 0.9
"""What the test-suite holds precision and recall to."""
_KINDS: Final = {"rights": TextKind.RIGHTS, "caption": TextKind.PROSE, "keyword": TextKind.KEYWORDS}
_SUBJECTS: Final = {"reservation": SignalSubject.RESERVATION, "nothing": SignalSubject.NOTHING_GRANTED}
_ALARMS: Final = frozenset(
    {
        SignalSubject.RESERVATION,
        SignalSubject.NOTHING_GRANTED,
        SignalSubject.SYNTHETIC,
        SignalSubject.SENSITIVE,
        SignalSubject.UNREADABLE,
        SignalSubject.TRAINING_GENERATIVE,
        SignalSubject.TRAINING_OTHER,
        SignalSubject.MINOR,
    }
)
_PACKET: Final = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"'
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/">{}</rdf:Description></rdf:RDF></x:xmpmeta>'
)
_PROPERTIES: Final = {
    "rights": (
        "<dc:rights><rdf:Alt><rdf:li>{}</rdf:li></rdf:Alt></dc:rights>",
        "<xmpRights:UsageTerms>{}</xmpRights:UsageTerms>",
    ),
    "caption": ("<dc:description><rdf:Alt><rdf:li>{}</rdf:li></rdf:Alt></dc:description>",),
    "keyword": ("<dc:subject><rdf:Bag><rdf:li>{}</rdf:li></rdf:Bag></dc:subject>",),
}
_WIDE: Final = 0x9C9E
"""XPKeywords, in UTF-16."""
_TAGS: Final = {"rights": (0x8298,), "caption": (0x010E,), "keyword": (0x9C9E,)}
_XMP_FORMATS: Final = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")
_CREDITS: Final = ("Copyright 2021 Jane Roe", "\u00a9 Jane Roe", "Photo: J. Roe / CC BY 4.0", "Jane Roe, 2019")
_CAPTIONS: Final = ("A hill in the rain", "Training shoes on a bench", "Das Modell trainiert im Freien", "")


def run(quick: bool) -> Report:  # noqa: FBT001 - the command's own interface
    """The held-out half of the texts; `quick` puts every eighth of them into files instead of all."""
    rows = [json.loads(line) for line in TEXTS.read_text(encoding="utf-8").splitlines()]
    held = [row for row in rows if row["half"] == "held"]
    figures = [figure for kind in _SUBJECTS for figure in _of_texts(held, kind)]
    in_files = held[:: 8 if quick else 1]
    found = Counter(outcome for row in in_files for outcome in _in_files(row))
    refused, sound = found["found"] + found["missed"], found["quiet"] + found["alarm"]
    figures.append(Figure("refusals missed in files", refused, found["missed"] / refused, "share"))
    figures.append(Figure("texts that refuse nothing, held up in files", sound, found["alarm"] / sound, "share"))
    held_up = [name for name, data in _sound_files() if _alarms(data)]
    figures.append(Figure("sound files held up", len(list(_sound_files())), len(held_up), "files", ", ".join(held_up)))
    if CORPUS.is_dir():
        figures += _of_corpus()
    values = {figure.name: figure.value for figure in figures}
    ratios = [Ratio(f"{name} on held-out texts", values[name], aim=FLOOR) for name in values if "of a " in name]
    return Report(
        "refusals", figures, [*ratios, Ratio("sound files held up", values["sound files held up"], 0, "lower")]
    )


def _of_texts(rows: Sequence[dict[str, Any]], kind: str) -> Iterator[Figure]:
    subject = _SUBJECTS[kind]
    told = [(kind in row["says"], _tells(row, subject)) for row in rows]
    flagged, meant = [truth for truth, found in told if found], [found for truth, found in told if truth]
    yield Figure(f"precision of a {kind}", len(flagged), sum(flagged) / len(flagged), "share")
    yield Figure(f"recall of a {kind}", len(meant), sum(meant) / len(meant), "share")


def _tells(row: dict[str, Any], subject: SignalSubject) -> bool:
    return any(each.kind.value == subject.value for each in find_refusals(row["text"], _KINDS[row["field"]]))


def _in_files(row: dict[str, Any]) -> Iterator[str]:
    """What became of a text in each file that it was written into."""
    wanted = {_SUBJECTS[kind] for kind in row["says"]}
    for data in _written(row["text"], row["field"]):
        told = {signal.subject for signal in from_file(data, {}) if signal.verdict is SignalVerdict.DENY}
        if wanted:
            yield "found" if wanted <= told else "missed"
        else:
            yield "alarm" if told & set(_SUBJECTS.values()) else "quiet"


def _written(text: str, field: str) -> Iterator[bytes]:
    """Small pictures that say a text in a field of each kind of carrier."""
    for element in _PROPERTIES[field]:
        packet = _PACKET.format(element.format(escape(text))).encode()
        for kind in _XMP_FORMATS:
            yield _saved(kind, packet)
    for tag in _TAGS[field]:
        exif = Image.Exif()
        exif[tag] = (text + "\0").encode("utf-16-le" if tag == _WIDE else "utf-8")
        for kind in ("JPEG", "PNG", "WEBP"):
            yield _encoded(kind, exif=exif)
    if field == "caption":
        yield _encoded("JPEG", comment=text.encode())
    if field != "keyword":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("Copyright" if field == "rights" else "Description", text)
        yield _encoded("PNG", pnginfo=info)


def _saved(kind: str, packet: bytes) -> bytes:
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode())
        return _encoded(kind, pnginfo=info)
    return _encoded(kind, tiffinfo={700: packet}) if kind == "TIFF" else _encoded(kind, xmp=packet)


def _encoded(kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), "grey").save(stream, kind, **options)
    return stream.getvalue()


def _sound_files() -> Iterator[tuple[str, bytes]]:
    """Pictures with an ordinary photographer's metadata, and with none, in every format that Pillow writes."""
    Image.init()
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF", "BMP", "ICO", "PPM", "JPEG2000", "QOI", "MPO", "PSD"):
        save: Callable[..., bytes] | None = _encoded if kind in Image.SAVE else None
        if save is not None:
            yield f"plain {kind}", save(kind)
    for number, (credit, caption) in enumerate(zip(_CREDITS, _CAPTIONS, strict=True)):
        exif = Image.Exif()
        exif[0x8298], exif[0x013B], exif[0x010E], exif[0x0131] = credit, "Jane Roe", caption, "GIMP 2.10"
        said = f"<dc:rights>{credit}</dc:rights><dc:description>{caption}</dc:description>"
        for kind in ("JPEG", "PNG", "WEBP"):
            yield f"credit {number} {kind}", _encoded(kind, exif=exif)
        yield (
            f"packet {number}",
            _encoded("JPEG", exif=exif, xmp=_PACKET.format(said).encode(), comment=credit.encode()),
        )
    empty = b"http://ns.adobe.com/xap/1.0/\0"
    jpeg = _encoded("JPEG")
    for name, body in (("XMP", empty), ("EXIF", b"Exif\0\0"), ("padding", empty + b" \n")):
        segment = b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body
        yield f"empty {name}", jpeg[:2] + segment + jpeg[2:]


def _alarms(data: bytes) -> list[Signal]:
    return [
        signal
        for signal in from_file(data, {})
        if signal.subject in _ALARMS
        and (signal.verdict is SignalVerdict.DENY or signal.subject is SignalSubject.UNREADABLE)
    ]


def _of_corpus() -> Iterator[Figure]:
    """How many real files raise an alarm of each kind. Whether each is for nothing is for a person to say."""
    paths = [path for path in sorted(CORPUS.rglob("*")) if path.is_file() and path.suffix not in {".md", ".xmp"}]
    held: dict[SignalSubject, list[str]] = {subject: [] for subject in _ALARMS}
    for path in paths:
        for subject in {signal.subject for signal in _alarms(path.read_bytes())}:
            held[subject].append(path.name)
    for subject, files in sorted(held.items()):
        note = ", ".join(files[:8])
        yield Figure(f"real files: {subject.value.lower()}", len(paths), len(files), "files", note)

"""The signals that a ledger stores, letter by letter: names, places and values that a later version has to give again.

Each row is argued from the field that is written, not read off the reader's answer.
"""

from __future__ import annotations

import json

import pytest

from fuzz import files
from provenance.model import ManifestRow, Signal, SignalSubject, SignalVerdict, Trust
from provenance.run.gather import from_declaration, from_file

DENY, UNKNOWN = SignalVerdict.DENY, SignalVerdict.UNKNOWN
SUSPECTED, DECLARED = Trust.SUSPECTED, Trust.DECLARED
RESERVATION, NOTHING = SignalSubject.RESERVATION, SignalSubject.NOTHING_GRANTED
GENERATIVE, OTHER = SignalSubject.TRAINING_GENERATIVE, SignalSubject.TRAINING_OTHER
TERMS = "No AI training. All rights reserved."
PROHIBITED = f"{files.VOCABULARY}DMI-PROHIBITED"
MINING = f"<plus:DataMining>{PROHIBITED}</plus:DataMining>"
SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def rights(name: str, location: str, text: str) -> Signal:
    return Signal(SignalSubject.RIGHTS, UNKNOWN, name, location, text, "")


def refused(name: str, location: str) -> list[Signal]:
    """What `TERMS` say, in whatever field they stand."""
    return [
        Signal(NOTHING, DENY, name, location, "All rights reserved", "en", SUSPECTED),
        Signal(RESERVATION, DENY, name, location, "No AI training", "en", SUSPECTED),
    ]


def mined(location: str) -> list[Signal]:
    return [
        Signal(subject, DENY, "plus:DataMining", location, PROHIBITED, "DMI-PROHIBITED")
        for subject in (GENERATIVE, OTHER)
    ]


FILES = {
    "packet": (
        files.jpeg(files.xmp_segment(files.packet(f"<xmpRights:UsageTerms>{TERMS}</xmpRights:UsageTerms>"))),
        [rights("xmpRights:UsageTerms", "jpeg:APP1/xmp", TERMS), *refused("xmpRights:UsageTerms", "jpeg:APP1/xmp")],
    ),
    "EXIF": (
        files.jpeg(files.exif_segment(files.tiff({0x8298: TERMS.encode()}))),
        [rights("exif:Copyright", "jpeg:APP1/exif", TERMS), *refused("exif:Copyright", "jpeg:APP1/exif")],
    ),
    "IIM": (
        files.jpeg(files.photoshop_segment(files.resource(0x0404, files.iim((2, 116, TERMS.encode()))))),
        [
            rights("iim:CopyrightNotice", "jpeg:APP13/8BIM/iim", TERMS),
            *refused("iim:CopyrightNotice", "jpeg:APP13/8BIM/iim"),
        ],
    ),
    "comment": (files.jpeg(files.segment(0xFE, TERMS.encode())), refused("comment", "jpeg:COM")),
    "PNG text": (
        files.png(files.chunk(b"tEXt", b"copyright\0" + TERMS.encode())),
        [rights("png:Copyright", "png:tEXt", TERMS), *refused("png:Copyright", "png:tEXt")],
    ),
    "packet in EXIF": (
        files.png(files.chunk(b"eXIf", files.tiff({0x010F: b"ACME", 700: files.packet(MINING)}))),
        mined("png:eXIf/700/xmp"),
    ),
    "packet on page 2": (
        files.pages({0x010F: b"ACME"}, {700: files.packet(MINING)}),
        [
            *mined("tiff:exif/IFD1/700/xmp"),
            Signal(
                SignalSubject.HIDDEN_PICTURE,
                UNKNOWN,
                "pictures in the file, not compared",
                "file",
                "ifd1",
                "ifd1",
            ),
        ],
    ),
    "second picture": (
        files.jpeg(tail=files.jpeg(files.xmp_segment(files.packet(MINING)))),
        [
            *mined("picture:2/jpeg:APP1/xmp"),
            Signal(
                SignalSubject.HIDDEN_PICTURE,
                UNKNOWN,
                "pictures in the file, not compared",
                "file",
                "picture:2",
                "picture:2",
            ),
        ],
    ),
    "archive behind the end": (
        files.jpeg(tail=b"PK\3\4" + bytes(600)),
        [
            Signal(
                SignalSubject.UNREADABLE, UNKNOWN, "rest", "byte 8", "", "a ZIP archive behind the end was not opened"
            ),
            Signal(
                SignalSubject.HIDDEN_PICTURE,
                UNKNOWN,
                "pictures in the file, not compared",
                "file",
                "bytes behind the end",
                "bytes behind the end",
            ),
        ],
    ),
    "source type": (
        files.jpeg(
            files.xmp_segment(files.packet(f"<Iptc4xmpExt:DigitalSourceType>{SOURCE}</Iptc4xmpExt:DigitalSourceType>"))
        ),
        [
            Signal(
                SignalSubject.SYNTHETIC,
                DENY,
                "Iptc4xmpExt:DigitalSourceType",
                "jpeg:APP1/xmp",
                SOURCE,
                "trainedAlgorithmicMedia",
            )
        ],
    ),
    "keyword": (
        files.jpeg(files.photoshop_segment(files.resource(0x0404, files.iim((2, 25, b"nsfw"))))),
        [Signal(SignalSubject.SENSITIVE, DENY, "iim:Keywords", "jpeg:APP13/8BIM/iim", "nsfw", "nsfw", SUSPECTED)],
    ),
    "statement of a library": (
        files.jpeg(files.exif_segment(files.tiff({0x8298: b"http://rightsstatements.org/vocab/InC/1.0/"}))),
        [
            rights("exif:Copyright", "jpeg:APP1/exif", "http://rightsstatements.org/vocab/InC/1.0/"),
            Signal(
                NOTHING,
                DENY,
                "exif:Copyright",
                "jpeg:APP1/exif",
                "http://rightsstatements.org/vocab/InC/1.0/",
                "LicenseRef-rightsstatements-InC-1.0",
            ),
        ],
    ),
}


@pytest.mark.parametrize(("data", "expected"), FILES.values(), ids=FILES)
def test_signals_of_files(data, expected):
    assert set(from_file(data, {})) == set(expected)


@pytest.mark.parametrize(
    ("sidecar", "content", "expected"),
    [
        ("a.txt", TERMS, refused("sidecar", "sidecar:a.txt")),
        ("a.json", json.dumps({"description": TERMS}), refused("description", "sidecar:a.json/description")),
    ],
)
def test_signals_of_sidecars(sidecar, content, expected):
    assert set(from_file(files.jpeg(), {sidecar: content.encode()})) == set(expected)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (ManifestRow(caption=TERMS), refused("caption", "manifest")),
        (ManifestRow(extra={"house_notes": TERMS}), refused("house_notes", "column:house_notes")),
        (
            ManifestRow(extra={"face_count": 3}),
            [Signal(SignalSubject.PERSON, DENY, "face_count", "column:face_count", "present", "3", SUSPECTED)],
        ),
        (
            ManifestRow(caption="Three colleagues"),
            [
                Signal(SignalSubject.PERSON, DENY, "person in text", "caption", "colleagues", "colleagues", SUSPECTED),
                Signal(SignalSubject.PERSON, DENY, "people counted in text", "caption", "3", "3", SUSPECTED),
            ],
        ),
    ],
)
def test_signals_of_rows(row, expected):
    assert set(from_declaration(row, "a.jpg", None)) == set(expected)


def test_signals_of_a_path():
    assert from_declaration(None, "toddler/a.jpg", None) == (
        Signal(SignalSubject.MINOR, DENY, "minor in path", "file_name", "toddler", "toddler", SUSPECTED),
    )

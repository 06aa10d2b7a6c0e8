"""The rights fields of every real file, and of generated ones in every carrier, beside exiftool's reading of them.

exiftool is a test oracle only: nothing of it is used or shipped. `pytest -s` prints the table of agreement.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter

import pytest

from fuzz import files
from provenance.signals.embedded import embedded_metadata

pytestmark = pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")

RIGHTS = re.compile(
    r"copyright|rights|artist|(?<!profile)creator$|^author|by-line|credit|^source$|usageterms|webstatement|marked"
    r"|licen[sc]|owner|supplier|datamining|constraints$|(model|property)release|modelage"
    r"|personinimage|terms|attribution|permits|prohibits|requires|reuse|embargo|expiration|instructions|^contact$"
    r"|adultcontent|reservation|digitalsource|photographer",
    re.IGNORECASE,
)
"""Names that speak of rights. A shutter's release and a codec's constraints are none."""
GROUPS = {
    "IFD0": "exif", "ExifIFD": "exif", "IPTC": "iim", "IPTC2": "iim", "Ducky": "ducky", "Photoshop": "photoshop",
    "PNG": "png", "XMP-iptcCore": "Iptc4xmpCore", "XMP-iptcExt": "Iptc4xmpExt", "XMP-getty": "GettyImagesGIFT",
    "XMP-microsoft": "MicrosoftPhoto",
}  # fmt: skip
RENAMED = {
    "exif:ownername": "exif:cameraownername",
    "cbor:digitalsourcetype": "c2pa.actions/digitalsourcetype",
}
EXPLAINED = {
    r"^ICC": "the colour profile's own notice, not the picture's",
    r"^(Canon|CIFF|MetaIFD)": "the owner of the camera, inside a maker note, which is never parsed",
}


def flatten(group, key, value):
    """Leaves of exiftool's nested answer as (group, local name, text)."""
    if isinstance(value, dict):
        for inner, part in value.items():
            where, colon, name = inner.rpartition(":")
            yield from flatten(where if colon else group, re.sub(r"-[a-z]{2}$", "", name), part)
    elif isinstance(value, list):
        for part in value:
            yield from flatten(group, key, part)
    elif str(value).strip():
        yield group, key, str(value)


def our_name(group, key):
    prefix = GROUPS.get(group) or group.removeprefix("XMP-")
    name = f"{prefix}:{key}".lower()
    return RENAMED.get(name, name)


def theirs(corpus):
    answer = subprocess.run(
        ["exiftool", "-j", "-G1", "-struct", "-a", "-n", "-r", "-ext", "*", str(corpus)],
        capture_output=True,
        check=False,
        timeout=250,
    )
    for entry in json.loads(answer.stdout):
        found = set()
        for tag, value in entry.items():
            group, _, key = tag.partition(":")
            for where, name, text in flatten(group, key, value):
                if RIGHTS.search(name) and where not in {"System", "ExifTool", "Composite"}:
                    found.add((where, name, text))
        yield entry["SourceFile"], found


def squeezed(text):
    return re.sub(r"[\s;,/.:]+", " ", text.rpartition("/vocab/")[2].lower()).strip()


@pytest.mark.corpus
def test_no_rights_field_is_read_by_exiftool_alone(corpus):
    counts, unexplained, explained = Counter(), [], Counter()
    for path, fields in theirs(corpus):
        with open(path, "rb") as stream:  # noqa: PTH123 - a path as exiftool gives it
            data = stream.read()
        found = embedded_metadata(data)
        ours = {}
        for signal in found.signals:
            ours.setdefault(signal.name.lower(), []).append(squeezed(signal.raw))
        unread = any(signal.subject.value == "UNREADABLE" for signal in found.signals)
        agreed = set()
        for group, key, text in fields:
            name = our_name(group, key)
            wanted = squeezed(text)
            if any(wanted in held or held in wanted for held in ours.get(name, ())) or name in COUNTED & ours.keys():
                counts["agree"] += 1
                agreed.add(name)
                continue
            why = next((reason for pattern, reason in EXPLAINED.items() if re.search(pattern, group)), None)
            why = why or NOT_RIGHTS.get(name) or ("the block is reported as unreadable" if unread else None)
            counts["exiftool only"] += 1
            if why is None:
                unexplained.append((path.rpartition("/")[2], f"{group}:{key}", text[:60]))
            else:
                explained[f"{group}:{key}: {why}"] += 1
        counts["we only"] += sum(1 for name in ours if RIGHTS.search(name.partition(":")[2]) and name not in agreed)
    table = ["", str(dict(counts))]
    for line, number in explained.most_common():
        table.append(f"  {number:4} {line}")
    table += [f"  unexplained: {line}" for line in unexplained]
    sys.stdout.write("\n".join(table))
    assert unexplained == []
    assert counts["agree"] > 240
    assert counts["exiftool only"] <= 60


WORDS = "kept by the house of ACME"


def generated():
    """Files of every carrier, with the words as XMP rights and, where a carrier has one, as an EXIF copyright."""
    packet = files.packet(f"<dc:rights><rdf:Alt><rdf:li xml:lang='x-default'>{WORDS}</rdf:li></rdf:Alt></dc:rights>")
    block = files.tiff({0x010F: b"ACME", 0x8298: WORDS.encode()})
    yield from files.carriers(packet).items()
    yield from files.inner_carriers(packet).items()
    yield "jpeg-copyright", files.jpeg(files.exif_segment(block))
    yield "png-copyright", files.png(files.chunk(b"eXIf", block))
    yield "webp-copyright", files.webp((b"EXIF", block))
    yield "heic-copyright", files.heif(exif=block)
    yield "tiff-copyright", block
    yield "tiff-copyright-page-2", files.pages({0x010F: b"ACME"}, {0x8298: WORDS.encode()})
    yield "jpeg-comment", files.jpeg(files.segment(0xFE, WORDS.encode()))
    yield "jpeg-iim", files.jpeg(files.photoshop_segment(files.resource(0x0404, files.iim((2, 116, WORDS.encode())))))
    for mark in (b"EXIF\0\0", b"\0Exif\0\0", b"Exif\0\xff"):
        yield f"jpeg-mark-{mark.hex()}", files.jpeg(files.segment(0xE1, mark + block))


def test_no_generated_carrier_is_read_by_exiftool_alone(tmp_path):
    for name, data in generated():
        (tmp_path / name).write_bytes(data)
    answer = subprocess.run(
        ["exiftool", "-j", "-ee", "-a", "-G1", "-q", "-q", "-ext", "*", str(tmp_path)],
        capture_output=True,
        check=False,
        timeout=120,
    )
    read = {entry["SourceFile"].rpartition("/")[2] for entry in json.loads(answer.stdout) if WORDS in json.dumps(entry)}
    ours = {name for name, data in generated() if WORDS in repr(walked_texts(data))}
    sys.stdout.write(f"\nby both: {len(read & ours)}, here alone: {sorted(ours - read)}")
    assert read - ours == set()
    assert len(read) > 20
    assert ours == {name for name, _ in generated()}


def walked_texts(data):
    """Texts of every field, and of every signal, that a file gives."""
    found = embedded_metadata(data)
    return found.texts, [signal.raw for signal in found.signals]


COUNTED = {
    "iptc4xmpext:modelage",
    "iptc4xmpext:personinimage",
    "iptc4xmpext:digitalsourcetype",
    "c2pa.actions/digitalsourcetype",
}
"""Fields of which only the number is kept, or whose value exiftool translates."""
_ADDRESS = "how to reach a licensor: personal data, and nothing that is allowed or not"
NOT_RIGHTS = {
    "pdf:creator": "the program that made a document",
    "json:copyright": "read like a column of a dataset, where a name alone says nothing of a licence",
    **dict.fromkeys(
        [
            *(f"plus:licensor{part}" for part in ("city", "country", "region", "postalcode", "email")),
            *(f"plus:licensor{part}" for part in ("extendedaddress", "streetaddress", "telephone1", "telephone2")),
            *(f"plus:licensortelephonetype{number}" for number in (1, 2)),
        ],
        _ADDRESS,
    ),
}
"""Fields that look like rights by their name, with what they are instead."""

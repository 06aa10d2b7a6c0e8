"""The rights fields of every real file, beside exiftool's reading of it.

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

from provenance.signals.embedded import embedded_metadata

pytestmark = pytest.mark.corpus

RIGHTS = re.compile(
    r"copyright|rights|artist|creator$|^author|by-line|credit|^source$|usageterms|webstatement|marked|licen[sc]|owner"
    r"|supplier|datamining|constraint|release|modelage|personinimage|terms|attribution|permits|prohibits|requires"
    r"|reuse|embargo|expiration|instructions|^contact$|adultcontent|reservation|digitalsource|photographer",
    re.IGNORECASE,
)
GROUPS = {
    "IFD0": "exif", "ExifIFD": "exif", "IPTC": "iim", "IPTC2": "iim", "Ducky": "ducky", "Photoshop": "photoshop",
    "PNG": "png", "XMP-iptcCore": "Iptc4xmpCore", "XMP-iptcExt": "Iptc4xmpExt", "XMP-getty": "GettyImagesGIFT",
    "XMP-microsoft": "MicrosoftPhoto",
}  # fmt: skip
RENAMED = {"exif:ownername": "exif:cameraownername"}
EXPLAINED = {
    r"^ICC": "the colour profile's own notice, not the picture's",
    r"^(Canon|Nikon|Olympus|Pentax|Sony|Panasonic|Casio|Ricoh|Kodak|FujiFilm|Sanyo|Minolta|Samsung|Apple|PictureInfo|"
    r"CameraSettings|Equipment|Reconyx|KodakIFD|Google|CIFF)": "inside a maker note, which is never parsed",
    r"^JUMBF|^C2PA|^CBOR": "read by the C2PA reader, under the names of its assertions",
    r"^Jpeg2000|^GeoTiff": "about the coordinates or the codestream",
    r"^PDF|^PostScript": "of a document inside the picture's private data",
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


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
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
    assert counts["agree"] > 150


COUNTED = {
    "iptc4xmpext:modelage",
    "iptc4xmpext:personinimage",
    "iptc4xmpext:digitalsourcetype",
}
"""Fields of which only the number is kept, or whose value exiftool translates."""
_ADDRESS = "how to reach a licensor, not what is allowed"
NOT_RIGHTS = {
    "crs:cropconstraintowarp": "a setting of a raw converter",
    "quicktime:constraintindicatorflags": "a setting of the video codec",
    "pdf:creator": "the program that made a document",
    "metaifd:cameraowner": "in a directory of the camera maker's own",
    "json:copyright": "in a JUMBF box that is no C2PA manifest",
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

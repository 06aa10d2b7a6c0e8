"""Signals of the file and of the row together: a declared licence against the file's own, and what a file is asked."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from fuzz import files
from pictures import encoded, photo
from provenance.carriers.sidecars import Sidecars
from provenance.licences import LicenceClass
from provenance.model import ManifestRow, SignalSubject, SignalVerdict
from provenance.run.gather import from_declaration, from_file, sum_up

NC = files.jpeg(files.xmp_segment(files.packet("<dc:rights>CC BY-NC 4.0</dc:rights>")))


@pytest.mark.parametrize(
    ("declared", "contradicted"),
    [
        ("CC0-1.0", True),
        ("CC-BY-4.0", True),
        ("CC-BY-ND-4.0", True),
        ("CC-BY-NC-4.0", False),
        ("CC-BY-NC-SA-4.0", False),
        ("LicenseRef-contract-17", False),
        (None, False),
    ],
)
def test_the_file_s_own_licence_against_the_declared_one(declared, contradicted):
    row = ManifestRow(licence=declared)
    findings = sum_up((*from_file(NC, {}), *from_declaration(row, "a.jpg", None)), row)
    assert findings.summary.licence_denies is contradicted
    assert findings.summary.licence_conditional


def test_a_licence_of_the_file_that_asks_no_more_contradicts_nothing():
    data = files.jpeg(files.xmp_segment(files.packet("<dc:rights>CC BY 4.0</dc:rights>")))
    row = ManifestRow(licence="CC0-1.0")
    assert not sum_up(from_file(data, {}), row).summary.licence_denies


@pytest.mark.parametrize(
    ("row", "made"),
    [
        (ManifestRow(caption="Image créée par une IA"), True),
        (ManifestRow(alt_text="An AI-generated lighthouse"), True),
        (ManifestRow(keywords=("lighthouse", "AI generated")), True),
        (ManifestRow(caption="A lighthouse, not AI-generated"), False),
        (ManifestRow(caption="A lighthouse made with bricks"), False),
    ],
)
def test_what_a_row_s_own_words_say_of_a_model(row, made):
    assert sum_up(from_declaration(row, "a.jpg", None), row).summary.synthetic is made


def test_without_a_row_the_licence_is_missing():
    findings = sum_up(from_file(NC, {}), None)
    assert findings.licence is LicenceClass.MISSING
    assert not findings.summary.licence_denies


TAKEOUT = {
    "title": "a.jpg",
    "description": "A girl, 7, on a swing",
    "imageViews": "3",
    "creationTime": {"timestamp": "1600000000", "formatted": "13 Sept 2020, 12:26:40 UTC"},
    "photoTakenTime": {"timestamp": "1500000000", "formatted": "14 Jul 2017, 02:40:00 UTC"},
    "geoData": {"latitude": 52.5, "longitude": 13.4, "altitude": 30.0},
    "people": [{"name": "NAME A"}, {"name": "NAME B"}],
    "url": "https://photos.example.org/x",
}


def test_the_sidecar_of_a_takeout():
    name = "a.jpg.supplemental-metadata.json"
    assert Sidecars(["a.jpg", name]).of("a.jpg") == (name,)
    found = from_file(files.jpeg(), {name: json.dumps(TAKEOUT).encode()})
    facts = sum_up(found, None).summary
    assert facts.minor_suspected
    assert facts.person_shown
    assert facts.persons_counted == 2
    assert not facts.unreadable
    assert "NAME" not in repr(found)
    assert {signal.location.partition("/")[0] for signal in found} == {f"sidecar:{name}"}


def test_a_sound_takeout_sidecar_raises_no_alarm():
    held = TAKEOUT | {"description": "A hill in the rain", "people": []}
    found = from_file(files.jpeg(), {"a.jpg.json": json.dumps(held).encode()})
    denied = {signal.subject for signal in found if signal.verdict is SignalVerdict.DENY}
    assert denied == set()
    assert SignalSubject.UNREADABLE not in {signal.subject for signal in found}


@pytest.mark.parametrize(
    "extra",
    [
        {"source": "https://www.gettyimages.com/photo/1"},
        {"url": "https://www.shutterstock.com/image-photo/1"},
        {"credit": "Getty Images"},
    ],
)
def test_agencies_in_the_columns_of_a_row(extra):
    row = ManifestRow(licence="CC0-1.0", extra=extra)
    assert sum_up(from_declaration(row, "a.jpg", None), row).summary.stock_marker


def test_keywords_of_the_row_are_read_together():
    """One keyword tells how another is meant."""
    goat = ManifestRow(keywords=("kid", "goat"))
    assert not sum_up(from_declaration(goat, "a.jpg", None), goat).summary.minor_suspected
    kid = ManifestRow(keywords=("kid", "garden"))
    assert sum_up(from_declaration(kid, "a.jpg", None), kid).summary.minor_suspected


def test_a_sidecar_in_a_shard_counts_by_whatever_name_its_image_goes(workspace):
    picture = encoded(photo(5), "JPEG")
    with tarfile.open(workspace.photos / "shard.tar", "w") as shard:
        for name, data in (("0001.jpg", picture), ("0001.jpg.xmp", files.minor_packet())):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            shard.addfile(info, io.BytesIO(data))
    workspace.clear("shard.tar::0001")
    (verdict,) = [json.loads(line) for line in workspace.gate().out.splitlines()][:1]
    assert verdict["item"] == "shard.tar::0001"
    assert {"TRAINING_OPT_OUT", "MINOR_SIGNAL_IN_FILE"} <= {reason["code"] for reason in verdict["reasons"]}

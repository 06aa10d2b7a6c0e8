"""The demo: real pictures, and for each the verdict that its true provenance calls for."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from provenance.demo.collection import load_collection
from provenance.demo.lay_out import lay_out
from provenance.errors import InputError, MissingExtra, UsageError
from provenance.records.basis import read_records
from provenance.records.manifest import read_manifest

EXPECTED = {
    # A portrait of one recognisable person. All that is offered for it is its copyright status, which CC BY 4.0
    # s. 2(b)(1) and every privacy law keep apart from the consent of the person shown. So fewer people have a basis
    # than can be identified.
    "astronaut.png": ("BLOCK", {"LICENCE_IS_NOT_CONSENT", "PARTIAL_BASIS_COVERAGE"}),
    # A man in profile, near enough to be known. The photographer waived the copyright; of the man there is no record
    # (BASIS_MISSING), and none that says he was of age.
    "camera.png": ("BLOCK", {"BASIS_MISSING", "PARTIAL_BASIS_COVERAGE", "AGE_UNKNOWN_APPARENT_MINOR"}),
    # Named source, named licence, and a reviewer saw nobody.
    "chelsea.png": ("ALLOW", {"NO_PERSON_DEPICTED"}),
    "china.jpg": ("ALLOW", {"NO_PERSON_DEPICTED"}),
    "coffee.png": ("ALLOW", {"NO_PERSON_DEPICTED"}),
    "rocket.jpg": ("ALLOW", {"NO_PERSON_DEPICTED"}),
    # Nobody has looked at these two, and the file name does not count.
    "flower.jpg": ("REVIEW", {"PERSON_STATUS_UNKNOWN"}),
    "retina.jpg": ("REVIEW", {"PERSON_STATUS_UNKNOWN"}),
    # The package that it comes from says neither whose picture it is nor under which licence.
    "moon.png": ("BLOCK", {"UPSTREAM_PROVENANCE_MISSING", "LICENCE_MISSING", "NO_PERSON_DEPICTED"}),
    # The package says whose picture it is, and of a licence nothing.
    "motorcycle.png": ("REVIEW", {"LICENCE_MISSING", "NO_PERSON_DEPICTED"}),
    # The manifest does not list it, so that nothing at all is known of it.
    "page.png": ("BLOCK", {"SOURCE_MISSING", "LICENCE_MISSING", "PERSON_STATUS_UNKNOWN"}),
}

# Nobody declares where a picture was taken, and a source's domain can hint at a country: laws are added by both, which
# changes no decision here.
HINTS = {"JURISDICTION_SUGGESTED", "JURISDICTION_UNKNOWN_STRICTEST_APPLIED"}


@pytest.fixture
def demo(workspace: Any) -> Any:
    ran = workspace.run("demo", "demo")
    assert (ran.status, ran.err) == (0, "")
    return workspace


GATE = ("gate", "demo/photos", "--manifest", "demo/manifest.jsonl", "--records", "demo/records.jsonl")
MORE = ("--context", "demo/context.toml", "--ledger", "demo/ledger.db")


def test_every_picture_has_the_verdict_that_it_deserves(demo: Any) -> None:
    ran = demo.run(*GATE, *MORE, "--format", "jsonl")
    found = {item: (v["decision"], {r["code"] for r in v["reasons"]} - HINTS) for item, v in ran.by_item.items()}
    assert found == EXPECTED


def test_what_the_data_expects_is_what_these_tests_argue() -> None:
    expected = {one.file: one.expected for one in load_collection().photographs}
    assert {file: decision for file, (decision, _) in expected.items()} == {f: d for f, (d, _) in EXPECTED.items()}
    assert [file for file, (_, code) in expected.items() if code not in EXPECTED[file][1]] == []


def test_the_gate_that_it_names_exits_as_it_says(demo: Any) -> None:
    ran = demo.run("demo", "demo")
    assert "exits with 1" in ran.out
    named = ran.out.partition("provenance gate")[2].partition("\n\n")[0].replace("\\\n", "").split()
    again = demo.run("gate", *named)
    assert again.status == 1
    assert ran.out.startswith(again.out)


def test_the_explanation_that_it_names_is_of_a_blocked_picture(demo: Any) -> None:
    ran = demo.run("demo", "demo")
    explained = demo.run("explain", "--full", *ran.out.partition("provenance explain")[2].split())
    assert explained.status == 1
    assert "BASIS_MISSING" in explained.out
    assert "evidence/skimage.data.camera.txt" in explained.out


def test_a_second_run_changes_nothing(demo: Any) -> None:
    def content() -> dict[str, str]:
        files = [path for path in Path("demo").rglob("*") if path.is_file() and path.name != "ledger.db"]
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    before = content()
    assert demo.run("demo", "demo").status == 0
    assert content() == before


def test_no_consent_is_made_up(demo: Any) -> None:
    records = list(read_records(Path("demo/records.jsonl")).iterate())
    assert [str(record.basis) for record in records] == ["COPYRIGHT_LICENCE"]
    assert [event for record in records for event in record.events] == []


def test_evidence_lies_where_it_is_said_to_and_has_its_digest(demo: Any) -> None:
    rows = list(read_manifest(Path("demo/manifest.jsonl")).iterate())
    named = [row.upstream_evidence for row in rows if row.upstream_evidence]
    assert len(named) == len(rows) - 1  # the moon's is missing
    assert [path for path in named if not (Path("demo") / path).read_text().strip()] == []
    for record in read_records(Path("demo/records.jsonl")).iterate():
        assert record.evidence is not None
        assert record.evidence.uri is not None
        said = (Path("demo") / record.evidence.uri).read_bytes()
        assert hashlib.sha256(said).digest() == record.evidence.sha256


def test_the_packages_say_what_the_manifest_says(demo: Any) -> None:
    """Licences, sources and the day of retrieval are the packages' own words, not ours."""
    words = {
        "CC0-1.0": "CC0",
        "CC-PDM-1.0": "public domain",
        "https://creativecommons.org/licenses/by/2.0/": "https://creativecommons.org/licenses/by/2.0/",
    }
    for row in read_manifest(Path("demo/manifest.jsonl")).iterate():
        if row.upstream_evidence is None:
            continue
        said = " ".join((Path("demo") / row.upstream_evidence).read_text().split())
        assert row.source_url is None or row.source_url in said
        assert row.licence is None or words[row.licence] in said
        if row.licence is None:
            assert "licen" not in said.casefold()
            assert "public domain" not in said
        if row.file_name in ("china.jpg", "flower.jpg"):
            assert "Retrieved 21st August, 2011" in said
            assert str(row.acquired_at) == "2011-08-21 00:00:00+00:00"


def test_somebody_elses_picture_in_the_folder_is_judged_like_any_other(demo: Any, image: Any) -> None:
    demo.root.joinpath("demo/photos/mine.png").write_bytes(image())
    assert demo.run("demo", "demo").status == 0
    ran = demo.run(*GATE, *MORE, "--format", "jsonl")
    assert ran.by_item["mine.png"]["reason"] == "SOURCE_MISSING"


def test_a_picture_that_was_changed_is_no_longer_allowed(demo: Any, image: Any) -> None:
    Path("demo/photos/coffee.png").write_bytes(image())
    ran = demo.run(*GATE, *MORE, "--format", "jsonl")
    assert ran.by_item["coffee.png"]["reason"] == "FINGERPRINT_MISMATCH"


def test_a_verdict_that_nobody_expected_is_an_error(demo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a release of one of the packages ships another picture: its bytes are not those of the manifest."""
    monkeypatch.setattr("provenance.demo.lay_out._bytes_of", lambda _: Path("demo/photos/china.jpg").read_bytes())
    ran = demo.run("demo", "other")
    assert ran.status == 2
    assert "expected BLOCK LICENCE_IS_NOT_CONSENT, found BLOCK FINGERPRINT_MISMATCH" in ran.err
    assert "Traceback" not in ran.err


def test_a_folder_with_something_else_in_it_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "manifest.jsonl").write_text(json.dumps({"file_name": "mine.jpg"}) + "\n")
    with pytest.raises(UsageError, match="differs; name a new folder"):
        lay_out(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.jsonl"]


def test_a_folder_that_cannot_be_made_is_one_line(workspace: Any) -> None:
    Path("taken").write_text("a file")
    ran = workspace.run("demo", "taken/demo")
    assert ran.status == 2
    assert ran.err.count("\n") == 1


def test_without_the_packages_it_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr("provenance.demo.lay_out.find_spec", lambda name: None if name == "sklearn" else found(name))
    with pytest.raises(MissingExtra, match=r"scikit-learn.*consent-provenance\[demo\]"):
        lay_out(tmp_path / "demo")
    assert not (tmp_path / "demo").exists()


def test_a_package_without_the_picture_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setattr("provenance.demo.lay_out._package_folder", lambda _: empty)
    with pytest.raises(InputError, match=r"scikit-image does not ship data/astronaut\.png"):
        lay_out(tmp_path / "demo")

"""Places to look something up: schemas, words, and a manifest to begin with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provenance.cli.main import run
from provenance.meanings import ENUMS, fields_of, meaning
from provenance.vocabulary import LawfulBasis, NonBasis


def test_each_kind_of_file_has_a_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    kinds = [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]]
    assert kinds == ["manifest", "records", "context", "reviews", "waivers"]
    for kind in kinds:
        assert run(["schema", kind]) == 0
        assert json.loads(capsys.readouterr().out)["title"] == kind


def test_the_words_of_a_field_are_told_with_what_they_mean(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["values", "basis"]) == 0
    told = capsys.readouterr().out
    for term in (*LawfulBasis, *NonBasis):
        assert f"{term} " in told
        assert meaning(term) in told
    assert run(["values"]) == 0
    told = capsys.readouterr().out
    assert all(field in told for kind in ENUMS for field in fields_of(kind))


def test_words_are_given_to_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["values", "lawful-basis", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["value"] for one in told] == [term.value for term in LawfulBasis]
    assert told[0]["iris"][0] == "dpv:ExplicitlyExpressedConsent"


def test_a_name_that_takes_no_words_is_an_error_that_names_those_which_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["values", "caption"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "acquisition_method" in captured.err


def test_a_new_manifest_can_be_given_to_the_gate_as_it_is(workspace, image) -> None:  # type: ignore[no-untyped-def]
    for name in ("a.png", "sub/b.png"):
        workspace.add(name, image(len(name)))
    manifest = workspace.root / "photos.toml"
    assert workspace.run("manifest", "new", workspace.photos, "--output", manifest).status == 0
    gated = workspace.run(
        "gate", workspace.photos, "--manifest", manifest, "--ledger", workspace.ledger,
        "--purpose", "MODEL_TRAINING", "--format", "jsonl",
    )  # fmt: skip
    verdicts = [json.loads(line) for line in gated.out.splitlines()]
    assert {one["item"] for one in verdicts} >= {"a.png", "sub/b.png"}
    assert gated.status == 1
    assert all("SOURCE_MISSING" in str(one["reasons"]) for one in verdicts if one["item"] in ("a.png", "sub/b.png"))


def test_a_manifest_that_somebody_filled_in_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "mine.toml").write_text("# weeks of work\n")
    assert run(["manifest", "new", str(tmp_path / "photos"), "-o", str(tmp_path / "mine.toml")]) == 2
    assert (tmp_path / "mine.toml").read_text() == "# weeks of work\n"


def test_a_collection_without_an_image_is_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "photos").mkdir()
    assert run(["manifest", "new", str(tmp_path / "photos")]) == 3
    assert "0 images" in capsys.readouterr().err


def test_a_missing_collection_is_an_error(tmp_path: Path) -> None:
    assert run(["manifest", "new", str(tmp_path / "photos")]) == 2

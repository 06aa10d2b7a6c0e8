"""What may be used, in the formats of those who use it: lists, Croissant, OpenLineage, a data card."""

from __future__ import annotations

import io
import json
import warnings

import pytest

import provenance as pv
from provenance.records.tables.convert import convert
from provenance.records.tables.description import table_of
from provenance.report.formats import FORMATS
from provenance.report.gate_report import GateReport

from .conftest import CLOCK

RELEASE = ("allow-list", "metadata", "croissant", "openlineage", "data-card")


def written(report, name):
    out = io.StringIO()
    FORMATS[name].write(report, out)
    return out.getvalue()


def test_the_lists_hold_what_may_be_used_and_nothing_else(report, workspace):
    good = workspace.photos / "good.png"
    assert written(report, "allow-list") == f"{good}\n"
    assert [json.loads(line)["file_name"] for line in written(report, "metadata").splitlines()] == ["good.png"]
    pq = pytest.importorskip("pyarrow.parquet")
    out = io.BytesIO()
    FORMATS["allow-parquet"].write(report, out)
    (row,) = pq.read_table(out).to_pylist()
    assert (row["item"], row["path"], row["licence"]) == ("good.png", str(good), "CC0-1.0")
    assert row["sha256"] == report.verdicts["good.png"].sha256.hex()


def test_a_path_that_is_no_line_is_an_error_and_no_other_files_name(workspace, row):
    workspace.add("two\nlines.png")
    workspace.declare([row("two\nlines.png")])
    with pv.open(workspace.ledger) as ledger:
        report = GateReport(ledger.gate(workspace.photos, purpose="MODEL_TRAINING", manifest=workspace.manifest))
        assert report.passed
        with pytest.raises(pv.UsageError, match="no line of text"):
            written(report, "allow-list")
        assert [json.loads(line)["file_name"] for line in written(report, "metadata").splitlines()] == [
            "two\nlines.png"
        ]


@pytest.mark.filterwarnings("ignore")
def test_metadata_makes_imagefolder_give_the_allowed_images_only(workspace, row):
    datasets = pytest.importorskip("datasets")
    for name in ("good.png", "sub/bad.png"):
        workspace.add(name)
    workspace.declare([row("good.png")])
    with pv.open(workspace.ledger) as ledger:
        verdicts = ledger.gate(workspace.photos, purpose="MODEL_TRAINING", manifest=workspace.manifest)
        (workspace.photos / "metadata.jsonl").write_text(written(GateReport(verdicts), "metadata"))
        good = verdicts["good.png"].sha256.hex()
    rows = datasets.load_dataset(
        "imagefolder", data_dir=str(workspace.photos), split="train", cache_dir=str(workspace.root / "cache")
    )
    assert list(rows["provenance_decision"]) == ["ALLOW"]
    assert list(rows["sha256"]) == [good]


def test_croissant_is_valid_and_says_for_what_and_from_where(report, workspace):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlc = pytest.importorskip("mlcroissant")
        path = workspace.root / "croissant.json"
        path.write_text(written(report, "croissant"))
        dataset = mlc.Dataset(str(path))
        assert not dataset.metadata.ctx.issues.errors
        (record,) = dataset.records("images")
    assert record["images/file_name"] in ("good.png", b"good.png")
    described = json.loads(path.read_text())
    assert described["conformsTo"][0] == "http://mlcommons.org/croissant/1.1"
    assert described["license"] == ["CC0-1.0"]
    assert described["usageInfo"][0]["url"] == "https://w3id.org/dpv/ai#ModelTraining"
    assert described["prov:wasGeneratedBy"]["prov:endedAtTime"] == CLOCK.isoformat()
    assert "photos.example (2 images)" in [source["name"] for source in described["prov:wasDerivedFrom"]]
    assert described["recordSet"][0]["data"][0]["images/reason"] == "NO_PERSON_DEPICTED"


def test_croissant_is_read_again_as_a_manifest(report, workspace):
    pytest.importorskip("ijson")
    path = workspace.root / "croissant.json"
    path.write_text(written(report, "croissant"))
    out = io.StringIO()
    assert convert(table_of("croissant"), path, out).rows == 1
    row = json.loads(out.getvalue())
    assert row == {
        "file_name": "good.png",
        "sha256": report.verdicts["good.png"].sha256.hex(),
        "source_url": "https://photos.example/1001.jpg",
        "licence": "CC0-1.0",
    }


def test_a_collection_of_any_name_leaves_the_description_whole(workspace, row):
    folder = workspace.root / "rows of the record set"
    workspace.photos.rename(folder)
    (folder / "a.png").write_bytes(workspace.add("a.png").read_bytes())
    workspace.declare([row("a.png")])
    with pv.open(workspace.ledger) as ledger:
        verdicts = ledger.gate(folder, purpose="MODEL_TRAINING", manifest=workspace.manifest)
        described = json.loads(written(GateReport(verdicts), "croissant"))
    assert described["name"] == "rows of the record set"
    assert len(described["recordSet"][0]["data"]) == 1


def test_open_lineage_says_that_the_gate_did_not_pass(report):
    facets = json.loads(written(report, "openlineage"))
    assert facets["provenance_consentGate"]["decisions"]["ALLOW"] == 1
    assert facets["provenance_consentGate"]["images"] == len(report.verdicts)
    assert facets["dataQualityAssertions"]["assertions"][0]["success"] is False
    assert all({"_producer", "_schemaURL"} <= facet.keys() for facet in facets.values())


def test_a_data_card_has_front_matter_and_no_markup_from_outside(report, workspace):
    yaml = pytest.importorskip("yaml")
    card = written(report, "data-card")
    _, front, body = card.split("---\n", 2)
    assert yaml.safe_load(front)["license"] == ["cc0-1.0"]
    assert yaml.safe_load(front)["size_categories"] == ["n<1K"]
    assert "## Personal and Sensitive Information" in body
    assert "- basis nobody shown: 1\n" in body
    assert "<script>" not in card


def test_a_licence_from_outside_is_neither_a_key_nor_markup(workspace, row):
    yaml = pytest.importorskip("yaml")
    workspace.add("a.png")
    workspace.declare([row("a.png", licence="LicenseRef-x\n- <b>: y")])
    with pv.open(workspace.ledger) as ledger:
        try:
            verdicts = ledger.gate(workspace.photos, purpose="MODEL_TRAINING", manifest=workspace.manifest)
        except pv.RowErrors:
            return  # the manifest does not take it, which is as good
        card = written(GateReport(verdicts, ledger=ledger), "data-card")
    assert "<b>" not in card
    assert set(yaml.safe_load(card.split("---\n")[1])) == {"license", "pretty_name", "size_categories", "tags"}


@pytest.mark.parametrize("name", RELEASE)
def test_nothing_is_listed_where_nothing_may_be_used(workspace, name):
    workspace.add("a.png")
    with pv.open(workspace.ledger) as ledger:
        report = GateReport(ledger.gate(workspace.photos, purpose="MODEL_TRAINING"), ledger=ledger)
        text = written(report, name)
    assert "a.png" not in text

"""Every machine format against its published schema, with hostile names, and with what each object has to name."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.keys import key_of
from provenance.printable import from_csv_cell
from provenance.report.build_services import write_github
from provenance.report.formats import FORMATS
from provenance.report.gate_report import GateReport

from .conftest import CLOCK, FINDING, HOSTILE

SCHEMAS = Path(__file__).parent / "schemas"
TEXTS = [name for name, chosen in FORMATS.items() if not chosen.binary]
LISTS = ("allow-list", "metadata")
"""What holds the images that may be used and nothing else, for programs."""
ALL_KEYS = {b"good.png", b"unsure.png", *HOSTILE}

GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "location", "severity"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^[^/]"},
                    "lines": {"required": ["begin"], "properties": {"begin": {"type": "integer", "minimum": 1}}},
                },
            },
        },
    },
}


def written(report: GateReport, name: str) -> str:
    out = io.StringIO(newline="")
    FORMATS[name].write(report, out)
    return out.getvalue()


@pytest.mark.parametrize("name", TEXTS)
def test_no_format_holds_a_character_that_steers(report: GateReport, name: str) -> None:
    text = written(report, name)
    assert [c for c in text if not c.isprintable() and c not in "\r\n"] == []


@pytest.mark.parametrize("name", [name for name in TEXTS if name not in LISTS])
def test_every_format_names_purpose_clock_collection_and_the_finding_of_the_run(report: GateReport, name: str) -> None:
    text = written(report, name)
    plain = re.sub(r"\\([^u\\])", r"\1", text)  # Markdown escapes marks
    assert "2026-11-22T12:00:00+00:00" in plain.replace("%3A", ":")
    assert "CONSENT_WITHDRAWN" in plain.replace("<wbr>", "")  # where a page may break a code
    if name != "table":
        assert "MODEL_TRAINING" in plain
        assert "photos" in plain
        assert (report.verdicts.collections[0].uri in plain) == (name != "data-card")  # which is published


def test_where_the_clock_is_now_no_format_has_an_as_of(report: GateReport) -> None:
    now = GateReport(report.verdicts, ledger=report.ledger)
    assert '"as_of"' not in written(now, "jsonl") + written(now, "json") + written(now, "sarif") + written(
        now, "gitlab"
    )
    assert "not now" not in written(now, "table") + written(now, "markdown") + written(now, "html")


def test_jsonl_and_json_agree_and_the_finding_of_the_run_has_no_item(report: GateReport) -> None:
    lines = [json.loads(line) for line in written(report, "jsonl").splitlines()]
    whole = json.loads(written(report, "json"))
    assert lines == whole["findings"] + whole["verdicts"]
    (found,) = [line for line in lines if line["item"] is None]
    assert (found["decision"], found["reason"]) == ("BLOCK", "CONSENT_WITHDRAWN")
    assert found["source"] == {"file": FINDING.file, "line": 12}
    assert {key_of(line["item"]) for line in lines if line["item"] is not None} == ALL_KEYS
    for line in lines:
        assert (line["purpose"], line["as_of"]) == ("MODEL_TRAINING", CLOCK.isoformat())
        assert line["collection"]
        assert line["collection_uri"]


def test_csv_runs_in_no_spreadsheet_and_leads_back_to_every_file(report: GateReport) -> None:
    rows = list(csv.DictReader(io.StringIO(written(report, "csv"), newline="")))
    cells = [cell for row in rows for cell in row.values()]
    assert [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")] == []
    assert {key_of(from_csv_cell(row["item"])) for row in rows if row["item"]} == ALL_KEYS
    (found,) = [row for row in rows if not row["item"]]
    assert from_csv_cell(found["source"]) == FINDING.place


def test_parquet_has_a_row_an_image_with_its_reasons(report: GateReport) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    out = io.BytesIO()
    FORMATS["parquet"].write(report, out)
    rows = pq.read_table(io.BytesIO(out.getvalue())).to_pylist()
    assert {key_of(row["item"]) for row in rows if row["item"] is not None} == ALL_KEYS
    assert sum(row["item"] is None for row in rows) == 1
    lines = {line["item"]: line for line in map(json.loads, written(report, "jsonl").splitlines())}
    for row in rows:
        assert row["decision"] == lines[row["item"]]["decision"]
        assert row["reasons"] == lines[row["item"]]["reasons"]


def test_sarif_is_sarif_and_has_a_result_for_every_image_that_may_not_be_used(report: GateReport) -> None:
    log = json.loads(written(report, "sarif"))
    schema = json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker()).validate(log)
    (run,) = log["runs"]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in run["results"]} <= rules
    images = [result for result in run["results"] if result["properties"]["item"] is not None]
    places = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in images}
    assert {unquote_to_bytes(place) for place in places} == ALL_KEYS - {b"good.png"}
    bases = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uriBaseId"] for result in images}
    assert bases == run["originalUriBaseIds"].keys()
    (found,) = [result for result in run["results"] if result["properties"]["item"] is None]
    assert found["locations"][0]["physicalLocation"]["region"] == {"startLine": 12}


def test_junit_is_junit_and_counts_what_it_holds(report: GateReport) -> None:
    text = written(report, "junit")
    xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd").validate(text)
    (suite,) = ET.fromstring(text)
    cases = suite.findall("testcase")
    failures = [case for case in cases if case.find("failure") is not None]
    assert len(cases) == int(suite.attrib["tests"]) == len(ALL_KEYS) + 1
    assert len(failures) == int(suite.attrib["failures"]) == len(ALL_KEYS)  # all but good.png, and the run's
    assert "good.png" not in {case.attrib["name"] for case in failures}


def test_junit_skips_what_does_not_fail_the_gate(report: GateReport) -> None:
    from provenance.vocabulary import Decision

    text = written(GateReport(report.verdicts, fail_on=Decision.BLOCK), "junit")
    xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd").validate(text)
    (suite,) = ET.fromstring(text)
    skipped = [case.attrib["name"] for case in suite.findall("testcase") if case.find("skipped") is not None]
    assert skipped == ["unsure.png"]
    assert suite.attrib["skipped"] == "1"


def test_gitlab_reads_the_code_quality_report(report: GateReport) -> None:
    issues = json.loads(written(report, "gitlab"))
    jsonschema.validate(issues, GITLAB)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == len(ALL_KEYS)
    assert {key_of(issue["item"]) for issue in issues if issue["item"]} == ALL_KEYS - {b"good.png"}


COMMAND = re.compile(r"::(?P<name>error|warning|notice) (?P<properties>[^:]*)::(?P<message>.*)")


def commands(text: str) -> Iterator[dict[str, Any]]:
    """Workflow commands as GitHub's runner reads them."""
    for line in text.splitlines():
        match = COMMAND.fullmatch(line)
        assert match is not None, line
        given = dict(part.split("=", 1) for part in match["properties"].split(","))
        unescaped = {
            key: value.replace("%3A", ":").replace("%2C", ",").replace("%25", "%") for key, value in given.items()
        }
        yield {"name": match["name"], **unescaped, "message": match["message"].replace("%25", "%")}


def test_github_reads_one_command_a_line_and_none_that_a_name_put_there(report: GateReport) -> None:
    told = list(commands(written(report, "github")))
    assert len(told) == len(ALL_KEYS) + 1  # all but good.png, the run's, and the count at the end
    assert told[0]["line"] == "12"
    assert told[-1]["message"].startswith(report.verdicts.summary())
    files = {one["file"] for one in told[1:-1]}
    assert any(name.endswith("a:b,c.png") for name in files)
    assert any("%0A::set-output.png" in name for name in files)


def test_github_shows_the_worst_ten_of_a_kind(workspace: Any) -> None:
    import provenance as pv

    data = workspace.add("0.png").read_bytes()
    for number in range(1, 30):
        workspace.add(f"{number}.png", data)
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, workers=1)
        out = io.StringIO()
        write_github(GateReport(ledger.gate(workspace.photos, purpose="MODEL_TRAINING")), out)
    assert len(list(commands(out.getvalue()))) == 11


def test_markdown_turns_no_name_into_markup(report: GateReport) -> None:
    text = written(report, "markdown")
    assert "<script>" not in text
    assert re.search(r"(?<!\\)\]\(", text) is None
    rows = [line for line in text.splitlines() if line.startswith(("| BLOCK", "| REVIEW"))]
    assert rows
    for line in rows:
        assert len(re.findall(r"(?<!\\)\|", line)) in (4, 5)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(name=st.text(min_size=1, max_size=40), detail=st.text(max_size=60))
def test_whatever_a_name_and_a_sentence_hold_every_format_stays_sound(
    report: GateReport, monkeypatch: pytest.MonkeyPatch, name: str, detail: str
) -> None:
    from dataclasses import replace

    from provenance.gate.verdicts import Verdicts

    first = next(iter(report.verdicts))
    odd = replace(first, item=name, reasons=tuple(replace(reason, detail=detail) for reason in first.reasons))
    monkeypatch.setattr(Verdicts, "__iter__", lambda _: iter([odd]))
    for form in ("jsonl", "json", "csv", "junit", "github", "gitlab", "markdown", "table"):
        if form in ("jsonl", "json", "gitlab") and any("\ud800" <= c <= "\udfff" for c in name):
            continue
        text = written(report, form)
        assert [c for c in text if not c.isprintable() and c not in "\r\n"] == []
        if form == "junit":
            ET.fromstring(text)
        if form in ("json", "gitlab"):
            json.loads(text)

"""`provenance policy` as it is called: what it prints and how it exits."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
import sqlalchemy as sa

from provenance import policy
from provenance.api import Ledger
from provenance.cli.main import run
from provenance.ledger import schema
from provenance.ledger.database import Database

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
PACKS = Path(policy.__file__).parent / "packs"


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger with three pictures: a teenager in Germany, the same age in Britain, and an adult."""
    from provenance.cli.scenarios import _picture

    monkeypatch.chdir(tmp_path)
    story = json.loads(next(SCENARIOS.glob("P100-*.json")).read_text())
    row, record = story["manifest"][0], story["records"][0]
    people: dict[str, dict[str, Any]] = {
        "de.jpg": {"ref": "p-1", "born_on": "2010-08-01", "jurisdictions": ["EU-DE"]},
        "gb.jpg": {"ref": "p-2", "born_on": "2010-08-01", "jurisdictions": ["GB"]},
        "adult.jpg": {"ref": "p-3", "age": 40, "age_status": "ADULT_VERIFIED", "jurisdictions": ["EU-DE"]},
    }
    photos = tmp_path / "photos"
    photos.mkdir()
    rows, records = [], []
    for number, (name, person) in enumerate(people.items()):
        (photos / name).write_bytes(_picture() + bytes([number]))
        rows.append({**row, "file_name": name, "persons": [{"identifiable": True, **person}]})
        records.append({**record, "record_id": f"K-{number}", "person": person["ref"]})
    (tmp_path / "manifest.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    (tmp_path / "records.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    (tmp_path / "proofs").mkdir()
    (tmp_path / "context.json").write_text(json.dumps({k: v for k, v in story["context"].items() if k != "as_of"}))
    for name, text in story["files"].items():
        import base64

        (tmp_path / name).write_bytes(base64.b64decode(text))
    with Ledger.open(tmp_path / "ledger.db") as opened:
        opened.scan(photos, manifest=tmp_path / "manifest.jsonl", records=tmp_path / "records.jsonl")
    return tmp_path / "ledger.db"


def changed(folder: Path, name: str, old: str, new: str) -> Path:
    """A folder that holds one pack, changed in one place."""
    folder.mkdir()
    text = (PACKS / f"{name}.toml").read_text()
    assert old in text
    (folder / f"{name}.toml").write_text(text.replace(old, new))
    return folder


def test_diff_counts_what_a_changed_age_would_flip(
    ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = changed(tmp_path / "packs", "EU-DE", "self_consent_age = 16", "self_consent_age = 15")
    options = ["--ledger", str(ledger), "--context", "context.json"]
    assert run(["policy", "diff", str(folder), *options]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "        1  BLOCK MINOR_GUARDIAN_CONSENT_REQUIRED -> REVIEW MINOR_BEST_INTERESTS_REVIEW",
        "1 of 3 images would be judged differently",
    ]
    assert run(["policy", "diff", str(folder), *options, "--format", "jsonl"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "images": 1,
        "from": {"decision": "BLOCK", "reason": "MINOR_GUARDIAN_CONSENT_REQUIRED"},
        "to": {"decision": "REVIEW", "reason": "MINOR_BEST_INTERESTS_REVIEW"},
    }


def test_the_change_of_most_images_comes_first(
    ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos, manifest = tmp_path / "photos", tmp_path / "manifest.jsonl"
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    (photos / "gb2.jpg").write_bytes((photos / "gb.jpg").read_bytes() + b"2")
    manifest.write_text("".join(json.dumps(row) + "\n" for row in [*rows, {**rows[1], "file_name": "gb2.jpg"}]))
    with Ledger.open(ledger) as opened:
        opened.scan(photos, manifest=manifest, records=tmp_path / "records.jsonl")
    folder = changed(tmp_path / "packs", "EU-DE", "self_consent_age = 16", "self_consent_age = 15")
    text = (PACKS / "GB.toml").read_text()
    (folder / "GB.toml").write_text(text.replace("self_consent_age = 13", "self_consent_age = 17"))
    assert run(["policy", "diff", str(folder), "--ledger", str(ledger), "--context", "context.json"]) == 1
    counts = [int(line.split()[0]) for line in capsys.readouterr().out.splitlines()[:-1]]
    assert counts == [2, 1]


def test_diff_of_equal_packs_is_empty_and_leaves_no_verdict(
    ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "packs").mkdir()
    copy(PACKS / "GB.toml", tmp_path / "packs" / "GB.toml")
    assert run(["policy", "diff", str(tmp_path / "packs"), "--ledger", str(ledger), "--context", "context.json"]) == 0
    assert capsys.readouterr().out == "0 of 3 images would be judged differently\n"
    database = Database.open(ledger, create=False)
    with database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.cached_decision)).scalar() == 0
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.gate)).scalar() == 0
    database.close()


def test_diff_against_packs_of_ones_own(ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = changed(tmp_path / "own", "EU-DE", "self_consent_age = 16", "self_consent_age = 15")
    options = ["--ledger", str(ledger), "--context", "context.json"]
    assert run(["policy", "diff", str(own), "--packs", str(own), *options]) == 0


@pytest.mark.parametrize("arguments", [["--ledger", "none.db"], ["--context", "none.toml"], ["--purpose", "TRAINNG"]])
def test_diff_needs_a_ledger_and_a_context_that_can_be_read(ledger: Path, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "packs").mkdir()
    assert run(["policy", "diff", str(tmp_path / "packs"), "--ledger", str(ledger), *arguments]) == 2


def test_check_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "check", str(changed(tmp_path / "a", "GB", "GB", "GB"))]) == 0
    assert capsys.readouterr().out.endswith("0 errors, 0 overdue, 1 note\n")
    assert run(["policy", "check", str(changed(tmp_path / "b", "GB", 'rule = "none"', 'rule = "nothing"'))]) == 2
    told = capsys.readouterr().out
    assert told.startswith("ERROR ")
    assert "GB.toml: public.rule: " in told
    assert "'nothing'" in told
    assert run(["policy", "check", str(changed(tmp_path / "c", "GB", "2027-02-22", "2020-02-22"))]) == 1
    assert "STALE GB had to be reviewed by 2020-02-22" in capsys.readouterr().out


def test_test_plays_the_scenarios_of_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in sorted(SCENARIOS.glob("P00[12]-*.json")):
        copy(path, tmp_path)
    assert run(["policy", "test", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 0 failed"
    story = json.loads((next(tmp_path.glob("P001-*"))).read_text())
    story["id"], story["expect"]["portrait.jpg"]["also"] = "P999", ["LICENCE_MISSING"]
    (tmp_path / "wrong.json").write_text(json.dumps(story))
    assert run(["policy", "test", str(tmp_path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-3].startswith("P999  FAILED")
    assert lines[-2] == "      portrait.jpg: not among the reasons: LICENCE_MISSING"
    assert lines[-1] == "2 passed, 1 failed"


def test_test_of_nothing_is_no_success(tmp_path: Path) -> None:
    assert run(["policy", "test", str(tmp_path)]) == 3
    (tmp_path / "broken.json").write_text("{")
    assert run(["policy", "test", str(tmp_path)]) == 2

"""The same verdicts on SQLite and on PostgreSQL, from the files of a collection to the last reason."""

from __future__ import annotations

import json
import uuid
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import provenance as pv
from provenance.policy.scenarios import load_scenario

SCENARIOS = sorted((Path(__file__).resolve().parents[1] / "scenarios").glob("*.json"))
CLOCKS = ("2026-11-22T12:00:00+00:00", "2024-01-01T00:00:00+00:00", "2031-01-01T00:00:00+00:00")


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory, image: Any) -> Path:
    """The pictures, rows and records of many scenarios in one collection, each under names of its own."""
    root = tmp_path_factory.mktemp("engines")
    (root / "photos").mkdir()
    rows: list[dict[str, Any]] = []
    records: list[dict[str, Any]] = []
    for path in SCENARIOS[::3]:
        scenario = load_scenario(path)
        own = scenario.id
        for name, content in scenario.files.items():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                target.write_bytes(content)
        for row in scenario.manifest:
            name = f"{own}-{row['file_name']}"
            (root / "photos" / name).write_bytes(image(len(rows)))
            persons = [{**p, "ref": f"{own}-{p['ref']}"} if p.get("ref") else p for p in row.get("persons", [])]
            rows.append({**row, "file_name": name, **({"persons": persons} if persons else {})})
        for record in scenario.records:
            items = {"items": [f"{own}-{item}" for item in record["items"]]} if record.get("items") else {}
            mine = {"record_id": f"{own}-{record['record_id']}", "person": f"{own}-{record['person']}", **items}
            records.append({**record, **mine})
    for name, lines in (("manifest", rows), ("records", records)):
        (root / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return root


def verdicts(target: str, root: Path, purpose: str, as_of: str) -> tuple[list[Any], list[Any]]:
    with pv.open(target) as ledger:
        ledger.scan(root / "photos", manifest=root / "manifest.jsonl", records=root / "records.jsonl")
        gated = ledger.gate(root / "photos", purpose=purpose, as_of=as_of)
        return [astuple(verdict) for verdict in gated], [astuple(tally) for tally in gated.tallies]


@pytest.mark.slow
@pytest.mark.parametrize("purpose", ["MODEL_TRAINING", "GENERATIVE_IMAGE_TRAINING"])
def test_both_engines_give_the_same_verdicts_at_every_clock(
    collection: Path, postgres: sa.URL, tmp_path: Path, purpose: str
) -> None:
    name = f"ledger_{uuid.uuid4().hex}"
    engine = sa.create_engine(postgres, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    server = postgres.set(database=name).render_as_string(hide_password=False)
    for as_of in CLOCKS:
        ours = verdicts(str(tmp_path / "ledger.db"), collection, purpose, as_of)
        theirs = verdicts(server, collection, purpose, as_of)
        assert ours == theirs
        assert len(ours[0]) > 40
        assert len(ours[1]) > (8 if as_of == CLOCKS[0] else 1)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")

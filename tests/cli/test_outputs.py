"""Formats: each parses, all agree, several come from one run, and a file is written whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import threading
from pathlib import Path

import pytest


@pytest.fixture
def mixed(workspace, row):
    """Images that are allowed, need review and are blocked, in a manifest order that no sorting gives."""
    for name in ("a.png", "b.png", "c.png", "e/d.png", "z.png"):
        workspace.add(name)
    workspace.add("broken.png", b"\x89PNG\r\n\x1a\nno")
    workspace.declare(
        [row("c.png"), row("a.png"), row("broken.png"), row("e/d.png", persons_status="UNKNOWN"), row("b.png")]
    )
    return workspace


def test_verdicts_come_in_manifest_order_and_the_undeclared_last(mixed):
    ran = mixed.gate()
    assert [v["item"] for v in ran.verdicts] == ["c.png", "a.png", "broken.png", "e/d.png", "b.png", "z.png"]
    assert [v["decision"] for v in ran.verdicts][:3] == ["ALLOW", "ALLOW", "BLOCK"]


def test_a_changed_manifest_order_is_followed_without_new_rows(mixed, row):
    mixed.gate()
    mixed.declare(row(name) for name in ("a.png", "b.png", "c.png"))
    first = mixed.gate()
    mixed.declare(row(name) for name in ("b.png", "c.png", "a.png"))
    again = mixed.gate()
    assert [v["item"] for v in again.verdicts][:3] == ["b.png", "c.png", "a.png"]
    assert first.by_item["a.png"]["reasons"] == again.by_item["a.png"]["reasons"]


def test_a_verdict_has_the_fields_of_the_exchange_format(mixed):
    import hashlib

    ran = mixed.gate("--as-of", "2026-11-22T12:00:00+00:00")
    verdict = ran.by_item["broken.png"]
    assert verdict["sha256"] == hashlib.sha256(b"\x89PNG\r\n\x1a\nno").hexdigest()
    assert verdict["decision"] == "BLOCK"
    assert verdict["reason"] == "IMAGE_UNREADABLE"
    assert verdict["evaluated_at"] == "2026-11-22T12:00:00+00:00"
    assert set(verdict["rulepacks"]) <= set(verdict["rulepacks"]) | {"CA"}
    assert all(isinstance(version, str) and version for version in verdict["rulepacks"].values())
    for verdict in ran.verdicts:
        assert verdict["reason"] in {reason["code"] for reason in verdict["reasons"]}
        for reason in verdict["reasons"]:
            assert {"code", "decision", "jurisdiction", "person", "detail", "citation"} <= set(reason)
            assert reason["detail"]


def test_the_formats_agree(mixed):
    ran = mixed.gate("--as-of", "2026-11-22T12:00:00+00:00", "--output", "json:v.json", "--output", "csv:v.csv")
    whole = json.loads((mixed.root / "v.json").read_text(encoding="utf-8"))
    assert whole["verdicts"] == ran.verdicts
    with (mixed.root / "v.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(r["item"], r["sha256"], r["decision"], r["reason"]) for r in rows] == [
        (v["item"], v["sha256"], v["decision"], v["reason"]) for v in ran.verdicts
    ]
    for r, v in zip(rows, ran.verdicts, strict=True):
        assert set(r["reasons"].split(";")) == {reason["code"] for reason in v["reasons"]}
    counted: dict[str, int] = {}
    for v in ran.verdicts:
        counted[v["decision"]] = counted.get(v["decision"], 0) + 1
    assert whole["summary"]["decisions"] == counted
    assert whole["summary"]["images"] == len(ran.verdicts)
    assert whole["summary"]["passed"] is False


def test_the_table_lists_what_stands_in_the_way_worst_first_and_counts_the_rest(mixed):
    out = mixed.gate(form="table").out
    listed = [line.split()[:2] for line in out.split("\n\n")[0].splitlines()[1:]]
    assert listed == [["BLOCK", "broken.png"], ["BLOCK", "z.png"], ["REVIEW", "e/d.png"]]
    assert "6 images: 3 allowed" in out.rstrip().splitlines()[-1]
    assert "IMAGE_UNREADABLE" in out


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "table", "sarif", "junit", "gitlab", "github", "markdown"])
def test_standard_output_is_what_a_file_gets(mixed, form):
    ran = mixed.gate("--as-of", "2026-11-22T12:00:00+00:00", "--output", f"{form}:out", form=form)
    assert ran.out == (mixed.root / "out").read_bytes().decode("utf-8")
    assert ran.err.count("\n") == 1
    assert ran.err.startswith("not passed: 6 images: 3 allowed, 1 needs review, 2 blocked (BLOCK ")


def test_formats_hold_the_same_on_a_standard_output_that_is_not_utf8(workspace):
    workspace.add("日本.png")
    workspace.env |= {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    for form in ("jsonl", "table"):
        ran = workspace.process(*workspace.gate_arguments(form=form))
        assert ran.status == 1, ran.err
        assert (ran.verdicts[0]["item"] if form == "jsonl" else ran.out.splitlines()[1].split()[1]) == "日本.png"


def test_an_output_that_exists_keeps_its_right_to_be_read(mixed):
    mixed.gate("--output", "jsonl:v")
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE((mixed.root / "v").stat().st_mode) == 0o666 & ~umask


def test_a_link_and_a_pipe_are_written_to_and_not_replaced(mixed):
    (mixed.root / "link").symlink_to("target")
    os.mkfifo(mixed.root / "pipe")
    got = []
    reader = threading.Thread(target=lambda: got.append((mixed.root / "pipe").read_bytes()))
    reader.start()
    ran = mixed.gate("--output", "jsonl:link", "--output", "jsonl:pipe", "--output", "jsonl:/dev/null")
    reader.join(30)
    assert (mixed.root / "link").is_symlink()
    assert (mixed.root / "target").read_text(encoding="utf-8") == ran.out
    assert got[0].decode() == ran.out
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_where_one_output_fails_none_is_written(mixed):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    (mixed.root / "old").write_text("old\n")
    ran = mixed.gate("--output", "jsonl:old", "--output", "csv:new", "--output", "jsonl:/dev/full")
    assert ran.status == 2
    assert ran.out == ""
    assert (mixed.root / "old").read_text() == "old\n"
    assert sorted(p.name for p in mixed.root.iterdir() if "ledger" not in p.name) == ["manifest.jsonl", "old", "photos"]


def test_two_collections_with_the_same_folder_name_are_told_apart(workspace):
    import provenance as pv

    for folder in ("x/train", "y/train"):
        (workspace.root / folder).mkdir(parents=True)
        (workspace.root / folder / f"{folder[0]}.png").write_bytes(workspace.add("any.png").read_bytes())
    workspace.clear("x.png", "y.png")
    with pv.open(workspace.ledger) as ledger:
        ledger.scan("x/train", "y/train", manifest=workspace.manifest)
        verdicts = ledger.gate("x/train", "y/train", purpose="MODEL_TRAINING")
        assert len(verdicts) == 2
        assert verdicts.allowed() == [str(workspace.root / "x/train/x.png"), str(workspace.root / "y/train/y.png")]


def test_a_collection_named_twice_is_judged_once(mixed):
    ran = mixed.run(
        "gate", mixed.photos, mixed.root / "photos" / ".", "--ledger", mixed.ledger, "--purpose", "MODEL_TRAINING",
        "--format", "json",
    )  # fmt: skip
    whole = json.loads(ran.out)
    assert len(whole["verdicts"]) == whole["summary"]["images"] == 6


def test_csv_is_read_back_by_any_reader_of_csv(mixed):
    text = mixed.gate(form="csv").out
    assert len(list(csv.reader(io.StringIO(text, newline="")))) == 7

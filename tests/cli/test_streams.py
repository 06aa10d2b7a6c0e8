"""What the two streams get when something is wrong with them, or with what was typed."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import threading
import time
from pathlib import Path

import pytest

STEERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
ODD = "a\x1b[2J\u202e\x07\x9b31m"


@pytest.fixture
def clear(workspace):
    """Two images that a gate allows."""
    workspace.add("a.png")
    workspace.add("b.png")
    workspace.clear("a.png", "b.png")
    return workspace


def said(text, *words):
    """One line, a sentence that holds these words, and no accident."""
    assert text.startswith("error: "), text
    assert text.count("\n") == 1, text
    assert "Traceback" not in text
    assert "internal error" not in text
    assert STEERS.search(text) is None
    for word in words:
        assert word in text


@pytest.mark.parametrize(
    "arguments",
    [
        [ODD],
        ["gate", "photos", f"--{ODD}"],
        ["gate", "photos", "--fail-on", ODD],
        ["gate", "photos", "--format", ODD],
        ["gate", "photos", "--workers", ODD],
        ["gate", "photos", "--manifest", ODD],
        ["gate", "photos", "--purpose", ODD],
        ["gate", "photos", "--offered-in", ODD],
        ["gate", "photos", "--as-of", ODD],
        ["gate", "photos", "--output", f"csv:{ODD}/x"],
        ["gate", "photos", "--output", ODD],
        ["gate", ODD],
        ["explain", ODD],
        ["find", ODD],
        ["lists", "retire", ODD],
        ["lists", "add", ODD],
        ["review", "import", ODD],
        ["policy", "check", ODD],
        ["init", "--purpose", ODD],
        ["ls", ODD],
    ],
    ids=lambda arguments: " ".join(word for word in arguments if word.isprintable()) or "command",
)
def test_what_was_typed_does_not_steer_the_terminal(clear, arguments):
    assert clear.gate("--ledger", "provenance.db").status == 0
    ran = clear.run(*arguments)
    assert ran.status in {2, 3}
    assert ran.out == ""
    assert STEERS.search(ran.err) is None
    assert "\\x1b[2J\\u202e" in ran.err


def test_a_name_of_several_lines_makes_no_line_of_its_own(clear):
    ran = clear.run("gate", "photos\nerror: all images are allowed")
    said(ran.err, "photos\\nerror")


@pytest.mark.parametrize(
    "clock",
    [
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00+00:00",
        "9999-12-31T23:59:59-14:00",
        "9999-12-31T23:59:59.999999+00:00",
        "1969-12-31T23:59:59+00:00",
    ],
)
def test_near_the_ends_of_time_there_is_a_verdict_or_a_sentence(clear, clock):
    ran = clear.gate("--as-of", clock)
    assert ran.status in {0, 1, 2}
    if ran.status == 2:
        said(ran.err)


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_manifest_from_the_ends_of_time_is_judged_or_refused(clear, row, when):
    clear.declare([row("a.png", acquired_at=when), row("b.png")])
    ran = clear.gate()
    assert ran.status in {1, 2}
    assert "internal error" not in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("port", ["99999", "-1", "x", "0x50", ""])
def test_odd_ports_of_sources_are_judged_or_refused(clear, row, port):
    clear.declare([row("a.png", source_url=f"https://x.example:{port}/a.png"), row("b.png")])
    ran = clear.gate("-o", "html:r.html")
    assert ran.status in {0, 1, 2}
    assert "internal error" not in ran.err
    assert "Traceback" not in ran.err


def test_a_closed_standard_output_is_told(clear):
    with clear.start(*clear.gate_arguments(), stdout=None, preexec_fn=lambda: os.close(1)) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    said(err.decode(), "standard output is closed")


def test_a_closed_standard_error_disturbs_nothing(clear):
    clear.manifest.unlink()
    with clear.start(*clear.gate_arguments(), stderr=None, preexec_fn=lambda: os.close(2)) as process:
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert len(out.splitlines()) == 2


@pytest.mark.parametrize("form", ["table", "jsonl", "csv", "html", "parquet"])
def test_a_full_standard_output_is_told(clear, form):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    with Path("/dev/full").open("wb") as full, clear.start(*clear.gate_arguments(form=form), stdout=full) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    said(err.decode(), "standard output cannot be written", "No space left")


@pytest.mark.parametrize("arguments", [["--help"], ["gate", "--help"], ["--version"], ["policy", "check"]])
def test_a_full_standard_output_is_told_of_what_click_prints_too(clear, arguments):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    with Path("/dev/full").open("wb") as full, clear.start(*arguments, stdout=full) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    said(err.decode(), "No space left")


def test_a_reader_that_left_is_told(clear):
    read, write = os.pipe()
    os.close(read)
    with clear.start(*clear.gate_arguments(), stdout=write) as process:
        os.close(write)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    said(err.decode(), "left")


@pytest.mark.parametrize("coding", ["ascii", "latin-1", "cp1252"])
def test_a_locale_that_knows_few_letters_disturbs_nothing(workspace, coding):
    workspace.add("日本.png")
    workspace.env |= {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": coding}
    for arguments in (["--help"], ["policy", "check"], workspace.gate_arguments(form="table"), ["gate", "日本"]):
        ran = workspace.process(*arguments)
        assert ran.status in {0, 1, 2}
        assert "Traceback" not in ran.err
        assert "internal error" not in ran.err


SLOW = """
import os
import time
from provenance.sources.collection import Collection
real = Collection.read
def read(self, key, *more):
    open('reading', 'w').close()
    while os.path.exists('reading'):  # until whoever waits for it has sent the signal
        time.sleep(0.01)
    return real(self, key, *more)
Collection.read = read
"""


def test_sigterm_is_told_and_leaves_nothing_behind(clear, tmp_path_factory):
    place = tmp_path_factory.mktemp("tmp")
    clear.env["TMPDIR"] = str(place)
    with clear.start(*clear.gate_arguments("--workers", "1"), prelude=SLOW) as process:
        deadline = time.monotonic() + 60
        while not Path("reading").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert Path("reading").exists()
        process.send_signal(signal.SIGTERM)
        Path("reading").unlink()
        out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert out == b""
    said(err.decode(), "SIGTERM", "go on")
    assert list(place.iterdir()) == []


def test_a_wait_for_another_writer_is_told(clear, monkeypatch):
    from provenance.ledger import database

    monkeypatch.setattr(database, "PATIENCE_SECONDS", 0.1)
    assert clear.gate().status == 0
    other = sqlite3.connect(clear.ledger, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(1.0, lambda: other.execute("ROLLBACK")).start()
    ran = clear.gate()
    other.close()
    assert ran.status == 0
    assert "note: another process writes to the ledger" in ran.err


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "sarif", "junit", "github", "gitlab", "markdown"])
def test_exit_1_says_why_in_one_line_whatever_the_format(workspace, form):
    workspace.add("a.png")
    ran = workspace.gate(form=form)
    assert ran.status == 1
    assert ran.err.count("\n") == 1
    assert ran.err.startswith("not passed: 1 image: 0 allowed, 0 need review, 1 blocked (BLOCK ")


def test_exit_1_of_other_commands_says_why(clear, image):
    assert clear.gate().status == 0
    (clear.root / "other.png").write_bytes(image(99, size=(300, 200)))
    ran = clear.run("find", "other.png", "--ledger", clear.ledger, "--radius", "0")
    assert (ran.status, ran.err) == (1, "nothing found within 0 bits\n")
    clear.photos.joinpath("c.png").write_bytes(image(7))
    clear.gate()
    ran = clear.run("explain", "c.png", "--ledger", clear.ledger)
    assert ran.status == 1
    assert ran.err.startswith("not allowed: BLOCK, ")


PASSWORD = "hunter2"


@pytest.mark.parametrize("debug", ["", "1"])
@pytest.mark.parametrize("how", ["flag", "equals", "variable"])
def test_a_password_is_in_no_internal_error_and_in_no_traceback(clear, debug, how):
    url = f"postgresql+psycopg://u:{PASSWORD}@127.0.0.1:1/db"
    prelude = f"""
from provenance.ledger.database import Database
def broken(*arguments, **options): raise RuntimeError("cannot reach {url} with {PASSWORD!r}")
Database.open = broken
"""
    clear.env["PROVENANCE_DEBUG"] = debug
    given = {"flag": ["--ledger", url], "equals": [f"--ledger={url}"], "variable": []}[how]
    if how == "variable":
        clear.env["PROVENANCE_LEDGER"] = url
    ran = clear.process("status", *given, prelude=prelude)
    assert ran.status == 2
    assert "RuntimeError" in ran.err
    assert "***" in ran.err
    assert PASSWORD not in ran.out + ran.err.replace(prelude, "")

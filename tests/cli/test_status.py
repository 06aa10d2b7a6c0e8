"""The exit status of the command line, and which stream gets what (exchange formats, section 4)."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

BROKEN = """
import provenance.policy.judge as j
def judge(*_): raise RuntimeError({})
j.Judge.judge = judge
"""

SLOW = """
import os
import time
from provenance.sources.folder import FolderSource
real = FolderSource.read
def read(self, key, *most):
    open('reading', 'w').close()
    while os.path.exists('reading'):  # until whoever waits for it has sent the signal
        time.sleep(0.01)
    return real(self, key, *most)
FolderSource.read = read
"""


def one_line(text: str) -> bool:
    return text.count("\n") == 1 and text.startswith("error: ") and "Traceback" not in text


@pytest.fixture
def allowed(workspace):
    workspace.add("a.png")
    workspace.add("b.png")
    workspace.clear("b.png", "a.png")
    return workspace


def test_0_where_every_image_may_be_used(allowed):
    ran = allowed.gate()
    assert ran.status == 0
    assert [v["decision"] for v in ran.verdicts] == ["ALLOW", "ALLOW"]


def test_1_where_one_image_may_not(allowed):
    allowed.add("c.png")
    ran = allowed.gate()
    assert ran.status == 1
    assert ran.by_item["c.png"]["decision"] in {"REVIEW", "BLOCK"}


def reviewed(workspace, row):
    """An image whose only fault calls for a review: nobody says whether it shows a person."""
    workspace.add("a.png")
    workspace.declare([row("a.png", persons_status="UNKNOWN")])
    verdict = workspace.gate().verdicts[0]
    assert verdict["decision"] == "REVIEW"


def test_review_fails_unless_only_blocks_fail(workspace, row):
    reviewed(workspace, row)
    assert workspace.gate().status == 1
    assert workspace.gate("--fail-on", "review").status == 1
    assert workspace.gate("--fail-on", "block").status == 0


def test_strict_makes_a_review_fail_even_where_only_blocks_fail(workspace, row):
    reviewed(workspace, row)
    assert workspace.gate("--fail-on", "block", "--strict").status == 1


def test_a_block_fails_where_only_blocks_fail(workspace):
    workspace.add("a.png", b"not an image")
    assert workspace.gate("--fail-on", "block").status == 1


def test_3_where_there_is_nothing_to_check(workspace):
    assert workspace.photos.is_dir()
    ran = workspace.gate()
    assert ran.status == 3
    assert ran.out == ""
    assert one_line(ran.err)


def test_3_where_a_scan_finds_no_image(workspace):
    assert workspace.photos.is_dir()
    assert workspace.run(*workspace.scan_arguments()).status == 3


def test_without_a_purpose_nothing_passes(allowed):
    ran = allowed.run(
        "gate", allowed.photos, "--ledger", allowed.ledger, "--manifest", allowed.manifest, "--format", "jsonl"
    )
    assert ran.status == 1
    assert {v["reason"] for v in ran.verdicts} == {"PURPOSE_MISSING"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["gate", "nowhere", "--purpose", "MODEL_TRAINING"],
        ["gate", "photos", "--purpose", "MODEL_TRANING"],
        ["gate", "photos", "--as-of", "2026-01-01T00:00:00"],
        ["gate", "photos", "--as-of", "yesterday"],
        ["gate", "photos", "--offered-in", "ATLANTIS"],
        ["gate", "photos", "--output", "jsonl"],
        ["gate", "photos", "--output", "docx:x"],
        ["gate", "photos", "--output", "jsonl:nowhere/x"],
        ["gate", "photos", "--output", "jsonl:photos"],
        ["gate", "photos", "--manifest", "broken.jsonl"],
        ["gate", "photos", "--context", "broken.toml"],
        ["gate", "photos", "--records", "broken.jsonl"],
        ["gate", "photos", "--packs", "badpacks"],
        ["gate", "photos", "--ledger", "no/such/folder/ledger.db"],
        ["gate", "photos", "--ledger", "nosuchdialect://x"],
        ["gate", "photos", "--ledger", "://"],
    ],
    ids=lambda arguments: " ".join(arguments[2:]) or "nowhere",
)
def test_2_for_what_is_wrong_with_the_call_or_its_files(workspace, arguments):
    workspace.add("a.png")
    Path("broken.jsonl").write_text("{\n")
    Path("broken.toml").write_text("purpose = \n")
    Path("badpacks").mkdir()
    Path("badpacks", "XX.toml").write_text("nonsense = 1\n")
    ran = workspace.run(*arguments)
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err.startswith("error: ")
    assert "internal error" not in ran.err


def test_2_for_a_call_that_click_refuses(workspace):
    for arguments in (
        [],
        ["gate"],
        ["nonsense"],
        ["gate", "x", "--nonsense"],
        ["gate", "x", "--manifest", "absent.csv"],
    ):
        ran = workspace.run(*arguments)
        assert ran.status == 2, arguments
        assert ran.out == ""
        assert ran.err


def test_2_in_one_line_for_an_internal_error(allowed):
    broken = BROKEN.format("'first line\\nsecond line'")
    ran = allowed.process(*allowed.gate_arguments(), prelude=broken)
    assert ran.status == 2
    assert ran.out == ""
    assert one_line(ran.err)
    assert "RuntimeError" in ran.err


def test_a_traceback_is_had_only_on_demand(allowed):
    allowed.env["PROVENANCE_DEBUG"] = "1"
    broken = BROKEN.format("'x'")
    ran = allowed.process(*allowed.gate_arguments(), prelude=broken)
    assert ran.status != 0
    assert "Traceback" in ran.err


def test_2_when_whoever_reads_the_output_leaves(workspace):
    data = workspace.add("0.png").read_bytes()
    for number in range(300):
        workspace.add(f"{number}.png", data)
    with workspace.start(*workspace.gate_arguments()) as process:
        process.stdout.read(10)
        process.stdout.close()
        err = process.stderr.read().decode()
        assert process.wait(60) == 2
    assert "Traceback" not in err
    assert "Exception ignored" not in err


def test_2_when_whoever_reads_a_short_output_left_before_it_came(allowed):
    read, write = os.pipe()
    os.close(read)
    with allowed.start(*allowed.gate_arguments(), stdout=write) as process:
        os.close(write)
        err = process.stderr.read().decode()
        assert process.wait(60) == 2
    assert "Traceback" not in err
    assert "Exception ignored" not in err


def test_2_when_standard_output_is_full(allowed):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    with Path("/dev/full").open("wb") as full, allowed.start(*allowed.gate_arguments(), stdout=full) as process:
        err = process.stderr.read().decode()
        assert process.wait(60) == 2
    assert "Traceback" not in err


def test_2_on_ctrl_c(workspace):
    workspace.add("a.png")
    with workspace.start(*workspace.gate_arguments("--workers", "2"), prelude=SLOW) as process:
        deadline = time.monotonic() + 60
        while not Path("reading").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert Path("reading").exists()
        process.send_signal(signal.SIGINT)
        Path("reading").unlink()
        out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert out == b""
    assert b"interrupted" in err
    assert b"Traceback" not in err


def test_progress_and_warnings_never_reach_standard_output(allowed):
    ran = allowed.process(*allowed.gate_arguments())
    assert ran.status == 0
    assert len(ran.verdicts) == 2
    assert ran.err == ""


def test_a_bar_on_a_terminal_stays_off_standard_output(allowed):
    pty = pytest.importorskip("pty")
    controller, terminal = pty.openpty()
    with allowed.start(*allowed.gate_arguments(), stderr=terminal) as process:
        out = process.stdout.read()
        assert process.wait(60) == 0
    os.close(terminal)
    os.close(controller)
    assert [json.loads(line)["decision"] for line in out.splitlines()] == ["ALLOW", "ALLOW"]


def test_scan_says_what_it_did_on_standard_error(allowed):
    ran = allowed.run(*allowed.scan_arguments())
    assert ran.status == 0
    assert ran.out == ""
    assert ran.err == "2 images, 2 read, 0 of them unreadable, 0 gone\n"


def test_version_and_help_go_to_standard_output(workspace):
    from provenance import __version__

    ran = workspace.run("--version")
    assert (ran.status, ran.out, ran.err) == (0, f"provenance, version {__version__}\n", "")
    ran = workspace.run("--help")
    assert ran.status == 0
    assert "gate" in ran.out
    assert workspace.run("gate", "--help").status == 0

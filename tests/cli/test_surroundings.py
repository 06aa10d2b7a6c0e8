"""What the command believes of where it is run: the project's configuration, and nothing that a collection brought."""

from __future__ import annotations

import json
import os
import shutil
import stat
from importlib.resources import files
from pathlib import Path

import pytest

PROJECT = '[tool.provenance]\npurpose = "MODEL_TRAINING"\n'


@pytest.fixture(autouse=True)
def own_state(tmp_path_factory, monkeypatch):
    """A state folder of the test's own, and no variable that configures the command."""
    for name in [name for name in os.environ if name.startswith("PROVENANCE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture
def clear(workspace):
    """One image that a gate allows."""
    workspace.add("a.png")
    workspace.clear("a.png")
    return workspace


def refused(ran, *words):
    assert ran.status == 2, ran
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    for word in words:
        assert word in ran.err


# --- every option has a key and a variable, and the nearer one wins --------------------------------------------------


def test_the_configuration_holds_every_option(clear):
    Path("pyproject.toml").write_text(
        PROJECT + f'ledger = "mine.db"\nmanifest = "{clear.manifest.name}"\nformat = "jsonl"\noutput = ["csv:v.csv"]\n'
        "fail-on = 'block'\nworkers = 1\nwindows = false\nquiet = true\n"
    )
    ran = clear.run("gate", "photos")
    assert ran.status == 0, ran.err
    assert [verdict["decision"] for verdict in ran.verdicts] == ["ALLOW"]
    assert Path("mine.db").is_file()
    assert Path("v.csv").is_file()
    assert not Path("provenance.db").exists()


def test_a_variable_wins_over_the_configuration_and_a_flag_over_both(clear, monkeypatch):
    Path("pyproject.toml").write_text(PROJECT + f'ledger = "file.db"\nmanifest = "{clear.manifest.name}"\n')
    monkeypatch.setenv("PROVENANCE_LEDGER", "variable.db")
    assert clear.run("gate", "photos").status == 0
    assert [p.name for p in Path().glob("*.db")] == ["variable.db"]
    assert clear.run("gate", "photos", "--ledger", "flag.db").status == 0
    assert sorted(p.name for p in Path().glob("*.db")) == ["flag.db", "variable.db"]


def test_variables_give_the_context_too(clear, monkeypatch):
    monkeypatch.setenv("PROVENANCE_PURPOSE", "MODEL_TRAINING")
    monkeypatch.setenv("PROVENANCE_MANIFEST", str(clear.manifest))
    monkeypatch.setenv("PROVENANCE_FORMAT", "jsonl")
    ran = clear.run("gate", "photos")
    assert ran.status == 0, ran.err
    assert ran.verdicts[0]["purpose"] == "MODEL_TRAINING"


@pytest.mark.parametrize("name", ["PROVENANCE_AS_OF", "PROVENANCE_GATE_AS_OF", "PROVENANCE_CLOCK", "SOURCE_DATE_EPOCH"])
def test_no_variable_sets_the_clock(clear, monkeypatch, name):
    monkeypatch.setenv(name, "2001-01-01T00:00:00+00:00" if name != "SOURCE_DATE_EPOCH" else "978307200")
    (verdict,) = clear.gate().verdicts
    assert verdict["evaluated_at"] > "2026"
    assert "as_of" not in verdict


def test_a_clock_that_was_asked_for_stands_in_every_format(clear):
    at = "2026-11-22T12:00:00+00:00"
    formats = ["table", "json", "jsonl", "csv", "sarif", "junit", "github", "gitlab", "markdown", "html"]
    outputs = [word for name in formats for word in ("-o", f"{name}:out.{name}")]
    assert clear.gate("--as-of", at, *outputs).status == 0
    for name in formats:
        text = Path(f"out.{name}").read_text()
        if name == "gitlab":  # an empty list where nothing is wrong
            assert json.loads(text) == []
        else:
            assert at in text.replace("\\:", ":").replace("\\-", "-").replace("\\+", "+"), name


def test_an_unknown_key_of_the_configuration_is_an_error_that_names_it(clear):
    Path("pyproject.toml").write_text(PROJECT + 'ledgr = "x"\n')
    refused(clear.run("gate", "photos"), "pyproject.toml", "ledgr")


def test_a_format_of_the_gate_does_not_disturb_other_commands(clear):
    Path("pyproject.toml").write_text(PROJECT + 'format = "sarif"\n')
    assert clear.gate().status == 0
    assert clear.run("status", "--ledger", clear.ledger).status == 0


# --- inside a collection ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("below", ["", "sub/sub"])
def test_a_configuration_in_the_collection_is_not_believed(clear, monkeypatch, below):
    folder = clear.photos / below
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(PROJECT)
    monkeypatch.chdir(folder)
    refused(clear.run("gate", clear.photos, "--ledger", clear.ledger), "--context")
    named = clear.run("gate", clear.photos, "--ledger", clear.ledger, "--context", "pyproject.toml")
    assert named.status == 1


def test_a_collection_is_known_by_whatever_path(clear, monkeypatch):
    (clear.photos / "pyproject.toml").write_text(PROJECT)
    (clear.root / "link").symlink_to("photos")
    monkeypatch.chdir(clear.root / "link")
    for name in (
        ".",
        "../link",
        "../photos/.",
        clear.root / "link",
        f"file://{clear.photos}",
        f"file://{clear.root}/%6cink",
    ):
        refused(clear.run("gate", name, "--ledger", "../l.db"), "--context")


def test_a_configuration_of_another_tool_is_no_configuration(clear, monkeypatch):
    (clear.photos / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    monkeypatch.chdir(clear.photos)
    ran = clear.run("gate", ".", "--ledger", clear.ledger, "--manifest", clear.manifest, "--purpose", "MODEL_TRAINING")
    assert ran.status == 0, ran.err


def test_a_ledger_that_came_with_a_collection_is_not_believed_and_ones_own_is(clear, monkeypatch):
    made, planted = clear.root / "made", clear.root / "planted"
    shutil.copytree(clear.photos, made)
    monkeypatch.chdir(made)
    own = ("gate", ".", "--purpose", "MODEL_TRAINING", "--format", "jsonl")
    assert clear.run(*own).status == 1
    assert clear.run(*own).status == 1  # the ledger that this user made here
    shutil.copytree(made, planted)
    monkeypatch.chdir(planted)
    refused(clear.run(*own), "--ledger")
    assert clear.run(*own, "--ledger", "provenance.db").status == 1
    # Neither where the collection is named by its address, as the receipts of parts name it.
    monkeypatch.chdir(clear.root)
    assert clear.run("scan", "planted", "--shard", "1/1", "--part-out", "parts").status == 0
    monkeypatch.chdir(planted)
    refused(clear.run("scan", planted.as_uri()), "--ledger")
    refused(clear.run("db", "load-parts", clear.root / "parts"), "--ledger")
    assert clear.run("db", "load-parts", clear.root / "parts", "--ledger", "provenance.db").status == 0


def test_the_command_of_the_project_runs_beside_the_collection(clear):
    Path("pyproject.toml").write_text(PROJECT)
    assert clear.run("gate", "photos", "--manifest", clear.manifest).status == 0


# --- files that others may write --------------------------------------------------------------------------------------


def test_a_configuration_that_others_may_write_is_refused(clear):
    path = Path("pyproject.toml")
    path.write_text(PROJECT)
    path.chmod(0o666)
    refused(clear.run("gate", "photos"), "pyproject.toml", "chmod go-w")


def test_a_context_that_others_may_write_is_refused(clear):
    path = Path("context.toml")
    path.write_text('purpose = "MODEL_TRAINING"\n')
    path.chmod(0o646)
    refused(clear.run("gate", "photos", "--context", path), "context.toml")


@pytest.mark.parametrize("mode", [0o644, 0o666, 0o622])
def test_waivers_that_others_may_write_are_refused(clear, mode):
    path = Path("waivers.toml")
    path.write_text("waiver = []\n")
    path.chmod(mode)
    ran = clear.gate("--waivers", path)
    if mode == 0o644:
        assert ran.status == 0
    else:
        refused(ran, "waivers.toml", "chmod go-w")


@pytest.mark.parametrize("mode", [0o644, 0o666])
@pytest.mark.parametrize("place", ["folder", "file"])
def test_packs_that_others_may_write_are_refused(clear, place, mode):
    folder = Path("packs")
    folder.mkdir()
    pack = folder / "CA.toml"
    pack.write_bytes(files("provenance.policy").joinpath("packs/CA.toml").read_bytes())
    (folder if place == "folder" else pack).chmod(mode | 0o111 if place == "folder" else mode)
    ran = clear.gate("--packs", folder)
    if mode == 0o644:
        assert ran.status == 0
    else:
        refused(ran, "CA.toml", "chmod go-w")


@pytest.mark.parametrize("part", ["-wal", "-shm", "-journal"])
def test_what_belongs_to_a_ledger_is_refused_where_others_may_write_it(clear, part):
    assert clear.gate().status == 0
    beside = Path(f"{clear.ledger}{part}")
    beside.touch()
    beside.chmod(0o666)
    refused(clear.gate(), beside.name, "chmod go-w")
    beside.chmod(0o600)
    assert clear.gate().status == 0


def test_a_ledger_that_others_may_write_is_refused_by_every_command(clear):
    assert clear.gate().status == 0
    clear.ledger.chmod(0o662)
    refused(clear.gate(), "ledger.db", "chmod go-w")
    for words in (
        ["explain", "a.png"],
        ["find", "photos/a.png"],
        ["status"],
        ["ls"],
        ["duplicates"],
        ["lists", "show"],
    ):
        refused(clear.run(*words, "--ledger", clear.ledger), "ledger.db")


def test_an_index_that_others_may_write_is_refused(clear):
    assert clear.gate().status == 0
    (index,) = clear.root.glob("ledger.db.*index*")
    assert index.is_dir()
    index.chmod(0o777)
    refused(clear.run("find", "photos/a.png", "--ledger", clear.ledger), "index")


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077], ids=oct)
def test_ledger_and_index_are_their_owners_alone(clear, umask):
    before = os.umask(umask)
    try:
        assert clear.gate("-o", "csv:v.csv").status == 0
        with clear.start(*clear.gate_arguments()) as process:
            process.communicate()
    finally:
        os.umask(before)
    made = [path for path in clear.root.rglob("*") if path.name.startswith("ledger.db")]
    made += [path for folder in made if folder.is_dir() for path in folder.rglob("*")]
    assert len(made) >= 3
    for path in made:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE(Path("v.csv").stat().st_mode) == 0o666 & ~umask


SAID_OF_A_RUN = ("as_of", "context_file", "moved_from", "new_collection")


def test_every_option_of_the_gate_has_a_key_in_the_configuration_and_a_variable():
    """Save what is said of one run (its clock, where collections lay) and the file that is itself a configuration."""
    import click

    from provenance.cli.gate import command
    from provenance.records.configuration import OPTIONS
    from provenance.records.forms import ContextForm

    long = {"vouch": "vouched_by", "established_in": "controller_established_in", "recipient": "recipients"}
    for parameter in command.params:
        if not isinstance(parameter, click.Option) or parameter.name in SAID_OF_A_RUN:
            continue
        flag = next(name for name in parameter.opts if name.startswith("--"))
        key = flag.removeprefix("--").replace("-", "_")
        assert long.get(key, key) in {*OPTIONS, *ContextForm.model_fields}, flag
        assert parameter.envvar == f"PROVENANCE_{key.upper()}"

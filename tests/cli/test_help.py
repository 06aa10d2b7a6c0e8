"""Every command's help: an example that the command line takes, and nothing heavy imported for it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from provenance.cli.main import provenance as group

HEAVY = ("PIL", "numpy", "sqlalchemy", "pydantic", "rich", "jinja2", "pyarrow")


def leaves(
    parent: click.Group = group, prefix: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(parent)
    for name in parent.list_commands(context):
        command = parent.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, (*prefix, name))
        else:
            yield (*prefix, name), command


COMMANDS = list(leaves())


def examples(command: click.Command) -> list[list[str]]:
    lines = (command.epilog or "").splitlines()
    return [shlex.split(line.strip().removeprefix("$ ")) for line in lines if line.strip().startswith("$ ")]


@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=[" ".join(words) for words, _ in COMMANDS])
def test_every_example_is_a_call_that_the_command_takes(words, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ours = ("sources.csv", "consents.jsonl", "takedown.txt", "review.csv", "sheet.csv", "shot.png")
    others = (
        "instances_val2017.json",
        "train.csv",
        "faces-1.jsonl",
        "faces-2.jsonl",
        "log.key",
        "log.note",
        "order.pdf",
        "dpia.pdf",
        "checks.csv",
        "request.json",
    )
    for name in (*ours, *others):
        Path(name).touch()
    for name in ("photos", "packs", "scenarios", "backgrounds", "debian", "parts"):
        Path(name).mkdir()
    Path("debian/copyright").touch()
    Path("~/.ssh").mkdir(parents=True)  # a shell would put the home in the place of `~`
    for name in ("id_ed25519", "id_ed25519.pub"):
        Path("~/.ssh", name).touch()
    shown = examples(command)
    assert shown
    for line in shown:
        assert tuple(line[: len(words) + 1]) == ("provenance", *words)
        command.make_context(" ".join(words), line[len(words) + 1 :])


@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=[" ".join(words) for words, _ in COMMANDS])
def test_options_have_one_name_for_one_thing(words, command):
    names = {parameter.name: parameter.opts for parameter in command.params}
    for parameter, flag in (("quiet", "-q"), ("verbose", "-v"), ("output", "-o"), ("outputs", "-o")):
        if parameter in names:
            assert flag in names[parameter]
    if "established_in" in names:
        assert {"--established-in", "--controller-established-in"} <= set(names["established_in"])
    formats = next((p for p in command.params if p.name == "format_name"), None)
    if formats is not None:
        assert {"table", "json", "jsonl"} <= set(formats.type.choices)


@pytest.mark.parametrize("words", [[], *(list(words) for words, _ in COMMANDS)], ids=" ".join)
def test_help_imports_nothing_heavy(words):
    code = f"""
import sys
from provenance.cli.main import run
status = run({[*words, "--help"]!r})
print(sorted(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)
sys.exit(status)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "[]\n"
    assert "--help" in done.stdout


@pytest.mark.parametrize("flag", ["-V", "--version"])
def test_the_version_is_told_by_both_flags(workspace, flag):
    from provenance import __version__

    assert workspace.run(flag).out == f"provenance, version {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_complete_commands(workspace, shell):
    script = workspace.run("completion", shell)
    assert script.status == 0
    assert "_PROVENANCE_COMPLETE" in script.out
    workspace.env |= {
        "_PROVENANCE_COMPLETE": f"{shell}_complete", "COMP_WORDS": "provenance exp",
        "COMP_CWORD": "exp" if shell == "fish" else "1",
    }  # fmt: skip
    completed = workspace.process()
    assert completed.status == 0
    assert completed.err == ""
    assert "explain" in completed.out


@pytest.mark.parametrize("words", [[], ["lists"], ["review"], ["policy"]], ids=" ".join)
def test_without_a_command_the_commands_are_told_on_standard_error(workspace, words):
    ran = workspace.run(*words)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("Usage: provenance")
    assert "Commands:" in ran.err


def test_a_misspelt_command_is_answered_with_the_nearest(workspace):
    ran = workspace.run("gat", "photos")
    assert (ran.status, ran.err) == (2, "error: there is no command gat, did you mean gate?; see `provenance --help`\n")
    assert "did you mean" not in workspace.run("zzz").err


def test_a_command_that_a_group_has_not_is_answered_with_those_it_has(workspace):
    ran = workspace.run("log", "verify")
    assert ran.status == 2
    assert "provenance log has no verify, but check, checkpoint," in ran.err
    assert "see `provenance log --help`" in ran.err

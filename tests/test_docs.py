"""The documentation against the thing itself.

A `console` block that starts with `$ provenance` holds exactly what that command prints. After a change that is
meant, `RENEW_DOCS=1 pytest tests/test_docs.py` writes the blocks anew.
"""

from __future__ import annotations

import ast
import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from provenance.cli.main import provenance as group

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
CONSOLE = re.compile(r"^```console\n\$ (provenance [^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def run(command: str, folder: Path) -> str:
    """What a command prints where it is not watched, without the spaces at the ends of lines."""
    words = [sys.executable, "-c", "from provenance.cli.main import main; main()", *shlex.split(command)[1:]]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    return "".join(f"{line.rstrip()}\n" for line in (done.stdout + done.stderr).splitlines())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demo was run, which is where the documentation's examples take place."""
    folder = tmp_path_factory.mktemp("demo")
    run("provenance demo demo", folder)
    assert (folder / "demo" / "ledger.db").is_file()
    return folder


@pytest.mark.parametrize("page", [page for page in PAGES if CONSOLE.search(page.read_text())], ids=name)
def test_shown_output_is_what_is_printed(page: Path, demo: Path) -> None:
    text = page.read_text()
    printed = CONSOLE.sub(lambda block: f"```console\n$ {block[1]}\n{run(block[1], demo)}```", text)
    if os.environ.get("RENEW_DOCS"):
        page.write_text(printed)
    assert text == printed


def subcommands(parent: click.Group = group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(parent)
    for title in parent.list_commands(context):
        command = parent.get_command(context, title)
        assert command is not None
        yield prefix + title, command
        if isinstance(command, click.Group):
            yield from subcommands(command, f"{prefix}{title} ")


def test_every_command_and_option_is_documented() -> None:
    """By its help, in a block of its own, and by every long option's name in there."""
    shown = dict(CONSOLE.findall((ROOT / "docs" / "cli.md").read_text()))
    assert "provenance --help" in shown
    for title, command in subcommands():
        help_block = shown[f"provenance {title} --help"]
        parameters = command.get_params(click.Context(command))
        options = [flag for parameter in parameters for flag in parameter.opts if flag.startswith("--")]
        assert options
        assert [flag for flag in options if flag not in help_block] == []


def test_readme_has_exactly_two_set_up_commands_of_one_line() -> None:
    text = (ROOT / "README.md").read_text()
    blocks = [body for language, body in CODE.findall(text) if language == "sh"]
    set_up = [body.splitlines() for body in blocks if "venv" in body]
    assert [len(lines) for lines in set_up] == [1, 1]
    assert set_up[0][0].endswith("provenance demo demo")
    assert set_up[1][0].endswith("pytest")
    # What .ci/run takes from the page is these two and nothing else.
    assert re.findall(r"^python3 -m venv .*$", text, re.MULTILINE) == [set_up[0][0], set_up[1][0]]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_python_in_the_pages_is_python(page: Path) -> None:
    for language, body in CODE.findall(page.read_text()):
        if language == "python":
            ast.parse(body)


@pytest.mark.parametrize("page", [page for page in PAGES if "```pycon" in page.read_text()], ids=name)
def test_sessions_in_the_pages_run(page: Path, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(demo)
    blocks = "\n".join(body for language, body in CODE.findall(page.read_text()) if language == "pycon")
    session = doctest.DocTestParser().get_doctest(blocks, {}, name(page), str(page), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    report: list[str] = []
    runner.run(session, out=report.append)
    assert runner.summarize(verbose=False).attempted > 0
    assert report == []


def test_two_lines_of_the_readme_stop_a_training_script_on_a_fresh_ledger(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from provenance import GateFailed

    fresh = tmp_path / "fresh"
    shutil.copytree(demo / "demo", fresh)
    (fresh / "ledger.db").unlink()
    monkeypatch.chdir(fresh)
    (block,) = [body for language, body in CODE.findall((ROOT / "README.md").read_text()) if language == "python"]
    with pytest.raises(GateFailed, match="11 images: 4 allowed"):
        exec(compile(block, "README.md", "exec"), {})


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_inside_the_project_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []

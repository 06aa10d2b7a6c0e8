"""Tables and commands of the documentation that are made from the code, or held against it.

After a change that is meant, `RENEW_DOCS=1 pytest tests/test_docs_tables.py` writes the tables anew.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import click
import pytest

from provenance.cli.main import provenance as group
from provenance.policy.looks import ANSWERED
from provenance.policy.reasons import load_reasons
from provenance.records import read_manifest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TABLE = re.compile(r"(?<=<!-- codes -->\n).*?(?=<!-- end -->)", re.DOTALL)
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CSV = re.compile(r"^```csv\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def codes() -> str:
    """Every reason code: what it does, whether a person may decide it, and what would settle it."""
    head = "| number | code | does | a person may | what it says | what would settle it |\n|---|---|---|---|---|---|\n"
    rows = []
    for rule in sorted(load_reasons(), key=lambda one: one.number):
        may = (
            "look, waive" if rule.code in ANSWERED and rule.overridable else "waive" if rule.overridable else "nothing"
        )
        if rule.decision.value not in ("REVIEW", "BLOCK"):
            may = ""
        sentence = re.sub(r"\{(\w+)\}", r"*\1*", rule.sentence)
        cells = (str(rule.number), f"`{rule.code}`", rule.decision.value, may, sentence, rule.remedy)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
    return head + "".join(rows)


def test_the_table_of_codes_is_that_of_the_rules() -> None:
    page = ROOT / "docs" / "codes.md"
    text = page.read_text()
    made = TABLE.sub(lambda _: codes(), text)
    if os.environ.get("RENEW_DOCS"):
        page.write_text(made)
    assert text == made


def commands() -> list[tuple[str, str]]:
    """Every call of the command in a block of shell, with its page; continued lines are one."""
    found = []
    for page in PAGES:
        for body in SHELL.findall(page.read_text()):
            lines = body.replace("\\\n", " ").splitlines()
            found += [(page.name, line) for line in lines if line.startswith("provenance ")]
    return found


@pytest.mark.parametrize(("page", "line"), commands())
def test_a_command_that_is_shown_is_one_that_there_is(
    page: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [word.lstrip("/") for word in shlex.split(line, comments=True)[1:]]
    for word in words:  # what it names is there
        path = Path(word)
        if not path.is_absolute() and "=" not in word and ":" not in word and not word.startswith("-"):
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix or path.name == "copyright":
                path.touch()
            elif not path.exists():
                path.mkdir()
    command: click.Command = group
    context = click.Context(group)
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None
        command = found
    if command.name not in ("init", "completion"):
        command.make_context(str(command.name), words)


def test_the_manifest_of_the_first_five_minutes_is_sound(tmp_path: Path) -> None:
    (body,) = CSV.findall((ROOT / "docs" / "start.md").read_text())
    path = tmp_path / "photos.csv"
    path.write_text(body)
    manifest = read_manifest(path)
    assert [row.file_name for row in manifest.iterate()] == ["lake.jpg", "street.jpg", "party.jpg"]
    assert manifest.unknown == ()

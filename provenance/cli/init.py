"""`provenance init`: a first configuration in the working folder."""

from __future__ import annotations

import json
from pathlib import Path

import click

from provenance.cli.options import DEFAULT_LEDGER, example
from provenance.cli.speak import say
from provenance.cli.surroundings import CONFIGURATION, Command
from provenance.errors import UsageError

_TABLE = """\
[tool.provenance]
{purpose}
ledger = {ledger}
# manifest = "sources.csv"
# records = "consents.jsonl"
# controller_established_in = ["CA"]
# offered_in = ["CA", "EU"]
# face_templates = {{ derived = false }}
# assessment = {{ id = "DPIA-1", approver = "", approved_at = "2026-01-31T00:00:00Z" }}
# fail-on = "review"
"""

EXAMPLES = example("provenance init --purpose MODEL_TRAINING")


@click.command(name="init", cls=Command, epilog=EXAMPLES)
@click.option("--purpose", metavar="P", help="What the dataset is for, such as MODEL_TRAINING.")
@click.option(
    "--ledger", default=DEFAULT_LEDGER, show_default=True, metavar="FILE|URL", help="Where the ledger is to be."
)
def command(purpose: str | None, ledger: str) -> int:
    """Write `[tool.provenance]` into the pyproject.toml of the working folder, which is made if there is none.

    What stands there already is never changed. Exit status: 0 written, 2 an error.
    """
    from provenance.cli.surroundings import configuration
    from provenance.ledger.address import secrets_of

    if secrets_of(ledger):
        raise UsageError("a password does not belong into a file", remedy="set PROVENANCE_LEDGER instead")
    line = f'purpose = "{_purpose(purpose)}"' if purpose else '# purpose = "MODEL_TRAINING"'
    table = _TABLE.format(purpose=line, ledger=json.dumps(ledger))
    if configuration() is not None:
        raise UsageError(f"{CONFIGURATION} has a table [tool.provenance]", remedy="change it there")
    file = Path(CONFIGURATION)
    there = file.read_text(encoding="utf-8") if file.exists() else ""
    gap = "\n" if there and not there.endswith("\n\n") else ""
    with file.open("a", encoding="utf-8") as out:
        out.write(f"{gap}{table}")
    say(f"{CONFIGURATION}: [tool.provenance] written; next: provenance gate FOLDER --manifest F")
    return 0


def _purpose(given: str) -> str:
    from provenance.records.faults import nearest
    from provenance.vocabulary import Purpose

    if given not in set(Purpose):
        raise UsageError(f"there is no purpose {given}", remedy=f"did you mean {nearest(given, list(Purpose))}?")
    return given

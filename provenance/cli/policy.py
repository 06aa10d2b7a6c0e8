"""`provenance policy`: look over jurisdiction packs, see what changed ones would do, and play scenarios."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provenance.cli.listing import Listing
from provenance.cli.options import (
    context_flags,
    context_options,
    context_path,
    example,
    ledger_option,
    listing_format,
    packs_option,
    quiet_option,
)
from provenance.cli.progress import watched
from provenance.cli.speak import say, tell_clock
from provenance.cli.surroundings import Group
from provenance.printable import counted, printable

if TYPE_CHECKING:
    from provenance.gate.impact import Impacts

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group(name="policy", cls=Group)
def command() -> None:
    """Look over jurisdiction packs, see what changed ones would do, and play scenarios."""


@command.command(name="check", epilog=example("provenance policy check", "provenance policy check packs"))
@click.argument("folder", required=False, type=_FOLDER)
def check(folder: Path | None) -> int:
    """Look over the packs of FOLDER, or those that ship.

    Says which file, key and value breaks the schema, which pack is past its review date, and how many citations
    nobody has verified. Exit status: 0 sound, 1 a review is overdue, 2 a pack cannot be used.
    """
    from provenance.policy.lint import Level, lint

    notices = lint(folder, datetime.now(UTC).date())
    for notice in notices:
        click.echo(printable(" ".join(part for part in (notice.level.value, notice.pack, notice.text) if part)))
    levels = [notice.level for notice in notices]
    counts = f"{counted(levels.count(Level.ERROR), 'error')}, {levels.count(Level.STALE)} overdue"
    click.echo(f"{counts}, {counted(levels.count(Level.NOTE), 'note')}")
    if Level.STALE in levels or Level.ERROR in levels:
        say(f"not passed: {counts}")
    return 2 if Level.ERROR in levels else 1 if Level.STALE in levels else 0


@command.command(name="diff", epilog=example("provenance policy diff packs --purpose MODEL_TRAINING"))
@click.argument("folder", type=_FOLDER)
@ledger_option
@packs_option
@context_options
@quiet_option
@listing_format
def diff(
    folder: Path,
    ledger: str,
    packs: Path | None,
    context_file: Path | None,
    quiet: bool,  # noqa: FBT001 - click passes options by name
    format_name: str,
    **flags: object,
) -> int:
    """Count the images of a ledger that the packs of FOLDER would judge differently.

    They are compared with the packs that ship, or with those of --packs. Every image of every collection is judged
    twice under one context; no verdict is kept. Exit status: 0 nothing would change, 1 something would, 2 an error.
    """
    from provenance.gate.impact import compare_packs
    from provenance.ledger.database import Database
    from provenance.policy.packs import load_packs
    from provenance.records.context import context_from, read_context

    before, after = load_packs(packs), load_packs(folder)
    known = tuple({**before.packs, **after.packs})
    path = context_path(context_file)
    file = read_context(path, jurisdictions=known) if path is not None else None
    context = context_from(file, now=datetime.now(UTC), jurisdictions=known, **context_flags(**flags))  # type: ignore[arg-type]
    tell_clock(flags["as_of"])
    database = Database.open(ledger, create=False)
    try:
        with watched(quiet=quiet) as progress:
            found = compare_packs(database, context, before, after, progress)
    finally:
        database.close()
    _print_flips(found, format_name)
    if found.flips:
        say(f"{found.changed:,} of {counted(found.images, 'image')} would be judged differently")
    return 1 if found.flips else 0


@command.command(name="test", epilog=example("provenance policy test scenarios"))
@click.argument("folder", type=_FOLDER)
@packs_option
def play_all(folder: Path, packs: Path | None) -> int:
    """Play every scenario (*.json) of FOLDER and say which came out differently.

    Each is a small collection with its records and the verdict that it must come to, judged in a ledger of its own
    with a small generated picture. Exit status: 0 all passed, 1 at least one failed, 2 an error, 3 none found.
    """
    from provenance.cli.scenarios import play
    from provenance.errors import NothingToCheck
    from provenance.policy.scenarios import load_scenario

    files = sorted(folder.glob("*.json"))
    if not files:
        raise NothingToCheck(f"{folder} holds no scenario", remedy="name a folder of .json files")
    failed = 0
    for played in play((load_scenario(path) for path in files), packs=packs):
        scenario = played.scenario
        click.echo(printable(f"{scenario.id:5} {'FAILED' if played.problems else 'ok'}  {scenario.title}"))
        for problem in played.problems:
            click.echo(printable(f"      {problem}"))
        failed += bool(played.problems)
    click.echo(f"{len(files) - failed} passed, {failed} failed")
    if failed:
        say(f"not passed: {counted(failed, 'scenario')} came out differently")
    return 1 if failed else 0


def _print_flips(found: Impacts, format_name: str) -> None:
    with Listing(format_name) as listing:
        for flip in found.flips:
            if listing.wanted:
                before = {"decision": flip.before.value, "reason": flip.before_reason}
                after = {"decision": flip.after.value, "reason": flip.after_reason}
                listing.add({"images": flip.images, "from": before, "to": after})
            else:
                old, new = f"{flip.before} {flip.before_reason}", f"{flip.after} {flip.after_reason}"
                click.echo(f"{flip.images:>9}  {old} -> {new}")
    if not listing.wanted:
        click.echo(f"{found.changed:,} of {counted(found.images, 'image')} would be judged differently")

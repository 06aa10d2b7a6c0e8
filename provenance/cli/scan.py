"""`provenance scan`: register images without judging them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from provenance.cli.options import collection_options, example, vouch_option
from provenance.cli.progress import watched
from provenance.cli.speak import say
from provenance.cli.surroundings import Command
from provenance.printable import counted

EXAMPLES = example(
    "provenance scan photos --manifest sources.csv --records consents.jsonl",
    "provenance scan photos --ledger team.db --workers 8",
)


@click.command(name="scan", cls=Command, epilog=EXAMPLES)
@collection_options
@vouch_option
def command(
    collections: tuple[str, ...],
    ledger: str,
    packs: Path | None,
    quiet: bool,  # noqa: FBT001 - click passes options by name
    verbose: bool,  # noqa: FBT001
    known_as: str | None,
    vouch: str | None,
    **reading: Any,
) -> int:
    """Register every image of COLLECTION in the ledger, with what is declared about it.

    A scan that was interrupted goes on where it stopped. Exit status: 0 finished, 2 an error, 3 no image found.
    """
    from provenance.api import Ledger
    from provenance.fingerprint.stderr import c_stderr_discarded

    with (
        Ledger.open(ledger, packs=packs) as opened,
        c_stderr_discarded(),
        watched(quiet=quiet, verbose=verbose) as progress,
    ):
        done = opened.scan(*collections, name=known_as, vouched_by=vouch, progress=progress, **reading)
    for note in done.notes:
        say(f"note: {note}")
    say(
        f"{counted(done.images, 'image')}, {done.read:,} read, {done.unreadable:,} of them unreadable, "
        f"{done.gone:,} gone"
    )
    return 0 if done.images else 3

"""`provenance scan`: register images without judging them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from provenance.cli.options import collection_options, example, option, vouch_option
from provenance.cli.progress import watched
from provenance.cli.speak import say
from provenance.cli.surroundings import Command
from provenance.printable import counted

if TYPE_CHECKING:
    from provenance.run.scan import Scanned

EXAMPLES = example(
    "provenance scan photos --manifest sources.csv --records consents.jsonl",
    "provenance scan photos --ledger team.db --workers 8",
    "provenance scan photos --shard 3/8 --part-out parts",
)


@click.command(name="scan", cls=Command, epilog=EXAMPLES)
@collection_options
@vouch_option
@option("--shard", metavar="I/N", help="Look at one of N shares of the collection, without a ledger.")
@option(
    "--part-out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where to write what was seen of it, for `provenance db load-parts`.",
)
def command(collections: tuple[str, ...], shard: str | None, part_out: Path | None, **given: Any) -> int:
    """Register every image of COLLECTION in the ledger, with what is declared about it.

    A scan that was interrupted goes on where it stopped. With --shard and --part-out no ledger is opened: each of N
    machines looks at its own images and writes what it saw. Exit status: 0 finished, 2 an error, 3 no image found.
    """
    if shard is not None or part_out is not None:
        return _scan_shard(collections, shard, part_out, **given)
    done = scanned(collections, **given)
    say(
        f"{counted(done.images, 'image')}, {done.read:,} read, {done.unreadable:,} of them unreadable, "
        f"{done.gone:,} gone"
    )
    return 0 if done.images else 3


def scanned(
    collections: Sequence[str],
    *,
    ledger: str,
    packs: Path | None,
    quiet: bool,
    verbose: bool,
    known_as: str | None,
    vouch: str | None,
    **reading: Any,
) -> Scanned:
    """Scan collections into a ledger as the options say, and tell its notes."""
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
    return done


_WITH_LEDGER: Final = {
    "manifest": "--manifest", "records": "--records", "columns": "--columns", "known_as": "--as", "vouch": "--vouch",
    "evidence_folders": "--evidence-folder", "people": "--people", "moved_from": "--moved-from",
    "new_collection": "--new-collection",
}  # fmt: skip
"""What is given where the ledger is."""


def _scan_shard(
    collections: Sequence[str],
    shard: str | None,
    part_out: Path | None,
    *,
    quiet: bool,
    verbose: bool,
    ledger: str,  # noqa: ARG001 - none is opened
    packs: Path | None,  # noqa: ARG001 - nothing is judged
    **given: Any,
) -> int:
    from provenance.fingerprint.stderr import c_stderr_discarded
    from provenance.run.parts.write import scan_shard

    if shard is None or part_out is None:
        raise click.UsageError("--shard and --part-out go together")
    if len(collections) != 1:
        raise click.UsageError("parts are made of one collection at a time")
    for name, flag in _WITH_LEDGER.items():
        if given.pop(name):
            raise click.UsageError(f"{flag} has no use without a ledger: give it to `provenance db load-parts`")
    with c_stderr_discarded(), watched(quiet=quiet, verbose=verbose) as progress:
        done = scan_shard(collections[0], shard, part_out, progress=progress, **given)
    say(
        f"shard {done.made.shard} of {done.made.of}: {counted(done.images, 'image')} in "
        f"{counted(len(done.parts), 'part')}, {done.unreadable:,} unreadable"
    )
    return 0

"""`provenance scan`: register images without judging them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from provenance.cli.options import collection_options, example, option, vouch_option
from provenance.cli.progress import watched
from provenance.cli.speak import say
from provenance.cli.surroundings import Command
from provenance.printable import counted

if TYPE_CHECKING:
    from provenance.run.progress import Progress

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
def command(
    collections: tuple[str, ...],
    ledger: str,
    packs: Path | None,
    quiet: bool,  # noqa: FBT001 - click passes options by name
    verbose: bool,  # noqa: FBT001
    known_as: str | None,
    vouch: str | None,
    shard: str | None,
    part_out: Path | None,
    **reading: Any,
) -> int:
    """Register every image of COLLECTION in the ledger, with what is declared about it.

    A scan that was interrupted goes on where it stopped. With --shard and --part-out no ledger is opened: each of N
    machines looks at its own images and writes what it saw. Exit status: 0 finished, 2 an error, 3 no image found.
    """
    from provenance.api import Ledger
    from provenance.fingerprint.stderr import c_stderr_discarded

    if shard is not None or part_out is not None:
        given = {**reading, "as": known_as, "vouch": vouch}
        return _scan_shard(collections, shard, part_out, given, watched(quiet=quiet, verbose=verbose))
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


_WITH_LEDGER: Final = ("manifest", "records", "columns", "as", "vouch", "evidence_folders", "people")
"""What is given where the ledger is."""


def _scan_shard(
    collections: tuple[str, ...],
    shard: str | None,
    part_out: Path | None,
    given: dict[str, Any],
    watching: AbstractContextManager[Progress],
) -> int:
    from provenance.fingerprint.stderr import c_stderr_discarded
    from provenance.run.parts.write import scan_shard

    if shard is None or part_out is None:
        raise click.UsageError("--shard and --part-out go together")
    if len(collections) != 1:
        raise click.UsageError("parts are made of one collection at a time")
    declared = [name for name in _WITH_LEDGER if given.pop(name)]
    if declared:
        named = declared[0].replace("_", "-").removesuffix("s" if declared[0] == "evidence_folders" else "")
        raise click.UsageError(f"--{named} has no use without a ledger: give it to `provenance db load-parts`")
    with c_stderr_discarded(), watching as progress:
        done = scan_shard(collections[0], shard, part_out, progress=progress, **given)
    say(
        f"shard {done.made.shard} of {done.made.of}: {counted(done.images, 'image')} in "
        f"{counted(len(done.parts), 'part')}, {done.unreadable:,} unreadable"
    )
    return 0

"""`provenance scan`: register images without judging them."""

from __future__ import annotations

from pathlib import Path

import click

from provenance.cli.options import collection_options
from provenance.cli.progress import watched


@click.command(name="scan")
@collection_options
def command(
    collections: tuple[str, ...],
    manifest: Path | None,
    records: Path | None,
    columns: Path | None,
    ledger: str,
    packs: Path | None,
    workers: int | None,
    processes: bool,  # noqa: FBT001 - click passes options by name
    people: bool,  # noqa: FBT001
    exact: bool,  # noqa: FBT001
    windows: bool,  # noqa: FBT001
    pdq: bool,  # noqa: FBT001
    quiet: bool,  # noqa: FBT001
) -> int:
    """Register every image of COLLECTION in the ledger, with what is declared about it.

    A scan that was interrupted goes on where it stopped. Exit status: 0 finished, 2 an error, 3 no image found.
    """
    from provenance.api import Ledger
    from provenance.fingerprint.stderr import c_stderr_discarded

    with Ledger.open(ledger, packs=packs) as opened, c_stderr_discarded(), watched(quiet=quiet) as progress:
        done = opened.scan(
            *collections,
            manifest=manifest,
            records=records,
            columns=columns,
            workers=workers,
            processes=processes,
            people=people,
            exact=exact,
            windows=windows,
            pdq=pdq,
            progress=progress,
        )
    click.echo(
        f"{done.images} images, {done.read} read, {done.unreadable} of them unreadable, {done.gone} gone", err=True
    )
    return 0 if done.images else 3

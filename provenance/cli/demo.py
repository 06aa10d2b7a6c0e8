"""`provenance demo`: lay out a small collection of real photographs, gate it, and say what the gate would exit with."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provenance.cli.options import example, quiet_option
from provenance.cli.progress import watched
from provenance.cli.surroundings import Command
from provenance.errors import InputError

if TYPE_CHECKING:
    from provenance.demo.collection import Photograph
    from provenance.gate.verdicts import Verdicts


@click.command(name="demo", cls=Command, epilog=example("provenance demo demo"))
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@quiet_option
def command(folder: Path, quiet: bool) -> int:  # noqa: FBT001 - click passes options by name
    """Lay out real photographs in DIR with their manifest, records and evidence, and gate them.

    The photographs are those that scikit-image and scikit-learn ship, copied from where they are installed; nothing
    is downloaded. Some may be used, some are held for review and some are blocked, each for a reason that is true
    of it. The clock of this gate is fixed. Running it again on the same DIR is safe.

    Exit status: 0 the gate ran and came out as the demo expects, though images are blocked; 2 it did not, or an
    error. The last lines show the gate command itself and the status that it exits with.
    """
    from provenance.api import Ledger
    from provenance.demo.lay_out import CLOCK, lay_out
    from provenance.report.gate_report import GateReport
    from provenance.report.table import write_table

    laid = lay_out(folder)
    with Ledger.open(laid.ledger) as ledger, watched(quiet=quiet) as progress:
        ledger.scan(laid.photos, manifest=laid.manifest, records=laid.records, progress=progress)
        verdicts = ledger.gate(laid.photos, context=laid.context, as_of=CLOCK, progress=progress)
        write_table(GateReport(verdicts, as_of=CLOCK), sys.stdout)
        _check(verdicts, laid.photographs)
        status = 0 if verdicts.passed() else 1
    ledger_file = shlex.quote(str(laid.ledger))
    options = {"--manifest": laid.manifest, "--records": laid.records, "--context": laid.context}
    click.echo(f"\nThe same gate in a build, where it exits with {status}:\n")
    click.echo(f"  provenance gate {shlex.quote(str(laid.photos))} --ledger {ledger_file} \\")
    click.echo("    " + " ".join(f"{option} {shlex.quote(str(path))}" for option, path in options.items()) + " \\")
    click.echo(f"    --as-of {CLOCK.isoformat()}")
    click.echo("\nEvery fact, rule and citation behind one of them:\n")
    click.echo(f"  provenance explain camera.png --ledger {ledger_file}")
    return 0


def _check(verdicts: Verdicts, photographs: Sequence[Photograph]) -> None:
    """Raise InputError for the first photograph that came out differently. Others in the folder are the user's own."""
    reached = {verdict.item: (verdict.decision.value, verdict.reason) for verdict in verdicts}
    for photograph in photographs:
        found = reached.get(photograph.file, ("nothing",))
        if found != photograph.expected:
            raise InputError(
                f"{photograph.file}: expected {' '.join(photograph.expected)}, found {' '.join(found)}",
                remedy=f"the installed {photograph.distribution} may ship another picture than this demo was made for",
            )

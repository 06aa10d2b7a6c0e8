"""`provenance erase`: a person's request, carried out at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from provenance.cli.filing import carry_out, filed, request_options, tell, write_proof
from provenance.cli.options import example, output_option
from provenance.cli.surroundings import Command


@click.command(
    name="erase",
    cls=Command,
    epilog=example("provenance erase --photo shot.png --requester T-20 --by AB --jurisdiction EU -o proof.json"),
)
@request_options
@output_option
def command(output: Path | None, **given: Any) -> int:
    """Erase what is held of a person or an image, and keep it out.

    Names, captions, addresses, what files said, fingerprints and records go, out of the ledger's files and the index
    too. A salted digest stays in the log, and what knows the picture again if it comes back, also edited. The files
    of the images are named and left to you. The proof is written as JSON to -o.

    Exit status: 0 erased, 2 an error.
    """
    format_name = given.pop("format_name")
    taken = filed("erase", given)
    tell(taken, format_name)
    erased = carry_out(taken.request.ref, given["by"], given["ledger"], quiet=given["quiet"])
    if output is not None:
        write_proof(erased, output)
    return 0

"""`provenance restrict`: a person's request, with effect at once."""

from __future__ import annotations

from typing import Any

import click

from provenance.cli.filing import file_and_tell, purpose_option, request_options
from provenance.cli.options import example
from provenance.cli.surroundings import Command


@click.command(
    name="restrict",
    cls=Command,
    epilog=example("provenance restrict --item photos/a.jpg --requester T-19 --by AB"),
)
@request_options
@purpose_option
def command(**given: Any) -> int:
    """Have images not used until a question about them is settled.

    From now on no gate passes what is named, or a copy of it, until `provenance requests lift` says so.

    Exit status: 0 recorded, 2 an error.
    """
    return file_and_tell("restrict", given)

"""`provenance withdraw`: a person's request, with effect at once."""

from __future__ import annotations

from typing import Any

import click

from provenance.cli.filing import file_and_tell, purpose_option, request_options
from provenance.cli.options import example
from provenance.cli.surroundings import Command


@click.command(
    name="withdraw",
    cls=Command,
    epilog=example("provenance withdraw --person p1 --requester T-17 --by AB --jurisdiction CA-QC"),
)
@request_options
@purpose_option
def command(**given: Any) -> int:
    """Take a consent back: what rests on it may be used no more.

    From now on no gate passes an image that shows the person, or a copy of it that names nobody, unless the person
    consents anew. What is named otherwise is kept out by its picture, name or address until the request is lifted.

    Exit status: 0 recorded, 2 an error.
    """
    return file_and_tell("withdraw", given)

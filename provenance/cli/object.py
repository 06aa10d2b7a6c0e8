"""`provenance object`: a person's request, with effect at once."""

from __future__ import annotations

from typing import Any

import click

from provenance.cli.filing import file_and_tell, purpose_option, request_options
from provenance.cli.options import example
from provenance.cli.surroundings import Command


@click.command(
    name="object",
    cls=Command,
    epilog=example(
        "provenance object --url https://photos.example/u/17/ --requester T-18 --by AB --purpose MODEL_TRAINING"
    ),
)
@request_options
@purpose_option
def command(**given: Any) -> int:
    """Object to a use that rests on another ground than consent.

    From now on no gate for these purposes passes what is named, or a copy of it.

    Exit status: 0 recorded, 2 an error.
    """
    return file_and_tell("object", given)

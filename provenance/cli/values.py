"""`provenance values`: the words that the fields take, and what each means."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from provenance.cli.listing import Listing
from provenance.cli.options import example, listing_format
from provenance.cli.surroundings import Command
from provenance.errors import UsageError
from provenance.report.terminal import print_table

if TYPE_CHECKING:
    from provenance.vocabulary import Term

EXAMPLES = example("provenance values", "provenance values basis", "provenance values Purpose --format json")


@click.command(name="values", cls=Command, epilog=EXAMPLES)
@click.argument("name", required=False)
@listing_format
def command(name: str | None, format_name: str) -> int:
    """List the words that NAME takes, each with what it means; without NAME, the fields that take words.

    NAME is a field (`basis`, `acquisition_method`) or an enum (`LawfulBasis`); letter case, `-` and `_` do not matter.
    Exit status: 0 printed, 2 there is no such name.
    """
    from provenance.meanings import ENUMS, about, enums_named, fields_of, meaning

    kinds = ENUMS if name is None else enums_named(name)
    if not kinds:
        known = sorted({field for kind in ENUMS for field in fields_of(kind)})
        raise UsageError(f"no field or enum {name} takes words of its own", remedy=f"name one of {', '.join(known)}")
    with Listing(format_name) as listing:
        if listing.wanted:
            for term in (term for kind in kinds for term in kind):
                listing.add(_told(term))
        elif name is None:
            print_table(sys.stdout, ("fields", "about"), [(", ".join(fields_of(kind)), about(kind)) for kind in kinds])
        else:
            for kind in kinds:
                click.echo(about(kind))
                print_table(sys.stdout, ("value", "meaning"), [(term.value, meaning(term)) for term in kind])
    return 0


def _told(term: Term) -> dict[str, Any]:
    from provenance.meanings import fields_of, meaning

    kind = type(term)
    return {
        "enum": kind.__name__,
        "fields": fields_of(kind),
        "value": term.value,
        "meaning": meaning(term),
        "iris": term.iris,
    }

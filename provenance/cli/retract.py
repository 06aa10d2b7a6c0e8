"""`provenance retract`: a refusal that should never have been counted, taken back by name and with a reason."""

from __future__ import annotations

import click

from provenance.cli.options import example, ledger_option, somebody_option
from provenance.cli.speak import say
from provenance.cli.surroundings import Command

EXAMPLES = example('provenance retract R-17 --by "A. Lee" --reason "filed for the wrong person, ticket 12"')


@click.command(name="retract", cls=Command, epilog=EXAMPLES)
@click.argument("record_id", metavar="RECORD")
@somebody_option("--by", required=True, help="The person who answers for this.")
@click.option("--reason", required=True, metavar="TEXT", help="Why the refusal was none.")
@click.option("--source", metavar="NAME", help="The register or manifest that holds it, where several do.")
@ledger_option
def command(record_id: str, by: str, reason: str, source: str | None, ledger: str) -> int:
    """Let the refusals of the basis record RECORD count no more.

    A withdrawal or a refusal that was once stated counts until its person consents anew, whatever later versions of
    its register say. This is for one that was stated by mistake, and is kept with who said so and why. Exit status:
    0 it counts no more, 1 its register still states it, so it counts until it is taken out there too, 2 an error.
    """
    from provenance.api import Ledger

    with Ledger.open(ledger, create=False) as opened:
        done = opened.retract(record_id, source=source, by=by, reason=reason)
    if done:
        say(f"the refusals of {record_id} count no more")
        return 0
    say(f"the refusals of {record_id} still count: take them out of the register too, and gate with it")
    return 1

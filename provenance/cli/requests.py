"""`provenance requests`: what people asked for, what is due, and what became of it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provenance.cli.listing import Listing
from provenance.cli.options import (
    INPUT,
    Function,
    example,
    ledger_option,
    listing_format,
    output_option,
    packs_option,
    quiet_option,
)
from provenance.cli.speak import say
from provenance.cli.surroundings import Group
from provenance.printable import counted
from provenance.report.terminal import name_cell, print_table

if TYPE_CHECKING:
    from provenance.ledger.requests import Request


@click.group(name="requests", cls=Group)
def command() -> None:
    """Show what people asked for and by when an answer is due, and record what became of it."""


@command.command(name="list", epilog=example("provenance requests list --format jsonl"))
@click.option("--all", "every", is_flag=True, help="Also those that are closed.")
@ledger_option
@listing_format
def show(*, every: bool, ledger: str, format_name: str) -> int:
    """List the requests to which an answer is due, the most pressing first.

    Exit status: 0 nothing is overdue, 1 something is, 2 an error.
    """
    from provenance.api import Ledger

    now = datetime.now(UTC)
    with Ledger.open(ledger, create=False) as opened:
        found = opened.rights.requests() if every else opened.rights.due()
    rows = [_record(one, now) for one in found]
    with Listing(format_name) as listing:
        for row in rows if listing.wanted else ():
            listing.add(row)
    if not listing.wanted:
        names = ("ref", "kind", "requester", "jurisdiction", "received", "due", "state")
        cells = [[name_cell(row[name] or "") for name in names] for row in rows]
        print_table(sys.stdout, names, cells)
    return 1 if any(row["overdue"] for row in rows) else 0


def closing(command: Function) -> Function:
    """The options of what is recorded about a request."""
    for one in (
        ledger_option,
        click.option("--note", required=True, metavar="TEXT", help="What was answered, or why."),
        click.option("--by", required=True, metavar="NAME", help="Who records it."),
        click.argument("ref"),
    ):
        command = one(command)
    return command


@command.command(name="answer", epilog=example('provenance requests answer Q-1 --by AB --note "letter of 12 May"'))
@closing
def answer(ref: str, by: str, note: str, ledger: str) -> int:
    """Record that the request REF was answered. What it keeps out stays out.

    Exit status: 0 recorded, 2 an error.
    """
    return _close("answer", ref, by, note, ledger)


@command.command(
    name="decline", epilog=example('provenance requests decline Q-1 --by AB --note "not the person shown"')
)
@closing
def decline(ref: str, by: str, note: str, ledger: str) -> int:
    """Record that the request REF was declined, and let it keep nothing out any more.

    Exit status: 0 recorded, 2 an error.
    """
    return _close("decline", ref, by, note, ledger)


@command.command(
    name="lift", epilog=example('provenance requests lift Q-1 --by AB --note "the person changed her mind"')
)
@closing
def lift(ref: str, by: str, note: str, ledger: str) -> int:
    """Let the request REF keep nothing out any more. What was erased stays erased.

    Exit status: 0 recorded, 2 an error.
    """
    return _close("lift", ref, by, note, ledger)


@command.command(name="erase", epilog=example("provenance requests erase Q-1 --by AB -o proof.json"))
@click.argument("ref")
@click.option("--by", required=True, metavar="NAME", help="Who carries it out.")
@output_option
@ledger_option
@quiet_option
def erase(ref: str, by: str, output: Path | None, ledger: str, *, quiet: bool) -> int:
    """Erase what the erasure request REF reaches now, as when a copy came back; prints the proof as JSON.

    Exit status: 0 erased, 2 an error.
    """
    from provenance.cli.filing import carry_out, write_proof

    write_proof(carry_out(ref, by, ledger, quiet=quiet), output)
    return 0


@command.command(
    name="export",
    epilog=example(
        "provenance requests export Q-1 --kind request -o request.json",
        "provenance requests export Q-1 --kind phash256 -o one.txt",
    ),
)
@click.argument("ref")
@click.option(
    "--kind",
    type=click.Choice(("request", "sha256", "phash256")),
    required=True,
    help="All that knows its pictures again, or hashes of one kind.",
)
@output_option
@ledger_option
def export(ref: str, kind: str, output: Path | None, ledger: str) -> int:
    """Write what the request REF keeps out, for those who received copies.

    They take a `request` in with `provenance requests import`, which meets cropped and turned copies too; other tools
    take a list of hashes, and `provenance lists add FILE --kind KIND --for suppression` does. Exit status: 0 written,
    2 an error.
    """
    from provenance.api import Ledger
    from provenance.cli.outputs import target
    from provenance.lookup.hashlists import HashType, write_list

    with Ledger.open(ledger, create=False) as opened, target(output) as out:
        if kind == "request":
            pictures = opened.rights.export(ref, out)
            say(f"{counted(pictures, 'picture')} written")
            return 0
        hashes = write_list(out, opened.rights.kept_out(ref, HashType(kind)), HashType(kind))
    say(f"{counted(hashes, 'hash', 'hashes')} written")
    return 0


@command.command(
    name="import", epilog=example("provenance requests import request.json --requester 'their Q-7' --by AB")
)
@click.argument("file", type=INPUT)
@click.option("--requester", required=True, metavar="REF", help="Whose request it is, such as the sender's reference.")
@click.option("--by", required=True, metavar="NAME", help="Who takes it in.")
@click.option("--jurisdiction", default="", metavar="CODE", help="Whose law sets the deadline [default: the shortest].")
@ledger_option
@packs_option
@quiet_option
@listing_format
def take_over(
    *,
    file: Path,
    requester: str,
    by: str,
    jurisdiction: str,
    ledger: str,
    packs: Path | None,
    quiet: bool,
    format_name: str,
) -> int:
    """Take in the request in FILE, which somebody exported who gave you copies: it counts here from now on.

    An erasure is then carried out with `provenance requests erase`. Exit status: 0 taken, 2 an error.
    """
    from provenance.api import Ledger
    from provenance.cli.filing import tell
    from provenance.cli.progress import watched

    with Ledger.open(ledger, packs=packs, create=False) as opened, watched(quiet=quiet) as progress:
        filed = opened.rights.take_over(file, requester=requester, by=by, jurisdiction=jurisdiction, progress=progress)
    tell(filed, format_name)
    return 0


@command.command(name="extend", epilog=example('provenance requests extend Q-1 --by AB --note "forty collections"'))
@closing
@packs_option
def extend(ref: str, by: str, note: str, ledger: str, packs: Path | None) -> int:
    """Put the answer to the request REF off, once, by what its law allows.

    Exit status: 0 recorded, 2 an error.
    """
    from provenance.api import Ledger

    with Ledger.open(ledger, packs=packs, create=False) as opened:
        request = opened.rights.extend(ref, by=by, note=note)
    say(f"{ref}: due by {request.due_at:%Y-%m-%d}")
    return 0


def _close(what: str, ref: str, by: str, note: str, ledger: str) -> int:
    from provenance.api import Ledger

    with Ledger.open(ledger, create=False) as opened:
        rights = opened.rights
        record = {"answer": rights.answer, "decline": rights.decline, "lift": rights.lift}[what]
        request = record(ref, by=by, note=note)
    say(f"{ref}: {request.state}")
    return 0


def _record(one: Request, now: datetime) -> dict[str, Any]:
    return {
        "ref": one.ref,
        "kind": one.kind.value,
        "requester": one.requester,
        "identity": one.identity,
        "jurisdiction": one.jurisdiction,
        "received": f"{one.received_at:%Y-%m-%d}",
        "due": f"{one.due_at:%Y-%m-%d}" if one.due_at is not None else None,
        "overdue": one.is_open and one.due_at is not None and one.due_at < now,
        "state": one.state,
        "purposes": [purpose.value for purpose in one.purposes],
        "about": list(one.targets),
        "by": one.by,
        "events": [
            {"state": event.state, "at": event.at.isoformat(), "by": event.by, "note": event.note}
            for event in one.events
        ],
    }

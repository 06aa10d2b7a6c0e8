"""`provenance accounts`: who may be given something."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from provenance.cli.filing import tell_stale, time_of
from provenance.cli.listing import list_rows
from provenance.cli.options import INPUT, example, ledger_option, listing_format, packs_option
from provenance.cli.speak import say
from provenance.cli.surroundings import Group


@click.group(name="accounts", cls=Group)
def command() -> None:
    """Open and revoke the accounts of those who may be given something."""


@command.command(
    name="add", epilog=example("provenance accounts add lab --kind organisation --by AB --jurisdiction CA")
)
@click.argument("name")
@click.option("--kind", type=click.Choice(("person", "organisation")), required=True, help="Who it stands for.")
@click.option("--by", required=True, metavar="NAME", help="Who opens it.")
@click.option("--purpose", "purposes", multiple=True, metavar="P", help="A purpose it is limited to; repeatable.")
@click.option("--jurisdiction", "jurisdictions", multiple=True, metavar="CODE", help="A place it is limited to.")
@click.option("--until", metavar="TIME", help="When it ends by itself.")
@ledger_option
def add(
    *,
    name: str,
    kind: str,
    by: str,
    purposes: tuple[str, ...],
    jurisdictions: tuple[str, ...],
    until: str | None,
    ledger: str,
) -> int:
    """Open the account NAME. Exit status: 0 opened, 2 an error."""
    from provenance.api import Ledger

    with Ledger.open(ledger, create=False) as opened:
        opened.rights.open_account(
            name, kind, by=by, purposes=purposes, jurisdictions=jurisdictions, until_at=time_of(until, "--until")
        )
    say(f"{name} opened")
    return 0


@command.command(name="list", epilog=example("provenance accounts list --format jsonl"))
@ledger_option
@listing_format
def show(ledger: str, format_name: str) -> int:
    """List every account. Exit status: 0 listed, 2 an error."""
    from provenance.api import Ledger

    now = datetime.now(UTC)
    with Ledger.open(ledger, create=False) as opened:
        found = opened.rights.accounts()
    rows = [
        {
            "account": one.name,
            "kind": one.kind.value,
            "purposes": list(one.purposes),
            "jurisdictions": list(one.jurisdictions),
            "until": one.until_at.isoformat() if one.until_at is not None else None,
            "open": one.ended_at is None and (one.until_at is None or one.until_at > now),
            "revoked_at": one.ended_at.isoformat() if one.ended_at is not None else None,
            "reason": one.reason,
        }
        for one in found
    ]
    list_rows(rows, ("account", "kind", "open", "reason"), format_name)
    return 0


@command.command(
    name="key", epilog=example('provenance accounts key "J. Morin" --public ~/.ssh/id_ed25519.pub --by "A. Lee"')
)
@click.argument("name")
@click.option("--public", required=True, type=INPUT, metavar="F", help="An Ed25519 public key, of OpenSSH or OpenSSL.")
@click.option("--by", required=True, metavar="WHO", help="Who records it.")
@ledger_option
def key(name: str, public: Path, by: str, ledger: str) -> int:
    """Give the account NAME a key: what it decides can be signed by it (`provenance review sign`).

    Exit status: 0 recorded, 2 an error.
    """
    from provenance.api import Ledger
    from provenance.proofs.ssh_signatures import public_key

    with Ledger.open(ledger, create=False) as opened:
        opened.rights.add_key(name, public_key(public), by=by)
    say(f"{name} signs by this key")
    return 0


@command.command(name="revoke", epilog=example('provenance accounts revoke lab --by AB --reason "contract ended"'))
@click.argument("name")
@click.option("--by", required=True, metavar="NAME", help="Who records it.")
@click.option("--reason", required=True, metavar="TEXT", help="Why.")
@ledger_option
@packs_option
@listing_format
def revoke(name: str, by: str, reason: str, ledger: str, packs: Path | None, format_name: str) -> int:
    """Revoke the account NAME: it is given nothing any more, and what it signed permits nothing.

    The releases that this makes stale are named, with their recipients. Exit status: 0 revoked, 2 an error.
    """
    from provenance.api import Ledger

    with Ledger.open(ledger, packs=packs, create=False) as opened, opened.rights.telling_stale() as told:
        opened.rights.revoke_account(name, by=by, reason=reason)
    tell_stale(f"{name} revoked", told, format_name)
    return 0

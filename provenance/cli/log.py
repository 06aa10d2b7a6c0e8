"""`provenance log`: the ledger's log to the outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import click

from provenance.cli.options import INPUT, example, ledger_option, output_option
from provenance.cli.outputs import target
from provenance.cli.speak import say
from provenance.cli.surroundings import Group
from provenance.printable import counted

_NEW: Final = click.Path(dir_okay=False, path_type=Path)


@click.group(name="log", cls=Group)
def command() -> None:
    """Sign checkpoints of the ledger's log, and prove what it says."""


@command.command(name="key", epilog=example("provenance log key log.key --name example.org/photos"))
@click.argument("file", type=_NEW)
@click.option("--name", required=True, metavar="NAME", help="The key's name, without spaces.")
def key(file: Path, name: str) -> int:
    """Make a private key in the new file FILE, and print the public one that belongs to it.

    An Ed25519 key that you have from OpenSSH does as well. Exit status: 0 made, 2 an error.
    """
    from provenance.proofs.notes import Signer, new_key

    new_key(file)
    click.echo(Signer.load(file, name).verifier.text)
    return 0


@command.command(name="checkpoint", epilog=example("provenance log checkpoint --private log.key --name example.org"))
@click.option("--private", required=True, type=INPUT, metavar="F", help="An Ed25519 key of OpenSSH or OpenSSL.")
@click.option("--name", required=True, metavar="NAME", help="The key's name, which is the log's origin.")
@output_option
@ledger_option
def checkpoint(private: Path, name: str, output: Path | None, ledger: str) -> int:
    """Sign the log as it stands now, as a C2SP checkpoint. Hand it to whoever may ask later.

    Exit status: 0 signed, 2 an error.
    """
    from provenance.api import Ledger
    from provenance.proofs.notes import Signer

    signer = Signer.load(private, name)
    with Ledger.open(ledger, create=False) as opened:
        note = opened.rights.checkpoint(signer)
    with target(output) as out:
        out.write(note.written)
    return 0


@command.command(name="check", epilog=example("provenance log check log.note"))
@click.argument("file", type=INPUT)
@click.option("--key", "keys", multiple=True, metavar="KEY", help="A public key that is believed, NAME+HASH+BASE64.")
@ledger_option
def check(file: Path, keys: tuple[str, ...], ledger: str) -> int:
    """Check that the ledger extends the checkpoint in FILE: nothing that it covers was changed since.

    Exit status: 0 it does, 2 it does not, or an error.
    """
    from provenance.api import Ledger
    from provenance.errors import InputError
    from provenance.proofs.notes import Note

    try:
        note = Note.parse(file.read_bytes().decode())
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is no checkpoint", remedy="name the file that was handed out") from error
    with Ledger.open(ledger, create=False) as opened:
        held = opened.rights.extends(note, keys)
    signed = ", ".join(one.name for one in held.signed_by) or "nobody's signature was checked"
    entries = counted(held.checkpoint.size, "entry", "entries")
    say(f"{held.checkpoint.origin}: {entries}, {held.since:,} more since; {signed}")
    return 0


@command.command(name="prove", epilog=example("provenance log prove --entry 7", "provenance log prove --since 7"))
@click.option("--entry", type=click.IntRange(1), help="Prove that this entry is in the log.")
@click.option("--since", type=click.IntRange(1), help="Prove that the log began with its first entries of that number.")
@output_option
@ledger_option
def prove(entry: int | None, since: int | None, output: Path | None, ledger: str) -> int:
    """Write a proof of inclusion or of consistency (RFC 6962) as JSON.

    Exit status: 0 written, 2 an error.
    """
    from provenance.api import Ledger
    from provenance.errors import UsageError

    if (entry is None) == (since is None):
        raise UsageError("name an entry, or a size", remedy="give --entry or --since")
    with Ledger.open(ledger, create=False) as opened:
        proof: dict[str, Any] = (
            opened.rights.inclusion(entry) if entry is not None else opened.rights.consistency(since or 0)
        )
    with target(output) as out:
        out.write(json.dumps(proof, indent=1) + "\n")
    return 0

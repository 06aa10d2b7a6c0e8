"""`provenance release`: what the gate allowed, frozen, and whether it may still be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

from provenance.cli.listing import Listing, list_rows
from provenance.cli.options import (
    INPUT,
    context_flags,
    context_options,
    context_path,
    example,
    ledger_option,
    listing_format,
    option,
    output_option,
    packs_option,
    quiet_option,
)
from provenance.cli.speak import say, tell_clock
from provenance.cli.surroundings import Group
from provenance.printable import counted, printable

if TYPE_CHECKING:
    from provenance.rights.release_file import Read

_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_waivers_option: Final = option("--waivers", type=INPUT, metavar="F", help="Findings that somebody took upon themself.")


@click.group(name="release", cls=Group)
def command() -> None:
    """Freeze what the gate allows under a name, and look whether it may still be used."""


@command.command(
    name="create",
    epilog=example("provenance release create faces-1 photos --purpose MODEL_TRAINING --by AB -o faces-1.jsonl"),
)
@click.argument("name")
@click.argument("collections", nargs=-1, required=True, metavar="COLLECTION...", type=click.Path())
@click.option("--by", required=True, metavar="NAME", help="Who makes it.")
@click.option("-o", "--output", required=True, type=_FILE, metavar="F", help="The release's file.")
@_waivers_option
@ledger_option
@packs_option
@context_options
@quiet_option
def create(
    *,
    name: str,
    collections: tuple[str, ...],
    by: str,
    output: Path,
    waivers: Path | None,
    ledger: str,
    packs: Path | None,
    context_file: Path | None,
    quiet: bool,
    **flags: Any,
) -> int:
    """Gate COLLECTION as the ledger knows it, and freeze the images that are allowed under NAME.

    The file holds a line for each image and the root over all lines; equal gates give equal bytes. Scan first.
    Exit status: 0 made, 2 an error, 3 nothing was allowed.
    """
    from provenance.api import Ledger
    from provenance.cli.progress import watched
    from provenance.report.whole_file import naming, whole_files

    with Ledger.open(ledger, packs=packs, create=False) as opened, watched(quiet=quiet) as progress:
        context = opened.context(context_path(context_file), **context_flags(**flags))
        tell_clock(flags["as_of"])
        verdicts = opened.judge(collections, context, waivers=waivers, progress=progress)
        with whole_files([output], binary=[True]) as (out,), naming(output):
            release = opened.rights.release(verdicts, name, out, by=by)  # type: ignore[arg-type]
    left_out = len(verdicts) - release.images
    say(f"{name}: {counted(release.images, 'image')}, {left_out:,} left out; root {release.root.hex()}")
    return 0


@command.command(name="list", epilog=example("provenance release list --format jsonl"))
@ledger_option
@listing_format
def show(ledger: str, format_name: str) -> int:
    """List every release. Exit status: 0 listed, 2 an error."""
    from provenance.api import Ledger

    with Ledger.open(ledger, create=False) as opened:
        rows = [
            {
                "release": one.name,
                "images": one.images,
                "made": one.at.isoformat(timespec="seconds"),
                "by": one.by,
                "root": one.root.hex(),
                "sha256": one.file_sha256.hex(),
            }
            for one in opened.rights.releases()
        ]
    list_rows(rows, ("release", "images", "made", "by", "root"), format_name)
    return 0


@command.command(name="status", epilog=example("provenance release status faces-1"))
@click.argument("name")
@_waivers_option
@ledger_option
@packs_option
@quiet_option
@listing_format
def status(*, name: str, waivers: Path | None, ledger: str, packs: Path | None, quiet: bool, format_name: str) -> int:
    """Judge the images of the release NAME again, as of now, and list those that may be used no more.

    Exit status: 0 all may still be used, 1 the release is stale, 2 an error.
    """
    from provenance.api import Ledger
    from provenance.cli.progress import watched
    from provenance.policy.reasons import load_reasons
    from provenance.policy.waivers import read_waivers

    given = read_waivers(waivers, load_reasons()) if waivers is not None else None
    with Ledger.open(ledger, packs=packs, create=False) as opened, watched(quiet=quiet) as progress:
        stale = opened.rights.release_status(name, waivers=given, progress=progress)
        recipients = dict.fromkeys(one.recipient for one in opened.rights.disclosures() if one.release == name)
    with Listing(format_name) as listing:
        for one in stale:
            if listing.wanted:
                row = {"collection": one.collection, "item": one.item, "reason": one.reason, "detail": one.detail}
                listing.add(row)
            else:
                click.echo(printable(f"{one.collection}/{one.item}: {one.reason}: {one.detail}"))
    to_whom = f"given to {', '.join(recipients)}" if recipients else "given to nobody on record"
    gone = f"{name} is stale: {counted(len(stale), 'image')} may be used no more, {to_whom}"
    say(gone if stale else f"{name} is good")
    return 1 if stale else 0


@command.command(name="verify", epilog=example("provenance release verify faces-1.jsonl"))
@click.argument("file", type=INPUT)
@click.option("--note", type=INPUT, metavar="F", help="The signed note that came with it.")
@click.option("--key", "keys", multiple=True, metavar="KEY", help="A public key that is believed, NAME+HASH+BASE64.")
def verify(file: Path, note: Path | None, keys: tuple[str, ...]) -> int:
    """Check FILE against its own header, and against the note that its maker signed. No ledger is needed.

    Exit status: 0 it is as it was released, 2 it is not, or an error.
    """
    from provenance.rights.release_file import read, signed_by

    found = read(file)
    names = signed_by(found, note, keys)
    told = f"signed by {', '.join(names)}" if names else "nobody's signature was checked"
    say(f"{found.name}: {counted(found.images, 'image')}, root {found.root.hex()}; {told}")
    return 0


@command.command(
    name="sign", epilog=example("provenance release sign faces-1.jsonl --private log.key --name example.org -o f.note")
)
@click.argument("file", type=INPUT)
@click.option("--private", required=True, type=INPUT, metavar="F", help="An Ed25519 key of OpenSSH or OpenSSL.")
@click.option("--name", required=True, metavar="NAME", help="The key's name, without spaces.")
@click.option("-o", "--output", required=True, type=_FILE, metavar="F", help="The signed note.")
def sign(file: Path, private: Path, name: str, output: Path) -> int:
    """Sign the release in FILE: a note that names its root and the digest of its header. Prints the public key.

    Exit status: 0 signed, 2 an error.
    """
    from provenance.cli.outputs import target
    from provenance.proofs.notes import Signer
    from provenance.proofs.notes import sign as sign_text
    from provenance.rights.release_file import read, statement

    signer = Signer.load(private, name)
    note = sign_text(statement(read(file)).text, signer)
    with target(output) as out:
        out.write(note.written)
    click.echo(signer.verifier.text)
    return 0


@command.command(name="diff", epilog=example("provenance release diff faces-1.jsonl faces-2.jsonl"))
@click.argument("before", type=INPUT)
@click.argument("after", type=INPUT)
@listing_format
def diff(before: Path, after: Path, format_name: str) -> int:
    """List what AFTER has that BEFORE has not, and what it lacks: two files of releases.

    Exit status: 0 the same images, 1 others, 2 an error.
    """
    from provenance.rights.release_file import differences

    found = differences(before, after)
    with Listing(format_name) as listing:
        for what, collection, item in found:
            if listing.wanted:
                listing.add({"what": what, "collection": collection, "item": item})
            else:
                click.echo(printable(f"{what}: {collection}/{item}"))
    return 1 if found else 0


@command.command(name="statement", epilog=example("provenance release statement faces-1.jsonl -o faces-1.intoto.json"))
@click.argument("file", type=INPUT)
@output_option
def statement(file: Path, output: Path | None) -> int:
    """Write an in-toto statement (v1) of the release in FILE: its digest, purposes, packs, counts and Merkle root.

    The file is checked first, and no ledger is needed. Exit status: 0 written, 2 an error.
    """
    from provenance.report.release_statement import write_statement

    return _told(file, output, write_statement)


@command.command(name="summary", epilog=example("provenance release summary faces-1.jsonl -o croissant.json"))
@click.argument("file", type=INPUT)
@output_option
def summary(file: Path, output: Path | None) -> int:
    """Write a summary of the release in FILE as Croissant, for a dataset's page.

    The file is checked first, and no ledger is needed. Exit status: 0 written, 2 an error.
    """
    from provenance.report.release_statement import write_summary

    return _told(file, output, write_summary)


def _told(file: Path, output: Path | None, write: Callable[[Read, TextIO], None]) -> int:
    from provenance.cli.outputs import target
    from provenance.rights.release_file import read

    found = read(file)
    with target(output) as out:
        write(found, out)
    return 0

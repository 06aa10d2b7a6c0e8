"""`provenance lists`: lists of hashes that others keep, held against every collection at each gate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from provenance.cli.filing import tell_stale
from provenance.cli.listing import Listing
from provenance.cli.options import (
    INPUT,
    example,
    ledger_option,
    listing_format,
    output_option,
    packs_option,
    quiet_option,
)
from provenance.cli.outputs import target
from provenance.cli.progress import watched
from provenance.cli.speak import say
from provenance.cli.surroundings import Group
from provenance.printable import counted
from provenance.report.terminal import name_cell, print_table

if TYPE_CHECKING:
    from provenance.ledger.lists import StoredList

_KINDS: Final = click.Choice(("sha256", "phash256", "pdq"))


@click.group(name="lists", cls=Group)
def command() -> None:
    """Hold lists of hashes against every collection, and write such lists."""


@command.command(name="add", epilog=example("provenance lists add takedown.txt --kind sha256 --for suppression"))
@click.argument("file", type=INPUT)
@click.option("--kind", type=_KINDS, required=True, help="What the hashes are of; a file does not tell.")
@click.option(
    "--for",
    "--purpose",
    "purpose",
    type=click.Choice(("suppression", "illegal")),
    required=True,
    help="What the list is kept for.",
)
@click.option("--name", metavar="N", help="What to call it [default: the file's name].")
@click.option(
    "--radius",
    type=click.IntRange(0, 60),
    default=31,
    show_default=True,
    help="Bits of 256 within which a picture is on the list.",
)
@click.option("--replace", is_flag=True, help="Take the place of the list that has this name.")
@ledger_option
@packs_option
@quiet_option
@listing_format
def add(
    *,
    file: Path,
    kind: str,
    purpose: str,
    name: str | None,
    radius: int,
    replace: bool,
    ledger: str,
    packs: Path | None,
    quiet: bool,
    format_name: str,
) -> int:
    """Take the list of hashes in FILE into the ledger.

    From then on every gate blocks the images that are on it, those scanned later too. A list of the same name that
    counts already is an error, unless --replace lets this one take its place. All faulty lines are reported together,
    and nothing of a list with a fault is taken. The releases that it makes stale are named, with their recipients.
    Exit status: 0 taken, 2 an error.
    """
    from provenance.api import Ledger
    from provenance.lookup.hashlists import HashType, ListPurpose

    with (
        Ledger.open(ledger, packs=packs) as opened,
        watched(quiet=quiet) as progress,
        opened.rights.telling_stale(progress) as told,
    ):
        stored = opened.add_list(
            file,
            kind=HashType(kind),
            purpose=ListPurpose(purpose),
            name=name,
            radius=radius,
            replace=replace,
            progress=progress,
        )
    left = f", {stored.low_quality} too flat to be compared left out" if stored.low_quality else ""
    tell_stale(f"{stored.name}: {counted(stored.entries, 'hash', 'hashes')} taken{left}", told, format_name)
    return 0


@command.command(name="show", epilog=example("provenance lists show --format jsonl"))
@ledger_option
@listing_format
def show(ledger: str, format_name: str) -> int:
    """Show the lists that count now, and how many images are on each.

    Exit status: 0 shown, 2 an error.
    """
    from provenance.api import Ledger

    with Ledger.open(ledger, create=False) as opened:
        images = opened.listed_images()
        rows = [_record(stored, images.get(stored.id, 0)) for stored in opened.lists()]
    with Listing(format_name) as listing:
        if not listing.wanted:
            _write(rows)
            return 0
        for row in rows:
            listing.add(row)
    return 0


@command.command(name="retire", epilog=example("provenance lists retire takedown.txt"))
@click.argument("name")
@ledger_option
def retire(name: str, ledger: str) -> int:
    """Let the list NAME count no more.

    What it held stays in the ledger, with the time at which it was retired. Exit status: 0 retired, 2 an error.
    """
    from provenance.api import Ledger

    with Ledger.open(ledger, create=False) as opened:
        stored = opened.retire_list(name)
    say(f"{stored.name} retired")
    return 0


@command.command(
    name="export", epilog=example("provenance lists export --item photos/a.jpg --kind phash256 -o one.txt")
)
@click.argument("name", required=False)
@click.option("--item", "items", multiple=True, metavar="ITEM", help="A held image, by path or SHA-256; repeatable.")
@click.option("--photo", "photos", multiple=True, metavar="PHOTO", help="An image that is not held; repeatable.")
@click.option("--kind", type=_KINDS, help="What to write of items and photos; a list has its kind.")
@click.option("--bare", is_flag=True, help="Hashes without their quality, and none that are too flat.")
@output_option
@ledger_option
def export(
    name: str | None,
    items: tuple[str, ...],
    photos: tuple[str, ...],
    kind: str | None,
    bare: bool,  # noqa: FBT001 - click passes options by name
    output: Path | None,
    ledger: str,
) -> int:
    """Write the list NAME as it was taken, or a list of items and photos.

    One hash of 64 hexadecimal digits a line, and after a comma the quality of a perceptual one, as ThreatExchange's PDQ
    programs print and read it; its Python command takes them --bare. Photos are read, and nothing of them is kept.
    Exit status: 0 written, 2 an error.
    """
    from provenance.copies import export as exports
    from provenance.errors import UsageError
    from provenance.lookup.hashlists import HashType, write_list

    if (name is None) == (not items and not photos):
        raise UsageError("name a list, or items and photos", remedy="see `provenance lists export --help`")
    if name is None and kind is None:
        raise UsageError("of items and photos a kind is needed", remedy="add --kind")
    entries: list[exports.Entry] = []
    wanted = HashType(kind) if kind is not None else None
    if name is not None or items:
        wanted, entries = _held(ledger, name, items, wanted)
    assert wanted is not None
    entries += exports.of_photos(photos, wanted)
    kept = list(exports.bare(entries)) if bare else entries
    with target(output) as out:
        write_list(out, kept, wanted)
    say(f"{counted(len(kept), 'hash', 'hashes')} written, {len(entries) - len(kept):,} left out")
    return 0


def _held(ledger: str, name: str | None, items: tuple[str, ...], kind: Any) -> tuple[Any, list[Any]]:
    """The kind and the hashes of a list or of held items."""
    from provenance.copies.export import of_items
    from provenance.errors import UsageError
    from provenance.ledger import lists
    from provenance.ledger.database import Database

    database = Database.open(ledger, create=False)
    try:
        with database.reading() as connection:
            if name is None:
                return kind, of_items(connection, items, kind)
            stored = lists.named(connection, name)
            if kind not in (None, stored.hash_type):
                raise UsageError(f"{name} is a list of {stored.hash_type}", remedy="leave --kind out")
            return stored.hash_type, list(lists.entries(connection, stored))
    finally:
        database.close()


def _record(stored: StoredList, images: int) -> dict[str, Any]:
    return {
        "name": stored.name,
        "kind": stored.hash_type.value,
        "for": stored.purpose.value,
        "radius": stored.radius,
        "entries": stored.entries,
        "left_out": stored.low_quality,
        "added_at": stored.added_at.isoformat(),
        "file": stored.file,
        "sha256": stored.digest.hex(),
        "images": images,
    }


def _write(rows: list[dict[str, Any]]) -> None:
    names = ("name", "kind", "for", "radius", "entries", "left_out", "added_at", "images")
    cells = [[name_cell(str(row[name])) for name in names] for row in rows]
    print_table(sys.stdout, [name.replace("_", " ") for name in names], cells)

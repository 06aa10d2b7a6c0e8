"""`provenance find`: where a photo, or an edited copy of it, is held."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from provenance.cli.listing import Listing
from provenance.cli.options import example, ledger_option, listing_format
from provenance.cli.speak import say
from provenance.cli.surroundings import Command
from provenance.errors import InputError, UsageError
from provenance.printable import counted, printable
from provenance.report.terminal import console_on, name_cell, print_table

if TYPE_CHECKING:
    from provenance.copies.find import Match, SearchResult


EXAMPLES = example(
    "provenance find shot.png",
    "provenance find shot.png --format jsonl",
    "provenance find shot.png --account lab --recipient Lab --purpose MODEL_TRAINING --jurisdiction CA --by AB",
)


@click.command(name="find", cls=Command, epilog=EXAMPLES)
@click.argument("photos", nargs=-1, metavar="[PHOTO]...", type=click.Path())
@ledger_option
@click.option(
    "--radius",
    type=click.IntRange(0, 60),
    default=60,
    show_default=True,
    help="Bits of 256 that may differ. Up to 31 is a match and quick, up to 60 takes longer and finds more.",
)
@click.option("--rebuild", is_flag=True, help="First build the search index anew from the ledger.")
@click.option("--account", metavar="NAME", help="The account that is told what is found; it is recorded.")
@click.option("--recipient", metavar="WHO", help="With --account: who is told.")
@click.option("--purpose", metavar="P", help="With --account: what for.")
@click.option("--jurisdiction", metavar="CODE", help="With --account: where it will be used.")
@click.option("--by", metavar="NAME", help="With --account: who searches.")
@click.option("--note", default="", metavar="TEXT", help="With --account: what else should be known.")
@listing_format
def command(
    *,
    photos: tuple[str, ...],
    ledger: str,
    radius: int,
    rebuild: bool,
    format_name: str,
    note: str,
    **asked: str | None,
) -> int:
    """Find where PHOTO, or an edited copy of it, is held.

    Turned, mirrored, framed, straightened and cropped copies are looked for as well. The search is exact: every
    fingerprint within the radius is found. Those beyond 31 bits are left out where the image's other windows speak
    against them. A photo is only read; nothing of it is kept. With no PHOTO, or for `-`, paths are read from standard
    input, one a line.

    Whoever searches on behalf of others names their account: it must be allowed the purpose in that place, and what it
    was told is a disclosure like any other.

    Exit status: 0 something was found for at least one photo, 1 nothing within the radius, 2 an error, or a photo
    that could not be looked for.
    """
    from provenance.api import Ledger
    from provenance.fingerprint.given import read_photo

    asking = _asking(asked)
    if note and not asking:
        raise UsageError("a note is kept only of a search on behalf of somebody", remedy="name their --account")
    statuses = set()
    with Ledger.open(ledger, create=False) as opened, Listing(format_name) as listing:
        finder = opened.finder(rebuild=rebuild)
        noted = _note(finder.note, None)
        for path in _paths(photos):
            try:
                photo = read_photo(path)
                if asking:
                    found = opened.rights.search(photo, **asking, note=note, radius=radius, finder=finder)
                else:
                    found = finder.find(photo, radius=radius)
            except InputError as error:
                say(f"error: {error}")
                statuses.add(2)
                continue
            noted = _note(finder.note, noted)
            _tell(os.fsdecode(path), found, listing)
            # A photo that cannot be decoded was compared by its bytes only: that it was not found says nothing.
            statuses.add(0 if found.matches else 2 if found.problem else 1)
    if not statuses:
        raise InputError("no photo was named", remedy="name one, or write paths to standard input")
    status = 2 if 2 in statuses else min(statuses)
    if status == 1:
        say(f"nothing found within {counted(radius, 'bit')}")
    return status


def _asking(asked: Mapping[str, str | None]) -> dict[str, str]:
    """On whose behalf photos are looked for; nothing where nobody was named."""
    given = {name: value for name, value in asked.items() if value is not None}
    if given and len(given) < len(asked):
        lacking = ", ".join(f"--{name}" for name in asked if name not in given)
        raise UsageError(f"a search on behalf of somebody lacks {lacking}", remedy="name all of them, or none")
    return given


def _note(note: str | None, before: str | None) -> str | None:
    """Say once what was wrong with the index; a changed part of it shows only when it is searched."""
    if note is not None and note != before:
        say(f"note: {note}")
    return note


def _paths(given: Iterable[str]) -> Iterator[str]:
    for path in given or ("-",):
        if path != "-":
            yield path
            continue
        for line in sys.stdin.buffer:
            if name := line.rstrip(b"\r\n"):
                yield os.fsdecode(name)


def _tell(path: str, found: SearchResult, listing: Listing) -> None:
    if listing.wanted:
        listing.add(_record(path, found))
        if found.problem:
            say(f"error: {path}: {found.problem.detail}")
        return
    from rich.text import Text

    console = console_on(sys.stdout)
    console.print(Text(f"{printable(path)}: {_summary(found)}", style="bold"))
    if found.matches:
        rows = []
        for match in found.matches:
            how = "the same file" if match.same_bytes else _how(match)
            how += "; quarantined" if match.quarantined else ""
            rows.append((name_cell(match.item), name_cell(match.collection), str(match.distance), match.tier, how))
        print_table(sys.stdout, ("item", "collection", "distance", "band", "how"), rows)
    console.print()


def _summary(found: SearchResult) -> str:
    images = counted(found.searched, "image")
    if found.exact_within == 0 and not found.matches:
        why = found.problem.detail if found.problem else "too flat or too small to be compared"
        return f"{why}; only the very same file was looked for among {images}, and not found"
    if not found.matches:
        blind = (
            f"; {found.by_bytes_only:,} of them can only be found by their very bytes" if found.by_bytes_only else ""
        )
        return f"nothing within {found.exact_within} bits among {images}{blind}"
    return f"{len(found.matches):,} of {images}"


def _how(match: Match) -> str:
    agreement = match.agreement
    said = [
        "" if match.orientation == "none" else match.orientation,
        "" if match.window == "full" else f"its window {match.window}",
        f"straightened by {match.rotation:g}°" if match.rotation else "",
        "" if match.held_window == "full" else f"a crop of {match.held_window}",
        f"its {match.place}" if match.place else "",
    ]
    met = ", ".join(part for part in said if part) or "as it is"
    return f"{met}; {agreement.hashes} windows {agreement.distance:.0f} bits apart" if agreement else met


def _record(path: str, found: SearchResult) -> dict[str, Any]:
    """The object that `jsonl` prints (exchange formats, section 5)."""
    record: dict[str, Any] = {
        "query": path,
        "searched": found.searched,
        "by_bytes_only": found.by_bytes_only,
        "exact_within": found.exact_within,
        "refuted": found.refuted,
        "matches": [
            {
                "item": match.item,
                "collection": match.collection,
                "collection_uri": match.collection_uri,
                "sha256": match.sha256.hex(),
                "distance": match.distance,
                "band": match.tier,
                "turn": match.orientation,
                "window": match.window,
                "tilt": match.rotation,
                "held_window": match.held_window,
                "place": match.place,
                "same_bytes": match.same_bytes,
                "agreement": match.agreement
                and {"hashes": match.agreement.hashes, "distance": round(match.agreement.distance, 1)},
                "false_match_rate_below": match.false_match_rate_below,
                "quarantined": match.quarantined,
            }
            for match in found.matches
        ],
    }
    if found.problem:
        record["problem"] = {"kind": found.problem.kind.value, "detail": found.problem.detail}
    return record

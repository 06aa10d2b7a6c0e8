"""The options and the answer that the commands for people's requests share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from provenance.cli.listing import Listing
from provenance.cli.options import Function, ledger_option, listing_format, packs_option, quiet_option
from provenance.cli.speak import say
from provenance.printable import counted, printable

if TYPE_CHECKING:
    from provenance.ledger.releases import Affected
    from provenance.rights.about import About
    from provenance.rights.erasing import Erased
    from provenance.rights.orders import Bound
    from provenance.rights.requests import Filed
    from provenance.rights.stale import Telling

_PHOTO: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


def about_options(command: Function) -> Function:
    """What a request is about, each repeatable."""
    for one in (
        click.option("--unknown", is_flag=True, help="Take a pseudonym that no image or record names yet."),
        click.option(
            "--source", metavar="NAME", help="The register or manifest whose pseudonyms and records are meant."
        ),
        click.option(
            "--photo",
            "photos",
            multiple=True,
            type=_PHOTO,
            help="A photo, compared as a whole picture; never needed.",
        ),
        click.option("--hash", "hashes", multiple=True, metavar="SHA256", help="The SHA-256 of a file, held or not."),
        click.option("--url", "urls", multiple=True, metavar="URL", help="An address, and all below it."),
        click.option("--item", "items", multiple=True, metavar="ITEM", help="A held image, by name, path or SHA-256."),
        click.option("--record", "records", multiple=True, metavar="ID", help="A basis record: its person and images."),
        click.option(
            "--person", "persons", multiple=True, metavar="REF", help="A pseudonym: every image that shows it."
        ),
    ):
        command = one(command)
    return command


def request_options(command: Function) -> Function:
    """Who asks, when and from where, and who takes it in."""
    for one in (
        listing_format,
        quiet_option,
        packs_option,
        ledger_option,
        click.option("--by", required=True, metavar="NAME", help="Who takes the request in."),
        click.option("--received", metavar="TIME", help="When it came in, ISO 8601 with an offset [default: now]."),
        click.option(
            "--jurisdiction",
            default="",
            metavar="CODE",
            help="Whose law sets the deadline [default: the shortest of all].",
        ),
        click.option("--identity", default="", metavar="TEXT", help="How it was checked who asks."),
        click.option(
            "--requester", required=True, metavar="REF", help="The person's reference, such as a ticket; no name."
        ),
    ):
        command = one(command)
    return about_options(command)


purpose_option: Final[Callable[[Function], Function]] = click.option(
    "--purpose", "purposes", multiple=True, metavar="P", help="A purpose that this is about [default: every one]."
)


def about_of(given: dict[str, Any]) -> About:
    """What a request is about, taken out of a command's options."""
    from provenance.rights.about import About

    lists = ("persons", "records", "items", "urls", "hashes", "photos")
    return About(**{name: given.pop(name) for name in lists}, source=given.pop("source"), unknown=given.pop("unknown"))


def time_of(text: str | None, flag: str) -> datetime | None:
    """A time that was given on the command line. Raises UsageError."""
    from pydantic_core import PydanticCustomError

    from provenance.errors import UsageError
    from provenance.records.values.time_checks import parse_time

    try:
        return parse_time(text)
    except PydanticCustomError as error:
        raise UsageError(f"{flag} {text}: {error.message()}", remedy="correct it and run again") from error


def file_and_tell(kind: str, given: dict[str, Any]) -> int:
    """Take a request in and say what it reaches."""
    format_name = given.pop("format_name")
    tell(filed(kind, given), format_name)
    return 0


def filed(kind: str, given: dict[str, Any]) -> Filed:
    """Take a request in, as the options of its command say."""
    from provenance.api import Ledger
    from provenance.cli.progress import watched
    from provenance.ledger.requests import RequestKind

    ledger, packs, quiet = given["ledger"], given["packs"], given["quiet"]
    with Ledger.open(ledger, packs=packs, create=False) as opened, watched(quiet=quiet) as progress:
        return opened.rights.file(
            RequestKind(kind),
            about_of(given),
            requester=given["requester"],
            by=given["by"],
            identity=given["identity"],
            jurisdiction=given["jurisdiction"],
            received_at=time_of(given["received"], "--received"),
            purposes=given.get("purposes", ()),
            progress=progress,
        )


def carry_out(ref: str, by: str, ledger: str, *, quiet: bool) -> Erased:
    """Carry an erasure out, and name the files that are left to their owner."""
    from provenance.api import Ledger
    from provenance.cli.progress import watched

    with Ledger.open(ledger, create=False) as opened, watched(quiet=quiet) as progress:
        erased = opened.rights.erase(ref, by=by, progress=progress)
    tell_files(erased)
    return erased


def tell_files(erased: Erased) -> None:
    """Name the files that are left to their owner."""
    for name in erased.files:
        say(f"note: delete the file itself: {name}")


def write_proof(erased: Erased, output: Path | None) -> None:
    """Write the proof of an erasure as JSON."""
    import json

    from provenance.cli.outputs import target

    with target(output) as out:
        out.write(json.dumps(erased.proof, indent=1) + "\n")


def tell_stale(said: str, told: Telling | Bound, format_name: str) -> None:
    """Say what was recorded, and name the releases that it made stale, with their recipients."""
    with Listing(format_name) as listing:
        if listing.wanted:
            listing.add({"recorded": said, "releases": _releases(told.releases)})
        else:
            say(said)
            for one in told.releases:
                images = counted(one.images, "image")
                click.echo(
                    printable(
                        f"stale: the release {one.name} holds {images} that may be used no more{_recipients(one)}"
                    )
                )
    if told.untold:
        say(f"note: whether a release is stale now cannot be said: {told.untold}")


def _releases(several: Iterable[Affected]) -> list[dict[str, Any]]:
    return [{"release": one.name, "images": one.images, "recipients": list(one.recipients)} for one in several]


def _recipients(one: Affected) -> str:
    return f", given to {', '.join(one.recipients)}" if one.recipients else ", given to nobody on record"


def tell(filed: Filed, format_name: str) -> None:
    """Say what became of a request. One for access makes no release stale."""
    from provenance.ledger.requests import RequestKind

    due = f"{filed.request.due_at:%Y-%m-%d}" if filed.request.due_at is not None else None
    with Listing(format_name) as listing:
        if listing.wanted:
            listing.add(
                {
                    "ref": filed.request.ref,
                    "kind": filed.request.kind.value,
                    "images": len(filed.images),
                    "due": due,
                    "rule": filed.rule,
                    "releases": _releases(filed.releases),
                    "maybe": list(filed.maybe),
                }
            )
            return
    term = f"; an answer is due by {due} ({filed.rule})" if due else ""
    click.echo(
        printable(f"{filed.request.ref}: {filed.request.kind} reaches {counted(len(filed.images), 'image')}{term}")
    )
    made = "" if filed.request.kind is RequestKind.ACCESS else "stale: "
    for one in filed.releases:
        click.echo(printable(f"{made}the release {one.name} holds {one.images:,} of them{_recipients(one)}"))
    for name in filed.maybe:
        say(f"note: look at {name}: it resembles the photo and was left as it is")

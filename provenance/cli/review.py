"""`provenance review`: a human's decisions over many images, out to a file and back into the ledger."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provenance.cli.filing import tell_stale
from provenance.cli.listing import Listing
from provenance.cli.options import (
    INPUT,
    Function,
    context_flags,
    context_options,
    context_path,
    example,
    ledger_option,
    listing_format,
    option,
    output_option,
    packs_option,
)
from provenance.cli.outputs import target
from provenance.cli.speak import say, tell_clock
from provenance.cli.surroundings import Group
from provenance.errors import UsageError
from provenance.printable import counted, csv_cell, printable

if TYPE_CHECKING:
    from provenance.ledger.looked_over import Entry
    from provenance.model import Verdict
    from provenance.records.values.local_times import LocalTimes


@click.group(name="review", cls=Group)
def command() -> None:
    """Look at pictures and decide about findings: on a page, or in a spreadsheet."""


@command.command(
    name="serve", epilog=example('provenance review serve photos --purpose MODEL_TRAINING --reviewer "J. Morin"')
)
@click.argument("collections", nargs=-1, required=True, metavar="COLLECTION...")
@ledger_option
@packs_option
@context_options
@option("--reviewer", required=True, metavar="NAME", help="Who looks: the name under which it is put on record.")
@option("--private", type=INPUT, metavar="F", help="The key of the account of that name, to sign with.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, metavar="N", help="Of 127.0.0.1 [default: any].")
def page(
    collections: tuple[str, ...],
    ledger: str,
    packs: Path | None,
    context_file: Path | None,
    reviewer: str,
    private: Path | None,
    port: int,
    **flags: object,
) -> int:
    """Serve a page on this machine on which you look at pictures and say what they show.

    The pictures of scanned COLLECTIONs that do not pass come by finding, source and near-duplicate group, with the
    evidence beside each; every answer has a key. What you say is a fact under your name, which counts from the next
    gate on; it waives no finding. With --private it is signed as you say it, and the page is only served under the
    name of an account that has the key. The page ends with Ctrl-C. Exit status: 0 it was ended, 2 an error.
    """
    from provenance.api import Ledger
    from provenance.placeholders import names_somebody
    from provenance.review.server import serve

    if not names_somebody(reviewer):
        raise UsageError(f"--reviewer {reviewer} names nobody", remedy="give the name or the initials of who looks")
    with Ledger.open(ledger, packs=packs, create=False) as opened:
        context = opened.context(context_path(context_file), **context_flags(**flags))  # type: ignore[arg-type]
        if context.require_signatures and private is None:
            raise UsageError("the context requires signatures", remedy="give your account's key with --private")
        key = opened.rights.signing_key(reviewer, private) if private is not None else None
        queue = opened.review_queue(collections, context)
        decided = serve(queue, reviewer=reviewer, key=key, port=port, ready=_tell_address)
    say(f"{counted(decided, 'picture')} looked at; gate again to see what it comes to")
    return 0


def _tell_address(address: str) -> None:
    click.echo(address)
    say("open this address in a browser of this machine; Ctrl-C ends it")


@command.command(
    name="export", epilog=example("provenance review export photos --purpose MODEL_TRAINING -o review.csv")
)
@click.argument("collections", nargs=-1, required=True, metavar="COLLECTION...")
@ledger_option
@packs_option
@context_options
@output_option
def export(
    collections: tuple[str, ...],
    ledger: str,
    packs: Path | None,
    context_file: Path | None,
    output: Path | None,
    **flags: object,
) -> int:
    """Print one CSV row for each finding that a person may decide.

    A cell that a spreadsheet would compute stands behind an apostrophe, and invisible characters are written out;
    `review import` reads both back.

    Fill in decision (ALLOW or BLOCK), reviewer, at, reason, and expires and ticket if there are any; a row without a
    decision is left for later. Findings that nobody can override are left out. Exit status: 0 written, 2 an error,
    3 nothing to check.
    """
    from provenance.api import Ledger
    from provenance.records.reviews import FILLED, SHOWN

    with Ledger.open(ledger, packs=packs, create=False) as opened:
        context = opened.context(context_path(context_file), **context_flags(**flags))  # type: ignore[arg-type]
        tell_clock(flags["as_of"])
        verdicts = opened.judge(collections, context)
        with target(output) as out:
            rows = csv.writer(out, lineterminator="\n")
            rows.writerow(("finding", *SHOWN, *FILLED))
            for verdict in verdicts:
                rows.writerows(map(csv_cell, row) for row in _open_to_review(verdict))
    return 0


def _open_to_review(verdict: Verdict) -> Iterator[tuple[str, ...]]:
    """A row for each finding of an image that a person may decide, with empty cells for the decision."""
    from provenance.policy.overrides import fingerprint
    from provenance.policy.reasons import load_reasons
    from provenance.records.reviews import FILLED
    from provenance.vocabulary import Decision

    sha256 = verdict.sha256.hex() if verdict.sha256 else ""
    for reason in verdict.reasons:
        mark = fingerprint(reason, verdict)
        decidable = reason.decision in (Decision.REVIEW, Decision.BLOCK) and load_reasons()[reason.code].overridable
        if mark is not None and decidable:
            about = (verdict.item, sha256, reason.code, reason.decision.value, reason.jurisdiction, reason.person)
            yield (mark, *(text or "" for text in about), reason.detail, reason.citation, *("" for _ in FILLED))


@command.command(
    name="sheet",
    epilog=example(
        'provenance review sheet photos --purpose MODEL_TRAINING --reviewer "J. Morin" -o sheet.csv --thumbnails small'
    ),
)
@click.argument("collections", nargs=-1, required=True, metavar="COLLECTION...")
@ledger_option
@packs_option
@context_options
@option("--reviewer", default="", metavar="NAME", help="Who will look: fills that column.")
@click.option(
    "--thumbnails", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write small pictures here."
)
@output_option
def sheet(
    collections: tuple[str, ...],
    ledger: str,
    packs: Path | None,
    context_file: Path | None,
    reviewer: str,
    thumbnails: Path | None,
    output: Path | None,
    **flags: object,
) -> int:
    """Print one CSV row for each picture that does not pass, for what a person sees in it.

    Fill in persons_status (NONE or PRESENT), persons (how many), age (MINOR or ADULT), synthetic, sensitive (true),
    reviewer, and at if it is not when the file was saved; a row without any of the first five is left for later. What
    is filled in is a fact under the reviewer's name and waives no finding. `review import` reads the file back, also
    with semicolons and dates as a spreadsheet writes them. Exit status: 0 written, 2 an error, 3 nothing to check.
    """
    from provenance.api import Ledger
    from provenance.fingerprint.stderr import c_stderr_discarded
    from provenance.report.gate_report import GateReport
    from provenance.report.look_sheet import write_sheet

    with Ledger.open(ledger, packs=packs, create=False) as opened:
        context = opened.context(context_path(context_file), **context_flags(**flags))  # type: ignore[arg-type]
        tell_clock(flags["as_of"])
        report = GateReport(opened.judge(collections, context), ledger=opened)
        with target(output) as out, c_stderr_discarded():
            written = write_sheet(report, out, thumbnails=thumbnails, reviewer=reviewer)
    say(f"{counted(written, 'picture')} to look at")
    return 0


def times_options(command: Function) -> Function:
    """The options that say how a spreadsheet wrote its times."""
    for one in (
        click.option(
            "--dates",
            type=click.Choice(("YMD", "DMY", "MDY")),
            default="YMD",
            show_default=True,
            help="How days are written.",
        ),
        click.option("--zone", metavar="ZONE", help="The zone of times without one, such as Europe/Berlin or +02:00."),
    ):
        command = one(command)
    return command


@command.command(
    name="import",
    epilog=example(
        "provenance review import review.csv",
        "provenance review import sheet.csv --zone America/Toronto --dates DMY",
    ),
)
@click.argument("file", type=INPUT)
@ledger_option
@packs_option
@times_options
@listing_format
def take(*, file: Path, ledger: str, packs: Path | None, zone: str | None, dates: str, format_name: str) -> int:
    """Take what people decided or saw, as written into FILE, into the ledger, with who and when.

    It counts from the next gate on. In a file of `review export`, ALLOW makes a finding ALLOW_BY_REVIEW for at most
    180 days, BLOCK makes it BLOCK; in one of `review sheet`, each row is a fact. Commas, semicolons and tabs part its
    columns; --zone and --dates say how a spreadsheet wrote its times. All faults of the file are reported together,
    and nothing of a file with a fault is taken. The releases that it makes stale are named, with their recipients.
    Exit status: 0 taken, 2 an error.
    """
    from provenance.api import Ledger
    from provenance.records.looks import holds_looks

    times = _times(zone, dates)
    with Ledger.open(ledger, packs=packs, create=False) as opened, opened.rights.telling_stale() as told:
        if holds_looks(file):
            taken = counted(opened.take_looks(file, times=times), "look")
        else:
            taken = counted(opened.take_reviews(file, times=times), "decision")
    tell_stale(f"{taken} taken", told, format_name)
    return 0


def _times(zone: str | None, dates: str) -> LocalTimes:
    from provenance.records.values.local_times import LocalTimes, zone_of

    try:
        return LocalTimes(zone_of(zone) if zone is not None else None, dates, excel=zone is not None)
    except ValueError as error:
        raise UsageError(f"--zone {zone}: {error}", remedy="give an IANA name or an offset") from error


@command.command(
    name="sign",
    epilog=example(
        'provenance review sign review.csv --private ~/.ssh/id_ed25519 --account "J. Morin" -o signed.csv',
        'provenance review sign sheet.csv --private ~/.ssh/id_ed25519 --account "J. Morin" --dates DMY -o signed.csv',
    ),
)
@click.argument("file", type=INPUT)
@click.option("--private", required=True, type=INPUT, metavar="F", help="An Ed25519 key of OpenSSH or OpenSSL.")
@click.option("--account", required=True, metavar="NAME", help="Whose key it is: the reviewer or approver.")
@times_options
@output_option
def sign(file: Path, private: Path, account: str, zone: str | None, dates: str, output: Path | None) -> int:
    """Sign what NAME says in FILE: the rows of a file of reviews or of a sheet of looks, or waivers (TOML).

    Each is signed for its image and time with all that it says, a review and a waiver for the finding and the purpose,
    in the form of `ssh-keygen -Y sign`; whoever changes a word of it has to ask for another signature. What others say
    stays as it is. Exit status: 0 written, 2 an error.
    """
    from provenance.policy.waivers import MAX_BYTES
    from provenance.proofs.notes import private_key
    from provenance.records import looks, reviews
    from provenance.rights.signing import signed_looks, signed_reviews, signed_waivers

    key = private_key(private)
    if file.suffix.lower() == ".toml":
        with file.open("rb") as waivers:
            signed = signed_waivers(waivers.read(MAX_BYTES + 1), str(file), key, account)
        with target(output) as out:
            out.write(signed.decode())
        return 0
    times = _times(zone, dates)
    if looks.holds_looks(file):
        columns, rows, what = looks.CSV_COLUMNS, list(signed_looks(file, key, account, times)), "look"
    else:
        columns, rows, what = reviews.CSV_COLUMNS, list(signed_reviews(file, key, account, times)), "decision"
    with target(output) as out:
        written = csv.writer(out, lineterminator="\n")
        written.writerow(columns)
        written.writerows(map(csv_cell, row) for row in rows)
    mine = sum(row[columns.index("reviewer")] == account for row in rows)
    say(f"{counted(mine, what)} of {account} signed")
    return 0


@command.command(name="list", epilog=example("provenance review list", "provenance review list --format jsonl"))
@ledger_option
@listing_format
def listed(ledger: str, format_name: str) -> int:
    """List what people decided and saw, each under the name by which `review revoke` takes it back.

    Standard error says how far those agree who looked at the same pictures. Exit status: 0 listed, 2 an error,
    3 nothing on record.
    """
    from provenance.gate.agreement import agreement
    from provenance.ledger import looked_over, looks
    from provenance.ledger.database import Database
    from provenance.report.records import look_record

    database = Database.open(ledger, create=False)
    shown = 0
    try:
        with database.reading() as connection, Listing(format_name) as listing:
            for entry in looked_over.listed(connection):
                shown += 1
                if listing.wanted:
                    told = look_record(entry.look) if entry.look is not None else _decision_record(entry)
                    about = {"name": entry.name, "item": entry.item, "sha256": entry.sha256.hex()}
                    listing.add({**about, **told, "signed": entry.signed, "ended_by": entry.ended_by or None})
                else:
                    click.echo(printable(_entry_line(entry)))
            say(agreement(looks.each(connection, several=True)).sentence)
    finally:
        database.close()
    return 0 if shown else 3


def _decision_record(entry: Entry) -> dict[str, str]:
    return {
        "reviewer": entry.reviewer,
        "at": entry.at.isoformat(),
        "decision": entry.decision,
        "code": entry.code,
        "reason": entry.reason,
    }


def _entry_line(entry: Entry) -> str:
    from provenance.policy.looks import told

    what = told(entry.look) if entry.look is not None else f"{entry.reviewer} on {entry.at.date()}: {entry.decision}"
    about = f" {entry.code}, {entry.signed}" if entry.code else ""
    ended = f"; taken back by {entry.ended_by}" if entry.ended_by else ""
    return f"{entry.name:14}{entry.item or entry.sha256.hex()[:12]}  {what}{about} ({entry.reason}){ended}"


@command.command(
    name="revoke",
    epilog=example('provenance review revoke look:12 decision:3 --by "J. Morin" --reason "wrong picture"'),
)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@ledger_option
@click.option("--by", required=True, metavar="WHO", help="Who takes it back.")
@click.option("--reason", required=True, metavar="TEXT", help="Why.")
def revoke(names: tuple[str, ...], ledger: str, by: str, reason: str) -> int:
    """Take back looks and decisions by the names that `review list` gives; they stay on record, and count no more.

    Exit status: 0 taken back, 2 an error.
    """
    from provenance.ledger import looked_over
    from provenance.ledger.database import Database
    from provenance.placeholders import names_somebody

    if not names_somebody(by) or not reason.strip():
        raise UsageError("taking back needs a name and a reason", remedy="give --by and --reason")
    database = Database.open(ledger, create=False)
    try:
        with database.writing() as connection:
            ended = looked_over.take_back(connection, names, by=by, reason=reason, at=datetime.now(UTC))
    finally:
        database.close()
    say(f"{counted(ended, 'entry', 'entries')} taken back; gate again to see what it comes to")
    return 0

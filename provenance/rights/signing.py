"""Signing what a person says with their own key: the rows of a file of reviews or of a sheet of looks, the entries of a
file of waivers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provenance.armour import in_a_line
from provenance.errors import InputError, UsageError
from provenance.ledger.database import Database
from provenance.ledger.signatures import Signatories
from provenance.policy.reasons import load_reasons
from provenance.policy.waivers import parse_waivers
from provenance.proofs.decisions import NAMESPACE, Said, signed
from provenance.proofs.notes import private_key
from provenance.proofs.ssh_signatures import sign
from provenance.records.looks import read_looks
from provenance.records.reviews import SIGNATURE, read_reviews
from provenance.vocabulary import Decision, PersonsStatus

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from provenance.records.values.local_times import LocalTimes

_HEADER: Final = re.compile(rb"^\[\[\s*waiver\s*\]\][ \t]*(#[^\n]*)?\r?$", re.MULTILINE)


def signing_key(database: Database, path: Path, account: str) -> Ed25519PrivateKey:
    """The private key in a file, by which an account signs. Raises UsageError where it may not, InputError."""
    private, now = private_key(path), datetime.now(UTC)
    with database.reading() as connection:
        signatories = Signatories.of(connection, now)
    fault = signatories.fault(account, b"", sign(b"", private, NAMESPACE), given_at=now, purpose=None)
    if fault:
        raise UsageError(f"{path}: {fault}", remedy="see `provenance accounts list` and `provenance accounts key`")
    return private


def signed_reviews(
    path: Path, private: Ed25519PrivateKey, account: str, times: LocalTimes | None = None
) -> Iterator[tuple[str, ...]]:
    """The decided rows of a file of reviews by its `CSV_COLUMNS`, those of one account signed.

    What others decided stays as it is. Raises RowErrors, InputError.
    """
    for review in read_reviews(path, times=times).iterate():
        own = _of_account(review, private, account)
        yield (
            own.finding,
            own.sha256.hex() if own.sha256 is not None else "",
            own.code,
            "BLOCK" if own.decision is Decision.BLOCK else "ALLOW",
            own.reviewer,
            own.at.isoformat(),
            own.expires.isoformat(),
            own.reason,
            own.ticket,
            in_a_line(own.signature) if own.signature else "",
        )


def signed_looks(
    path: Path, private: Ed25519PrivateKey, account: str, times: LocalTimes | None = None
) -> Iterator[tuple[str, ...]]:
    """The filled rows of a sheet of looks by its `CSV_COLUMNS`, those of one account signed.

    What others saw stays as it is. Raises RowErrors, InputError.
    """
    for _, look in read_looks(path, times=times).iterate():
        own = _of_account(look, private, account)
        yield (
            own.sha256.hex(),
            own.persons_status.value if own.persons_status is not PersonsStatus.UNKNOWN else "",
            str(own.persons or ""),
            own.age.value if own.age is not None else "",
            "true" if own.synthetic else "",
            "true" if own.sensitive else "",
            own.reviewer,
            own.at.isoformat(),
            own.reason,
            in_a_line(own.signature) if own.signature else "",
        )


def _of_account(said: Said, private: Ed25519PrivateKey, account: str) -> Said:
    return signed(said, private) if said.reviewer == account else said


def signed_waivers(data: bytes, source: str, private: Ed25519PrivateKey, account: str) -> bytes:
    """A file of waivers in which those of one account are signed, and nothing else is changed.

    Raises PackError for a file that is none, InputError for one whose entries cannot be told apart or are signed.
    """
    waivers = parse_waivers(data, source, load_reasons())
    headers = list(_HEADER.finditer(data))
    problem = InputError(f"{source}: its entries cannot be signed in place", remedy="begin each by a line [[waiver]]")
    if len(headers) != len(waivers.entries):
        raise problem
    pieces, last = [], 0
    for header, waiver in zip(headers, waivers.entries, strict=True):
        pieces.append(data[last : header.end()])
        last = header.end()
        if waiver.approver != account:
            continue
        if waiver.signature:
            raise InputError(f"{source}: waiver {waiver.place} is signed already", remedy="take its signature out")
        pieces.append(f'\n{SIGNATURE} = "{in_a_line(sign(waiver.statement, private, NAMESPACE))}"'.encode())
    whole = b"".join((*pieces, data[last:]))
    if _without_signatures(whole) != _without_signatures(data):
        raise problem
    return whole


def _without_signatures(data: bytes) -> list[dict[str, object]]:
    try:
        entries = tomllib.loads(data.decode())["waiver"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return []
    return [{name: value for name, value in entry.items() if name != SIGNATURE} for entry in entries]

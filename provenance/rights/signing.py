"""Signing decisions with a person's own key: the rows of a file of reviews, the entries of a file of waivers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provenance.armour import in_a_line
from provenance.errors import InputError
from provenance.policy.reasons import load_reasons
from provenance.policy.waivers import parse_waivers
from provenance.proofs.decisions import NAMESPACE, review_statement
from provenance.proofs.ssh_signatures import sign
from provenance.records.reviews import SIGNATURE, read_reviews

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_HEADER: Final = re.compile(rb"^\[\[\s*waiver\s*\]\][ \t]*(#[^\n]*)?\r?$", re.MULTILINE)


def signed_reviews(path: Path, private: Ed25519PrivateKey, account: str) -> Iterator[tuple[str, ...]]:
    """The decided rows of a file of reviews by its `CSV_COLUMNS`, those of one account signed.

    What others decided stays as it is. Raises RowErrors, InputError.
    """
    for review in read_reviews(path).iterate():
        mine = review.reviewer == account
        signature = sign(review_statement(review), private, NAMESPACE) if mine else review.signature
        yield (
            review.finding,
            review.sha256.hex() if review.sha256 is not None else "",
            review.code,
            "BLOCK" if review.decision.value == "BLOCK" else "ALLOW",
            review.reviewer,
            review.at.isoformat(),
            review.expires.isoformat(),
            review.reason,
            review.ticket,
            in_a_line(signature) if signature else "",
        )


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
    signed = b"".join((*pieces, data[last:]))
    if _without_signatures(signed) != _without_signatures(data):
        raise problem
    return signed


def _without_signatures(data: bytes) -> list[dict[str, object]]:
    try:
        entries = tomllib.loads(data.decode())["waiver"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return []
    return [{name: value for name, value in entry.items() if name != SIGNATURE} for entry in entries]

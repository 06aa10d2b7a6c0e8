"""Releases: frozen, equal bytes, verified by somebody with the file alone, and judged again whenever it is asked."""

from __future__ import annotations

import io
import json
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import provenance as pv
from provenance.errors import InputError, NothingToCheck, UsageError, VerdictsStale
from provenance.proofs import merkle
from provenance.proofs.canonical import canonical
from provenance.proofs.notes import Signer, sign
from provenance.rights import release_file
from provenance.rights.about import About

from .conftest import People, again, photo
from .test_erasure import problems
from .test_requests import A, ask

NOW = datetime.now(UTC)


def release(people: People, name: str = "faces-1", *, as_of: datetime | None = None, at: Path | None = None) -> Path:
    verdicts = people.ledger.gate(people.photos, purpose="MODEL_TRAINING", as_of=as_of)
    out = io.BytesIO()
    people.ledger.rights.release(verdicts, name, out, by="AB")
    path = at or people.root / f"{name}.jsonl"
    path.write_bytes(out.getvalue())
    return path


def test_equal_gates_give_equal_bytes_and_the_file_proves_itself(people: People) -> None:
    one = release(people, "faces-1", as_of=NOW)
    two = release(people, "faces-2", as_of=NOW)
    assert one.read_bytes() == two.read_bytes().replace(b'"name":"faces-2"', b'"name":"faces-1"')
    found = release_file.read(one)
    lines = one.read_bytes().split(b"\n")[1:-1]
    assert (found.name, found.images) == ("faces-1", 10)
    assert found.root == merkle.root_of(map(merkle.leaf_hash, lines))
    assert b"p1" not in b"".join(lines)  # no pseudonym leaves the house
    assert [one["item"] for one in release_file.items(one)] == [row["file_name"] for row in people.rows()]
    assert problems(people.ledger) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("one", "both", [("added", "photos", "a0.png")]),
        ("both", "one", [("removed", "photos", "a0.png")]),
        ("one", "other", [("changed", "photos", "a0.png")]),
        ("both", "both", []),
    ],
)
def test_two_releases_differ_by_their_images_also_where_two_collections_have_one_name(
    tmp_path: Path, before: str, after: str, told: list[tuple[str, str, str]]
) -> None:
    def line(digest: str) -> bytes:
        return canonical({"collection": "photos", "item": "a0.png", "sha256": digest})

    for name, digests in (("one", "a"), ("other", "b"), ("both", "ba")):
        lines = [line(one) for one in digests]
        root = merkle.root_of(map(merkle.leaf_hash, lines)).hex()
        header = {"format": release_file.FORMAT, "name": name, "root": root, "images": len(lines), **HEADER}
        with (tmp_path / name).open("wb") as out:
            release_file.write(out, canonical(header), lines)
    assert release_file.differences(tmp_path / before, tmp_path / after) == told


HEADER: dict[str, Any] = {
    "context": {},
    "rulepacks": {},
    "counts": {},
    "waivers": [],
    "clock": NOW.isoformat(),
    "by": "AB",
    "software": "provenance",
}


def test_only_what_is_allowed_is_released(people: People) -> None:
    ask(people, persons=("p1",))
    path = release(people)
    assert {one["item"] for one in release_file.items(path)} == {row["file_name"] for row in people.rows()} - A
    ask(people, "restrict", urls=("https://photos.example",))
    with pytest.raises(NothingToCheck, match="allowed no image"):
        release(people, "faces-2")


@pytest.mark.parametrize("change", ["line", "drop", "swap", "add", "header", "cut"])
def test_a_changed_file_is_found_out(people: People, change: str) -> None:
    path = release(people)
    header, *lines = path.read_bytes().split(b"\n")[:-1]
    changed = {
        "line": [header, lines[0].replace(b"a0.png", b"a9.png"), *lines[1:]],
        "drop": [header, *lines[:-1]],
        "swap": [header, lines[1], lines[0], *lines[2:]],
        "add": [header, *lines, lines[0]],
        "header": [header.replace(b'"images":10', b'"images": 10'), *lines],
        "cut": [header, *lines],
    }[change]
    path.write_bytes(b"\n".join(changed) + (b"" if change == "cut" else b"\n"))
    with pytest.raises(InputError):
        release_file.read(path)


def test_a_signed_release_is_verified_with_the_public_key_alone(people: People) -> None:
    path = release(people)
    signer = Signer.of(Ed25519PrivateKey.generate(), "example.org/photos")
    note = people.root / "faces.note"
    note.write_text(sign(release_file.statement(release_file.read(path)).text, signer).written)
    found = release_file.read(path)
    assert release_file.signed_by(found, note, [signer.verifier.text]) == ("example.org/photos",)
    other = Signer.of(Ed25519PrivateKey.generate(), "example.org/photos")
    with pytest.raises(InputError, match="nobody who is believed"):
        release_file.signed_by(found, note, [other.verifier.text])
    second = release_file.read(release(people, "faces-2"))
    with pytest.raises(InputError, match="signed for another release"):
        release_file.signed_by(second, note, [signer.verifier.text])


def test_released_at_ten_withdrawn_at_half_past_eleven_and_read_after_midnight(people: People) -> None:
    """The image is blocked, and the release and its earlier version are named as stale."""
    release(people, "faces-1", as_of=NOW - timedelta(hours=26))
    release(people, "faces-2", as_of=NOW - timedelta(hours=2))
    rights = people.ledger.rights
    assert rights.release_status("faces-2") == []
    filed = rights.file(
        "withdraw", About(persons=("p1",)), requester="T-1", by="AB", received_at=NOW - timedelta(minutes=40)
    )
    assert [(one.name, one.images) for one in filed.releases] == [("faces-1", 4), ("faces-2", 4)]
    assert people.decisions()["a0.png"] == ("BLOCK", "CONSENT_WITHDRAWN")
    for name in ("faces-1", "faces-2"):
        stale = rights.release_status(name)
        assert {one.item for one in stale} == A
        assert {one.reason for one in stale} == {"CONSENT_WITHDRAWN"}


class _SaysNo(io.BytesIO):
    """A file during whose writing somebody takes their consent back, at a ledger opened beside."""

    def __init__(self, people: People) -> None:
        super().__init__()
        self._people, self._said = people, False

    def write(self, data: Any, /) -> int:
        if not self._said:
            self._said = True
            with pv.open(self._people.target) as beside:
                beside.rights.file("withdraw", About(persons=("p1",)), requester="T-1", by="AB")
        return super().write(data)


def test_who_says_no_while_a_release_is_written_is_in_none(people: People) -> None:
    """Their request named no release, since there was none yet: so none may come into being with them."""
    verdicts = people.ledger.gate(people.photos, purpose="MODEL_TRAINING")
    with pytest.raises(VerdictsStale):
        people.ledger.rights.release(verdicts, "faces-1", _SaysNo(people), by="AB")
    assert people.ledger.rights.releases() == []
    people.ledger.rights.release(verdicts.again(), "faces-1", io.BytesIO(), by="AB")
    assert people.ledger.rights.release_status("faces-1") == []


def beside(people: People, data: bytes, *events: dict[str, str]) -> None:
    """Another collection, of one picture that shows p9, who says this."""
    other = people.root / "other"
    other.mkdir()
    (other / "copy.png").write_bytes(data)
    manifest, register = people.root / "other.jsonl", people.root / "other records.jsonl"
    manifest.write_text(json.dumps(people.shows("copy.png", "p9")) + "\n")
    register.write_text(json.dumps({**people.consent("p9", "r9"), "events": list(events)}) + "\n")
    people.ledger.scan(other, manifest=manifest, records=register)


@pytest.mark.parametrize(
    ("data", "state", "reason"),
    [
        (photo(8), "REFUSED", "NEAR_DUPLICATE_OF_BLOCKED"),  # the very bytes of n0.png
        (again(photo(8), scale=0.8), "REFUSED", "NEAR_DUPLICATE_OF_BLOCKED"),
        (photo(99), "REFUSED", ""),
    ],
)
def test_what_its_copies_say_of_an_image_counts_for_its_release(
    people: People, data: bytes, state: str, reason: str
) -> None:
    """As it does at the gate: what somebody refused in another collection is not given away from here."""
    release(people)
    people.ledger.rights.open_account("lab", "organisation", by="AB")
    with people.ledger.rights.telling_stale() as told:
        beside(people, data, {"state": state, "at": "2026-06-01T10:00:00+00:00"})
    expected = {"n0.png": reason} if reason else {}
    assert {name: one[1] for name, one in people.decisions().items() if one[0] != "ALLOW"} == expected
    assert {one.item: one.reason for one in people.ledger.rights.release_status("faces-1")} == expected
    assert [(one.name, one.images) for one in told.releases] == ([("faces-1", 1)] if reason else [])
    asked = {"account": "lab", "recipient": "Lab", "purpose": "MODEL_TRAINING", "jurisdiction": "CA", "by": "AB"}
    with pytest.raises(UsageError, match="is stale") if reason else nullcontext():
        people.ledger.rights.disclose("faces-1", **asked)


def test_an_erased_image_leaves_its_releases_stale(people: People) -> None:
    release(people)
    filed = ask(people, "erase", items=("n0.png",))
    assert [one.name for one in filed.releases] == ["faces-1"]
    people.ledger.rights.erase(filed.request.ref, by="AB")
    (stale,) = people.ledger.rights.release_status("faces-1")
    assert (stale.reason, stale.item.startswith("(erased")) == ("GONE", True)
    assert problems(people.ledger) == []


def test_an_image_that_only_moved_in_the_manifest_is_still_good(people: People) -> None:
    release(people)
    people.scan(list(reversed(people.rows())))
    assert people.ledger.rights.release_status("faces-1") == []


def test_a_name_is_used_once(people: People) -> None:
    release(people)
    with pytest.raises(UsageError, match="there is a release faces-1 already"):
        release(people)
    with pytest.raises(UsageError, match="there is no release faces-9"):
        people.ledger.rights.release_status("faces-9")


def test_the_header_says_what_it_was_judged_by(people: People) -> None:
    header = json.loads(release(people, as_of=NOW).read_bytes().split(b"\n")[0])
    assert header["clock"] == NOW.isoformat()
    assert header["context"]["purpose"] == "MODEL_TRAINING"
    assert "CA" in header["rulepacks"]
    assert header["counts"] == {"ALLOW": 10}

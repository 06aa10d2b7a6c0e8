"""A request that reaches those who received copies: written by one ledger, taken in by another."""

from __future__ import annotations

import base64
import io
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

import provenance as pv
from provenance.api import Ledger
from provenance.errors import InputError, UsageError
from provenance.ledger.database import Database
from provenance.lookup.hashlists import HashType, write_list
from provenance.policy.packs import load_packs
from provenance.rights.about import About
from provenance.rights.request_file import read_request
from provenance.rights.requests import Asked, file_request
from provenance.run.progress import Silent

from .conftest import People, again, framed, photo
from .test_erasure import problems
from .test_requests import ask

SUPPRESSED = ("BLOCK", "SUPPRESSED_ERASURE_REQUEST")


class Receiver:
    """Somebody else's ledger: copies of pictures 0, 1 and 8 under other names, with records of their own."""

    def __init__(self, root: Path, people: People) -> None:
        self.photos = root / "received"
        self.photos.mkdir()
        self.ledger = pv.open(root / "theirs.db")
        self.row = people.row

    def scan(self, **files: bytes) -> None:
        for name, data in files.items():
            (self.photos / f"{name}.jpg").write_bytes(data)
        manifest = self.photos.parent / "theirs.jsonl"
        names = sorted(path.name for path in self.photos.iterdir())
        manifest.write_text("".join(json.dumps(self.row(name)) + "\n" for name in names))
        self.ledger.scan(self.photos, manifest=manifest)

    def decisions(self, purpose: str = "MODEL_TRAINING") -> dict[str, tuple[str, str]]:
        verdicts = self.ledger.gate(self.photos, purpose=purpose)
        return {one.item.removesuffix(".jpg"): (one.decision.value, one.reason) for one in verdicts}


@pytest.fixture
def receiver(people: People, tmp_path: Path) -> Iterator[Receiver]:
    made = Receiver(tmp_path, people)
    with made.ledger:
        made.scan(
            encoded=again(photo(0), quality=60),
            cut=again(photo(1), keep=0.94, scale=0.8),
            other=again(photo(9)),
        )
        yield made


def exported(ledger: Ledger, ref: str, path: Path) -> Path:
    out = io.StringIO()
    ledger.rights.export(ref, out)
    path.write_text(out.getvalue())
    return path


@pytest.mark.parametrize("kind", ["erase", "restrict", "withdraw"])
def test_edited_copies_at_the_receiver_are_suppressed_and_nothing_else(
    people: People, receiver: Receiver, kind: str
) -> None:
    """Re-encoded, and lightly cropped and resized, with fresh and valid records (issue: the photo that returns)."""
    assert {decision for decision, _ in receiver.decisions().values()} == {"ALLOW"}
    filed = ask(people, kind, items=("a0.png", "a1.png")) if kind != "withdraw" else ask(people, persons=("p1",))
    path = exported(people.ledger, filed.request.ref, people.root / "request.json")
    taken = receiver.ledger.rights.take_over(path, requester="their Q-1", by="CD")
    assert (taken.request.kind.value, len(taken.images)) == (kind, 2)
    found = receiver.decisions()
    assert (found["encoded"], found["cut"], found["other"][0]) == (SUPPRESSED, SUPPRESSED, "ALLOW")
    assert problems(receiver.ledger) == []


def test_what_was_erased_by_the_sender_is_erased_by_the_receiver_and_stays_out(
    people: People, receiver: Receiver
) -> None:
    filed = ask(people, "erase", items=("a0.png", "a1.png"))
    people.ledger.rights.erase(filed.request.ref, by="AB")
    path = exported(people.ledger, filed.request.ref, people.root / "request.json")
    header, *pictures = map(json.loads, path.read_text().splitlines())
    assert header == {"format": "provenance-request/1", "ref": "Q-1", "kind": "erase", "purposes": []}
    assert {name for one in pictures for name in one} == {"sha256", "wholes", "parts"}  # no name, no address
    taken = receiver.ledger.rights.take_over(path, requester="their Q-1", by="CD")
    erased = receiver.ledger.rights.erase(taken.request.ref, by="CD")
    assert erased.erasure.images == 2
    for name in ("encoded", "cut"):
        (receiver.photos / f"{name}.jpg").unlink()
    receiver.scan(back=again(photo(1), keep=0.92, scale=0.6), fine=again(photo(7)))
    found = receiver.decisions()
    assert (found["back"], found["fine"][0], found["other"][0]) == (SUPPRESSED, "ALLOW", "ALLOW")
    assert problems(receiver.ledger) == []


def test_a_request_for_a_purpose_is_one_for_that_purpose_at_the_receiver(people: People, receiver: Receiver) -> None:
    filed = ask(people, "object", items=("a0.png",), purposes=("MODEL_TRAINING",))
    path = exported(people.ledger, filed.request.ref, people.root / "request.json")
    receiver.ledger.rights.take_over(path, requester="their Q-1", by="CD")
    assert receiver.decisions()["encoded"] == SUPPRESSED
    assert receiver.decisions("WEBSITE_DISPLAY")["encoded"] != SUPPRESSED


@pytest.mark.parametrize("kind", [HashType.SHA256, HashType.PHASH256])
def test_a_list_of_hashes_goes_to_those_who_have_other_tools_and_comes_back_in(
    people: People, receiver: Receiver, kind: HashType
) -> None:
    """A list of digests meets the very bytes, one of perceptual hashes re-encoded, cut and framed copies too."""
    receiver.scan(same=photo(0), lightly_cut=again(photo(0), keep=0.93, scale=0.7), in_a_frame=framed(photo(0)))
    filed = ask(people, "restrict", items=("a0.png",))
    path = people.root / "takedown.txt"
    with path.open("w") as out:
        write_list(out, people.ledger.rights.kept_out(filed.request.ref, kind), kind)
    receiver.ledger.add_list(path, kind=kind, purpose="suppression")
    found = receiver.decisions()
    assert found["same"] == SUPPRESSED
    for copy in ("encoded", "lightly_cut", "in_a_frame"):
        assert (found[copy] == SUPPRESSED) is (kind is HashType.PHASH256), copy
    assert found["other"][0] == "ALLOW"


def test_what_keeps_nothing_out_is_not_handed_on(people: People) -> None:
    access = ask(people, "access", persons=("p1",))
    lifted = ask(people, "restrict", items=("n0.png",))
    people.ledger.rights.lift(lifted.request.ref, by="AB", note="settled")
    for filed in (access, lifted):
        with pytest.raises(UsageError, match="keeps nothing out"):
            people.ledger.rights.export(filed.request.ref, io.StringIO())
        with pytest.raises(UsageError, match="keeps nothing out"):
            list(people.ledger.rights.kept_out(filed.request.ref, HashType.PHASH256))


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [],
        lambda lines: lines[:1],
        lambda lines: [lines[0].replace("provenance-request/1", "provenance-request/2"), *lines[1:]],
        lambda lines: [lines[0].replace('"restrict"', '"access"'), *lines[1:]],
        lambda lines: [lines[0].replace('"Q-1"', '"Q-1; DROP"'), *lines[1:]],
        lambda lines: [*lines[:1], lines[1].replace('"wholes": "', '"wholes": "AAAA'), *lines[2:]],
        lambda lines: [*lines[:1], '{"sha256": "", "wholes": "", "parts": ""}'],
        lambda lines: [*lines[:1], "[" * 100_000],
        lambda lines: [*lines[:1], '{"sha256": "' + "0" * (1 << 20) + '"}'],
        lambda lines: ["\x00\xff", *lines[1:]],
    ],
)
def test_a_file_that_is_no_request_is_refused_whole(people: People, receiver: Receiver, change) -> None:
    filed = ask(people, "restrict", items=("a0.png",))
    path = exported(people.ledger, filed.request.ref, people.root / "request.json")
    path.write_text("".join(f"{line}\n" for line in change(path.read_text().splitlines())))
    with pytest.raises(InputError):
        receiver.ledger.rights.take_over(path, requester="theirs", by="CD")
    assert receiver.ledger.rights.requests() == []


def test_what_is_written_is_read_again(people: People) -> None:
    filed = ask(people, "restrict", items=("a0.png", "n0.png"))
    path = exported(people.ledger, filed.request.ref, people.root / "request.json")
    read = read_request(path)
    assert (read.ref, read.kind.value, read.purposes) == ("Q-1", "restrict", ())
    assert read.count == 2
    digests = {one.sha256 for one in read.pictures()}
    assert digests == {value for value, _ in people.ledger.rights.kept_out("Q-1", HashType.SHA256)}
    assert len(digests) == 2


def large(path: Path, pictures: int) -> Path:
    """A request of many pictures, each with as many hashes as a picture has that was turned and cut in every way."""
    hashes = base64.b64encode(bytes(29_984)).decode()  # 937 of 32 bytes
    with path.open("w") as out:
        out.write('{"format": "provenance-request/1", "ref": "Q-1", "kind": "restrict", "purposes": []}\n')
        for number in range(pictures):
            out.write(f'{{"sha256": "{number:064x}", "wholes": "", "parts": "{hashes}"}}\n')
    return path


def test_a_file_of_any_size_is_read_a_picture_at_a_time(tmp_path: Path) -> None:
    """12 MB are taken in with less than a tenth of them in memory."""
    path = large(tmp_path / "request.json", 300)
    tracemalloc.start()
    read = read_request(path)
    total = sum(len(one.parts) for one in read.pictures())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (read.count, total) == (300, 300 * 29_984)
    assert peak < path.stat().st_size / 10


def test_a_file_that_changes_between_its_check_and_its_taking_is_not_taken(
    people: People, receiver: Receiver, tmp_path: Path
) -> None:
    read = read_request(large(tmp_path / "request.json", 40))
    large(tmp_path / "request.json", 41)
    with pytest.raises(InputError, match="changed while it was read"):
        sum(1 for _ in read.pictures())
    with pytest.raises(InputError, match="changed while it was read"):
        file_request(
            Database.open(tmp_path / "theirs.db", create=False),
            load_packs(),
            Asked(read.kind, About(request=read), "their Q-1", "CD"),
            Silent(),
        )
    assert receiver.ledger.rights.requests() == []
    assert problems(receiver.ledger) == []

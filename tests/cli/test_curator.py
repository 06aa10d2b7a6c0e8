"""A curator's first day: 200 photographs, from nothing to a gate that passes, with what they type and press counted.

150 pictures show nobody, and nobody has written that down yet; 30 people signed a release, which their form's program
exported; 20 pictures show people who did not sign, and lie in a folder of their own.
"""

from __future__ import annotations

import csv
import json
import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

KEYS_A_MINUTE = 200
"""Some 40 words: a typist in no hurry."""

CONSENT = {
    "persons_status": "PRESENT",
    "person_age_status": "ADULT_VERIFIED",
    "basis": "EXPLICIT_CONSENT",
    "purposes": "MODEL_TRAINING",
    "evidence_kind": "MODEL_RELEASE",
}
"""What is the same of everybody who signed: typed once and filled down."""


@dataclass
class Curator:
    """Somebody at a keyboard: every command is run, every key counted, and all of it written down."""

    workspace: Any
    transcript: list[str] = field(default_factory=list)
    keys: int = 0
    commands: int = 0

    def types(self, command: str, *, again: bool = False) -> Any:
        """Run a command; one that is typed `again` is fetched back with two keys."""
        started = time.monotonic()
        ran = self.workspace.run(*shlex.split(command)[1:])
        took = time.monotonic() - started
        self.commands += 1
        self.keys += 3 if again else len(command) + 1
        self.transcript += [f"$ {command}", f"  exit {ran.status} after {took:.1f} s: {ran.err.splitlines()[-1][:100]}"]
        return ran

    def does(self, what: str, keys: int) -> None:
        self.keys += keys
        self.transcript.append(f"  [{what}: {keys} keys]")


@pytest.fixture
def curator(workspace: Any, image: Any) -> Curator:
    for number in range(200):
        folder = "land" if number < 150 else "signed" if number < 180 else "unasked"
        workspace.add(f"{folder}/{number:03}.png", image(number, (160, 120)))
    releases = workspace.root / "releases"
    releases.mkdir()
    for number in range(150, 180):
        (releases / f"{number}.pdf").write_bytes(b"%PDF-1.7 signed " + bytes([number]))
    return Curator(workspace)


def exported() -> Iterator[dict[str, str]]:
    """What the form's program exported: one row for each release, in the order of the pictures."""
    for number in range(150, 180):
        yield {
            "person_ref": f"p{number}",
            "person_age": "30",
            "given_at": "2026-05-01T10:00:00Z",
            "evidence": f"releases/{number}.pdf",
            "notice_version": "v3",
        }


def fill(path: Path, curator: Curator) -> None:
    """What the curator does in the spreadsheet."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    everywhere = {
        "source_url": "https://ours.example",
        "acquired_at": "2026-06-01T10:00:00Z",
        "acquisition_method": "DIRECT_FROM_PERSON",
        "licence": "LicenseRef-ours",
        "jurisdictions": "CA",
    }
    for column, value in everywhere.items():
        for one in rows:
            one[column] = value
        curator.does(f"{column} {value}, filled down", len(value) + 3)
    rows = [one for one in rows if not one["file_name"].startswith("unasked/")]
    curator.does("the rows of what is left out deleted", 3)
    signed = [one for one in rows if one["file_name"].startswith("signed/")]
    for one, release in zip(signed, exported(), strict=True):
        one.update(release)
    curator.does("the export of the release form pasted beside its 30 pictures", 8)
    for column, value in CONSENT.items():
        for one in signed:
            one[column] = value
        curator.does(f"{column} {value}, filled down over 30 rows", len(value) + 3)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def configure(path: Path, curator: Curator) -> None:
    """What the curator does in the file that `provenance init` wrote: opens three lines and fills them in."""
    text = path.read_text()
    for line, filled in (
        ('# manifest = "sources.csv"', 'manifest = "photos.csv"'),
        ("# face_templates", "face_templates"),
        ('# assessment = { id = "DPIA-1", approver = ""', 'assessment = { id = "DPIA-1", approver = "A. Lee"'),
    ):
        assert line in text
        text = text.replace(line, filled)
    path.write_text(text)
    curator.does("three lines opened, a name and an approver filled in", 3 * 4 + len("photos") + len("A. Lee"))


def look(curator: Curator) -> None:
    """The review page, as its keys work it: choose all that are shown, say that nobody is there, and on to the next."""
    from starlette.testclient import TestClient

    import provenance as pv
    from provenance.review.app import ReviewPage, application

    command = "provenance review serve photos --reviewer JM"
    curator.commands += 1
    curator.keys += len(command) + 1
    with pv.open(curator.workspace.ledger.with_name("provenance.db")) as ledger:
        context = ledger.context(Path("pyproject.toml"))
        page = ReviewPage(ledger.review_queue(["photos"], context), "J. Morin")
        base = "http://127.0.0.1:9"
        with TestClient(application(page, token="t", port=9), base_url=f"{base}/t/") as client:
            session, number, pressed, after = client.get("start").json()["session"], 1, 0, ""
            while after is not None:
                found = client.get(f"queue?code=PERSON_STATUS_UNKNOWN&after={after}").json()
                after = found["after"]
                land = [one["id"] for one in found["pictures"] if one["name"].startswith("land/")]
                if not land:
                    break
                body = {"kind": "look", "session": session, "number": number, "pictures": land}
                sent = json.dumps({**body, "persons_status": "NONE", "reason": "looked at"})
                headers = {"origin": base, "content-type": "application/json"}
                assert client.post("decide", content=sent, headers=headers).status_code == 200
                number, pressed = number + 1, pressed + 2
    curator.transcript.append(f"$ {command}")
    curator.does("* to choose what is shown and n for nobody, page by page", pressed)


def test_a_curator_gets_200_photographs_through_the_gate(curator: Curator, record_property: Any) -> None:
    root = curator.workspace.root
    assert curator.types("provenance init --purpose MODEL_TRAINING").status == 0
    assert curator.types("provenance manifest new photos -o photos.csv").status == 0
    configure(root / "pyproject.toml", curator)
    fill(root / "photos.csv", curator)
    left = "--exclude 'unasked/**=unsigned'"
    assert curator.types(f"provenance gate photos {left}").status == 1
    look(curator)
    passed = curator.types(f"provenance gate photos {left}", again=True)
    record_property("transcript", "\n".join([*curator.transcript, f"{curator.commands} commands, {curator.keys} keys"]))
    assert passed.status == 0, passed.err
    assert passed.out.splitlines()[-1] == "180 images: 180 allowed, 0 need review, 0 blocked"
    assert curator.commands == 5
    assert curator.keys <= 2 * KEYS_A_MINUTE

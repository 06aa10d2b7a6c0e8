"""Every kind of write to a ledger, each as one act that can be cut off, repeated, and asked whether it is there."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from PIL import Image

import provenance as pv
from provenance.api import Ledger
from provenance.ledger import schema, schema_duties, schema_rights
from provenance.ledger.database import Database
from provenance.policy.overrides import fingerprint
from provenance.proofs.notes import Signer, new_key
from provenance.rights.about import About
from provenance.rights.terms import Kept

PURPOSE = "MODEL_TRAINING"
IMAGES = 12


@dataclass(frozen=True, slots=True)
class Write:
    """One kind of write: what it does, which rows tell that it was done, and how many at a time, all or none.

    `steps` says that it is made of several transactions, of which each by itself is all or none.
    """

    name: str
    act: Callable[[Ledger, Path], Any]
    table: sa.Table
    rows: int
    steps: bool = False
    fresh: bool = False
    """It begins with a ledger that is empty."""


def lay_out(folder: Path) -> Path:
    """A collection of twelve images that show two people, and its ledger, scanned and gated; gives the ledger."""
    photos = folder / "photos"
    photos.mkdir(parents=True)
    rows = []
    for number in range(IMAGES):
        name, person = f"{number:02}.png", f"p{number % 2}"
        coarse = Image.frombytes("RGB", (16, 12), random.Random(number).randbytes(16 * 12 * 3))
        coarse.resize((320, 240), Image.Resampling.BICUBIC).save(photos / name)
        shown = {
            "ref": person,
            "identifiable": True,
            "age": 35,
            "age_status": "ADULT_VERIFIED",
            "jurisdictions": ["CA"],
        }
        known = {"persons_status": "PRESENT", "persons": [shown]} if number < 8 else {"persons_status": "NONE"}
        reviewed = {} if number < 8 else {"persons_determined_by": {"method": "reviewer", "reviewer": "AB"}}
        # Two have no licence, and wait for a reviewer.
        licence = {} if number >= 10 else {"licence": "CC0-1.0"}
        rows.append(
            {
                "file_name": name,
                "source_url": f"https://photos.example/{name}",
                "acquired_at": "2026-06-01T10:00:00+00:00",
                "acquisition_method": "LICENSED",
                "access_state": "PUBLIC",
                "caption": f"a caption of {name}",
                "jurisdictions": ["CA"],
                **known,
                **reviewed,
                **licence,
            }
        )
    (folder / "release.pdf").write_bytes(b"%PDF signed")
    records = [
        {
            "record_id": f"r-{ref}",
            "person": ref,
            "basis": "EXPLICIT_CONSENT",
            "purposes": [PURPOSE],
            "form": "EXPRESS",
            "notice_version": "v3",
            "written_release": True,
            "evidence": {"kind": "MODEL_RELEASE", "uri": "release.pdf"},
            "given_by": {"role": "SELF"},
            "events": [{"state": "GIVEN", "at": "2026-05-01T10:00:00+00:00"}],
        }
        for ref in ("p0", "p1")
    ]
    for name, lines in (("manifest", rows), ("records", records)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    new_key(folder / "log.key")
    ledger = folder / "ledger.db"
    with pv.open(ledger) as opened:
        scan(opened, folder)
        verdicts = opened.gate(folder / "photos", purpose=PURPOSE)
        (folder / "reviews.csv").write_text(_decided(verdicts))
        opened.rights.open_account("lab", "organisation", by="AB")
        with (folder / "one.jsonl").open("wb") as out:
            opened.rights.release(verdicts, "one", out, by="AB")
        opened.rights.file("erase", About(items=("03.png",)), requester="T-1", by="AB")
    pv.scan_shard(folder / "photos", "1/1", folder / "parts")
    (folder / "takedown.txt").write_text("ab" * 32 + "\n")
    (folder / "order.txt").write_text("Order 1")
    return ledger


def scan(ledger: Ledger, folder: Path) -> None:
    """Register every image."""
    ledger.scan(folder / "photos", manifest=folder / "manifest.jsonl", records=folder / "records.jsonl")


def _gate(ledger: Ledger, folder: Path) -> None:
    ledger.gate(folder / "photos", purpose=PURPOSE)


def _review(ledger: Ledger, folder: Path) -> None:
    ledger.take_reviews(folder / "reviews.csv")


def _request(ledger: Ledger, _folder: Path) -> None:
    ledger.rights.file("withdraw", About(persons=("p0",)), requester="T-2", by="AB")


def _release(ledger: Ledger, folder: Path) -> None:
    verdicts = ledger.gate(folder / "photos", purpose=PURPOSE)
    ledger.rights.release(verdicts, "two", io.BytesIO(), by="AB")


def _disclose(ledger: Ledger, _folder: Path) -> None:
    ledger.rights.lift("Q-1", by="AB", note="not theirs")
    ledger.rights.disclose("one", account="lab", recipient="Lab", purpose=PURPOSE, jurisdiction="CA", by="AB")


def _search(ledger: Ledger, folder: Path) -> None:
    photo = (folder / "photos" / "01.png").read_bytes()
    ledger.rights.search(photo, account="lab", recipient="Lab", purpose=PURPOSE, jurisdiction="CA", by="AB")


def _erase(ledger: Ledger, _folder: Path) -> None:
    ledger.rights.erase("Q-1", by="AB")


def _order(ledger: Ledger, folder: Path) -> None:
    about = About(items=("01.png",))
    ledger.rights.order("O-1", about, authority="OIPC", evidence=folder / "order.txt", by="AB")


def _list(ledger: Ledger, folder: Path) -> None:
    ledger.add_list(folder / "takedown.txt", kind="sha256", purpose="suppression")


def _destroy(ledger: Ledger, _folder: Path) -> None:
    ended = datetime.now(UTC) - timedelta(days=1)
    ledger.duties.keep_until(Kept(ended, "contract 12", "A. Lee", item="02.png"))
    ledger.rights.destroy(by="A. Lee")


def _account(ledger: Ledger, _folder: Path) -> None:
    ledger.rights.open_account("other", "person", by="AB")


def _assess(ledger: Ledger, folder: Path) -> None:
    at, shown = datetime.now(UTC), folder / "order.txt"
    ledger.duties.assess("D-1", PURPOSE, approver="A. Roy", approved_at=at, evidence=shown, by="A. Lee")


def _end_statements(ledger: Ledger, folder: Path) -> None:
    ledger.retire_statements(str(folder / "records.jsonl"), by="A. Lee", reason="another was sent")


def _load_parts(ledger: Ledger, folder: Path) -> None:
    records, parts = folder / "records.jsonl", [folder / "parts"]
    ledger.scan(folder / "photos", manifest=folder / "manifest.jsonl", records=records, parts=parts)


def _log(ledger: Ledger, folder: Path) -> None:
    ledger.rights.checkpoint(Signer.load(folder / "log.key", "example.org/log"))


WRITES = (
    Write("scan", scan, schema.scan_end, 1, steps=True, fresh=True),
    Write("gate", _gate, schema.gate, 1, steps=True),
    Write("review import", _review, schema.review, 2),
    Write("request", _request, schema_rights.request, 1, steps=True),
    Write("release", _release, schema_rights.release, 1, steps=True),
    Write("disclosure", _disclose, schema_rights.disclosure, 1, steps=True),
    Write("search", _search, schema_rights.search, 1),
    Write("erasure", _erase, schema_rights.erasure, 1, steps=True),
    Write("order", _order, schema_rights.legal_order, 1, steps=True),
    Write("list", _list, schema.hash_list, 1, steps=True),
    Write("destruction", _destroy, schema_rights.erasure, 1, steps=True),
    Write("account", _account, schema_rights.account, 1),
    Write("assessment", _assess, schema_duties.assessment, 1),
    Write("end of a register", _end_statements, schema.source_end, 1),
    Write("parts", _load_parts, schema.scan_end, 1, steps=True, fresh=True),
    Write("log", _log, schema_rights.checkpoint, 1),
)


def count(ledger: Path | str, table: sa.Table) -> int:
    """How many rows a table has."""
    database = Database.open(ledger, create=False)
    with database.reading() as connection:
        found = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    database.close()
    return int(found)


def _decided(verdicts: Any) -> str:
    """A file in which somebody allowed what a reviewer may."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(("finding", "sha256", "code", "decision", "reviewer", "at", "reason"))
    for verdict in verdicts:
        for reason in verdict.reasons:
            if reason.code == "LICENCE_MISSING":
                cells = (fingerprint(reason, verdict), verdict.sha256.hex(), reason.code, "ALLOW", "JM")
                rows.writerow((*cells, verdict.evaluated_at.isoformat(), "looked"))
    return out.getvalue()

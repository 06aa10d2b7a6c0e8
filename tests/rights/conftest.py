"""A collection with people, their consents and copies of their pictures, in a ledger on each engine."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from PIL import Image, ImageOps

import provenance as pv
from provenance.api import Ledger
from provenance.proofs.notes import new_key, private_key


@cache
def photo(seed: int, size: tuple[int, int] = (320, 240)) -> bytes:
    """A picture with some detail in it, so that it is known again when it was re-encoded or cut."""
    import random

    random_of = random.Random(seed)
    coarse = Image.frombytes("RGB", (16, 12), random_of.randbytes(16 * 12 * 3))
    stream = io.BytesIO()
    coarse.resize(size, Image.Resampling.BICUBIC).save(stream, "PNG")
    return stream.getvalue()


def again(data: bytes, *, keep: float = 1.0, scale: float = 1.0, quality: int = 80) -> bytes:
    """The same picture cut down to a share of each side, resized and re-encoded as a JPEG."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    width, height = picture.size
    left, top = round(width * (1 - keep) / 2), round(height * (1 - keep) / 2)
    cut = picture.crop((left, top, width - left, height - top))
    stream = io.BytesIO()
    cut.resize((round(cut.width * scale), round(cut.height * scale))).save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def framed(data: bytes, *, side: int = 14, colour: str = "black") -> bytes:
    """The same picture with a plain frame of so many pixels around it, re-encoded as a JPEG."""
    stream = io.BytesIO()
    ImageOps.expand(Image.open(io.BytesIO(data)).convert("RGB"), side, colour).save(stream, "JPEG", quality=80)
    return stream.getvalue()


def open_account(workspace: Any, name: str, file: str) -> None:
    """An account with a key of its own, in a file and one that ends in `.pub`."""
    path = workspace.root / file
    new_key(path)
    path.with_suffix(".pub").write_bytes(
        private_key(path).public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    )
    for arguments in (
        ("accounts", "add", name, "--kind", "person"),
        ("accounts", "key", name, "--public", path.with_suffix(".pub")),
    ):
        ran = workspace.run(*arguments, "--by", "AB", "--ledger", workspace.ledger)
        assert ran.status == 0, ran.err


@dataclass(slots=True)
class People:
    """Ten images: `a0`..`a3` show p1, `b0`..`b3` show p2, `n0` and `n1` nobody. Both people consented."""

    root: Path
    row: Callable[..., dict[str, Any]]
    ledger: Ledger
    target: str

    @property
    def photos(self) -> Path:
        return self.root / "photos"

    def shows(self, name: str, *people: str, **more: Any) -> dict[str, Any]:
        shown = {"identifiable": True, "age": 35, "age_status": "ADULT_VERIFIED", "jurisdictions": ["CA"]}
        persons = [{"ref": ref, **shown} for ref in people]
        known = {"persons_status": "PRESENT", "persons_determined_by": None, "persons": persons} if people else {}
        return self.row(name, source_url=f"https://photos.example/{name}", page_url=None, **known, **more)

    def scan(self, rows: list[dict[str, Any]], records: list[dict[str, Any]] | None = None) -> None:
        manifest, register = self.root / "manifest.jsonl", self.root / "records.jsonl"
        manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
        if records is not None:
            register.write_text("".join(json.dumps(record) + "\n" for record in records))
        self.ledger.scan(self.photos, manifest=manifest, records=register)

    def consent(self, ref: str, record_id: str, at: str = "2026-05-01T10:00:00+00:00") -> dict[str, Any]:
        from hashlib import sha256

        (self.root / "release.pdf").write_bytes(b"%PDF signed")
        return {
            "record_id": record_id,
            "person": ref,
            "basis": "EXPLICIT_CONSENT",
            "purposes": ["MODEL_TRAINING"],
            "form": "EXPRESS",
            "notice_version": "v3",
            "written_release": True,
            "evidence": {
                "kind": "MODEL_RELEASE",
                "uri": "release.pdf",
                "sha256": sha256(b"%PDF signed").hexdigest(),
            },
            "given_by": {"role": "SELF"},
            "events": [{"state": "GIVEN", "at": at}],
        }

    def decisions(self, purpose: str = "MODEL_TRAINING") -> dict[str, tuple[str, str]]:
        """Decision and first reason of each image, as a gate gives them now."""
        verdicts = self.ledger.gate(self.photos, purpose=purpose)
        return {verdict.item: (verdict.decision.value, verdict.reason) for verdict in verdicts}

    def rows(self) -> list[dict[str, Any]]:
        a = [self.shows(f"a{n}.png", "p1", caption=f"the caption of a{n}") for n in range(4)]
        b = [self.shows(f"b{n}.png", "p2") for n in range(4)]
        return [*a, *b, self.shows("n0.png"), self.shows("n1.png")]


@pytest.fixture
def people(ledger_url: str, tmp_path: Path, row: Callable[..., dict[str, Any]]) -> Iterator[People]:
    """An open ledger, scanned, on each engine."""
    with pv.open(ledger_url) as ledger:
        made = People(tmp_path, row, ledger, ledger_url)
        made.photos.mkdir()
        for number, one in enumerate(made.rows()):
            (made.photos / one["file_name"]).write_bytes(photo(number))
        made.scan(made.rows(), [made.consent("p1", "r1"), made.consent("p2", "r2")])
        yield made

"""What lies at the place of evidence and shows nothing, and what shows something."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from provenance.ledger import evidence, schema
from provenance.ledger.database import Database
from provenance.ledger.evidence import Reference

SIGNED = b"%PDF-1.7 I agree that my picture is used to train models. 20 May 2026, p1"
NOTHING: dict[str, tuple[str, bytes, str]] = {
    "an empty file": ("r.pdf", b"", "EMPTY"),
    "blank lines": ("r.pdf", b"\n \r\n\0", "EMPTY"),
    "a note that it is to come": ("r.txt", b"To be scanned\n", "EMPTY"),
    "TODO": ("r.txt", b"\xef\xbb\xbfTODO", "EMPTY"),
    "TODO and what": ("r.txt", b"TODO: add the release of p1", "EMPTY"),
    "n/a": ("r.txt", b"n/a", "EMPTY"),
    "Git LFS": ("r.pdf", b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\n", "POINTER"),
    "a shortcut of Windows": ("r.lnk", b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F", "POINTER"),
    "a shortcut of a desktop": ("r.desktop", b"[Desktop Entry]\nURL=https://drive.example/r\n", "POINTER"),
    "a location of macOS": ("r.webloc", b"<?xml version='1.0'?><plist><dict/></plist>", "POINTER"),
    "a file that iCloud keeps": (".r.pdf.icloud", b"bplist00", "POINTER"),
    "a document of Google's": ("r.gdoc", b'{"doc_id": "1"}', "POINTER"),
    "a lock of Office": ("~$release.docx", b"\x04Anna", "POINTER"),
    "a lock of LibreOffice": (".~lock.r.odt#", b",anna,host,20.05.2026;", "POINTER"),
    "half a download": ("r.pdf.crdownload", SIGNED, "POINTER"),
    "a ledger": ("r.db", b"SQLite format 3\0" + bytes(100), "CLAIM_ITSELF"),
    "what a system leaves in a folder": (".DS_Store", b"\0\0\0\1Bud1", "POINTER"),
    "a page to sign in": ("r.html", b"\n\n<html><body>Please sign in</body></html>", "ERROR_PAGE"),
    "a page that was not found": ("r.html", b"<html><head><title>404 Not Found</title>", "ERROR_PAGE"),
}
SOMETHING: dict[str, tuple[str, bytes]] = {
    "a signed form": ("r.pdf", SIGNED),
    "half a form by its name alone": ("part.pdf", SIGNED),
    "a mail": ("r.eml", b"Subject: yes\n\nI agree."),
    "a short text": ("r.txt", b"I agree. p1"),
    "a page of a signing service": ("r.html", b"<html><head><title>Certificate of completion</title>"),
    "a page without a heading": ("r.html", b"<html><body>I agree that my picture is used. p1</body></html>"),
    "a scan": ("to be scanned.png", b"\x89PNG\r\n\x1a\n" + bytes(range(1, 60))),
}


def state_of(folder: Path, name: str, data: bytes) -> str:
    (folder / name).write_bytes(data)
    database = Database.open(folder / "ledger.db")
    with closing(database), database.writing() as connection:
        evidence.register(connection, [Reference.of(name, None, folder)], 0)
        return str(connection.execute(sa.select(schema.evidence_check.c.state)).scalar_one())


@pytest.mark.parametrize(("name", "data", "state"), NOTHING.values(), ids=NOTHING)
def test_what_shows_nothing(tmp_path: Path, name: str, data: bytes, state: str) -> None:
    assert state_of(tmp_path, name, data) == state


@pytest.mark.parametrize(("name", "data"), SOMETHING.values(), ids=SOMETHING)
def test_what_shows_something(tmp_path: Path, name: str, data: bytes) -> None:
    assert state_of(tmp_path, name, data) == "UNPINNED"

"""What tells an image with all that speaks beside it, its sidecars and captured pages, from what it was before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from provenance.ledger.files import digest_of_file, identity_of


@dataclass(frozen=True, slots=True)
class ItemIdentity:
    """How an image lay when it was looked at, kept in the ledger as one text.

    `stamps` is what the file system says of the file and of each sidecar, "" where nothing tells an unchanged file;
    `pages` the same of the captured pages that its rows name; `beside` the SHA-256 of the sidecars' names and bytes, so
    that they can be compared where the file system cannot tell.

    >>> ItemIdentity.of_text("0:7:100:5:6||").stamps
    '0:7:100:5:6'
    """

    stamps: str
    pages: str = ""
    beside: str = ""

    @classmethod
    def of_text(cls, text: str) -> ItemIdentity:
        """The identity behind what was stored."""
        stamps, _, rest = text.partition("|")
        pages, _, beside = rest.partition("|")
        return cls(stamps, pages, beside)

    @property
    def text(self) -> str:
        """The form in which the ledger keeps it."""
        return "|".join((self.stamps, self.pages, self.beside)).rstrip("|")


def is_as_listed(known: str, stamps: str, captures: str | None) -> bool:
    """Whether nothing about a file, what lies beside it and its captured pages can have changed.

    `known` is its identity as it was stored, `stamps` what the file system says now.

    >>> is_as_listed("0:7:100:5:6", "0:7:100:5:6", None), is_as_listed("", "", None)
    (True, False)
    """
    before, _, rest = known.partition("|")
    return bool(stamps) and stamps == before and pages_of(captures) == rest.partition("|")[0]


def pages_of(captures: str | None) -> str:
    """What identifies captured pages as they lie now: their paths, one a line, to a part for each.

    A page whose stamp tells nothing, as under a time that lies ahead of the clock, goes by its bytes.

    >>> pages_of(None), pages_of("/no/such/page.json")
    ('', '-')
    """
    return ",".join(map(_page_of, captures.split("\n"))) if captures is not None else ""


def _page_of(path: str) -> str:
    stamp = identity_of(path)
    if stamp:
        return stamp
    digest = digest_of_file(path)
    return digest.hex() if digest is not None else "-"


def digest_of_sidecars(sidecars: Iterable[tuple[str, bytes]]) -> str:
    """The SHA-256 of the names and bytes of sidecars in the order of their names; "" where there is none.

    >>> digest_of_sidecars([])
    ''
    """
    digest = sha256()
    count = 0
    for name, data in sorted(sidecars):
        raw = name.encode("utf-8", "surrogateescape")
        digest.update(b"%d:%b%d:%b" % (len(raw), raw, len(data), data))
        count += 1
    return digest.hexdigest() if count else ""

"""Names and addresses, and what people and programs make of them: nothing raises, and covering is never by letters.

python tests/fuzz/names.py [--cases 100000] [--seed 1]
"""

from __future__ import annotations

import random
import unicodedata
from urllib.parse import quote

from _cases import main

from provenance import urls
from provenance.keys import display, key_of, path_problem
from provenance.near_names import NearNames, difference, loose

_PIECES = (
    "a",
    "B",
    "1",
    "IMG_1",
    "img-1",
    "caf\u00e9",
    "cafe\u0301",
    "\uff11",
    " ",
    "  ",
    ".jpg",
    ".JPEG",
    "/",
    "//",
    "\\",
    "..",
    ".",
    "%20",
    "%2F",
    "%",
    "::",
    "\u200b",
    "\u202e",
    "\0",
    "\n",
    "\x1b[2J",
    "\udcff",
    "\U0001f600",
    "\u0130",
    "\u00df",
    "s.tar",
    "http://",
    "HTTPS://",
    "s3://",
    "file:///",
    "a.example",
    "[::1]",
    ":80",
    ":99999",
    "?",
    "#",
    "&a=1",
    "@",
    "xn--",
    "\u3002",
)


def text(chance: random.Random) -> str:
    """Pieces of names put together."""
    return "".join(chance.choice(_PIECES) for _ in range(chance.randrange(1, 9)))


def respelled(chance: random.Random, name: str) -> str:
    """The name as somebody else may write it."""
    changes = (
        str.upper,
        str.lower,
        str.strip,
        lambda s: unicodedata.normalize("NFD", s),
        lambda s: quote(s, errors="replace"),
        lambda s: s.replace("/", "\\"),
        lambda s: f"photos/{s}",
        lambda s: s.rpartition("/")[2],
        lambda s: s.rpartition(".")[0],
    )
    for _ in range(chance.randrange(3)):
        name = chance.choice(changes)(name)
    return name


def case(chance: random.Random) -> None:
    """A name, another spelling of it, an address and its prefixes."""
    present = text(chance)
    missing = respelled(chance, present)
    near = NearNames([missing])
    for name in (text(chance), present, text(chance)):
        near.see(name)
    found = near.nearest(missing)
    if found is not None:
        assert found.name != missing
        assert found.why
    assert difference(missing, present)
    loose(present)
    url, prefix = text(chance), text(chance)
    covered = urls.covers(prefix, url)
    normal, whole = urls.normalised(prefix), urls.normalised(url)
    if covered:
        assert normal is not None
        assert whole is not None
        assert whole == normal or whole.startswith((normal.rstrip("/") + "/", normal + "?")), (normal, whole)
    if normal is not None:
        assert urls.normalised(normal) == normal
        assert urls.covers(prefix, prefix)
    if "\udcff" not in present:
        key = key_of(present)
        if path_problem(key) is None:
            assert key_of(display(key)) == key


if __name__ == "__main__":
    main(case, "names and addresses")

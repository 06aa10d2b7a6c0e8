"""The data files of this package: word lists, column names and the like, each read once.

>>> sorted(table("provenance", "placeholders.toml"))[:2]
['answers', 'empty']
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(package: str, file: str) -> dict[str, Any]:
    """The content of a TOML file that ships in `package`. Not to be changed by the caller."""
    return tomllib.loads(files(package).joinpath(file).read_text(encoding="utf-8"))


@cache
def parted(text: str) -> frozenset[str]:
    """The phrases of a list that a file holds as one text: ` | ` or the end of a line parts them.

    >>> sorted(parted("tbd | not known"))
    ['not known', 'tbd']
    """
    return frozenset(phrase for part in text.replace("\n", "|").split("|") if (phrase := part.strip()))

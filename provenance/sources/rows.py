"""What lies beside an image in a shard or a table, in the fields of a manifest. Pure.

Only what describes the image is taken: where it came from and what was said of it. Whatever else stands there is kept
as it is. img2dataset's `sha256` is that of the download, while the shard mostly holds a picture that was encoded anew:
it becomes `original_sha256` and is never compared with the stored bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_FIELDS: Final = {
    "source_url": ("source_url", "url", "URL", "image_url", "coco_url", "flickr_url"),
    "page_url": ("page_url", "page", "landing_url"),
    "caption": ("caption", "text", "TEXT", "description", "top_caption"),
    "alt_text": ("alt_text", "alt"),
}
"""The names under which shards and tables hold them, the first that is there counts."""

_DOWNLOADER: Final = frozenset({"key", "status"})
"""What every row of img2dataset has, beside `url`."""

_OWN: Final = frozenset({
    "key", "status", "error_message", "width", "height", "original_width", "original_height", "md5", "sha512",
})  # fmt: skip
"""Columns of img2dataset that say nothing of the picture's rights or of who is shown."""

_HEX: Final = re.compile(r"[0-9a-fA-F]{64}")
_LONGEST: Final = 1 << 20
_LONGEST_URL: Final = 4_096


@dataclass(frozen=True, slots=True)
class Described:
    """A row in the fields of a manifest; `extra` holds what no field is for."""

    source_url: str | None
    page_url: str | None
    caption: str | None
    alt_text: str | None
    original_sha256: bytes | None
    extra: Mapping[str, object]


def described(row: Mapping[str, object]) -> Described:
    """The row of an image as a manifest would have it.

    >>> row = {"url": "https://a.example/1.jpg", "key": "000", "status": "success", "sha256": "00" * 32, "NSFW": "NO"}
    >>> described(row).original_sha256 == bytes(32), described(row).extra
    (True, {'NSFW': 'NO'})
    """
    taken: dict[str, str] = {}
    used: set[str] = set()
    for field, names in _FIELDS.items():
        longest = _LONGEST_URL if field.endswith("_url") else _LONGEST
        for name in names:
            value = row.get(name)
            if isinstance(value, str) and value and len(value) <= longest:
                taken[field] = value
                used.add(name)
                break
    digest = None
    if _is_downloaders(row):
        used |= _OWN
        found = row.get("sha256")
        if isinstance(found, str) and _HEX.fullmatch(found):
            digest = bytes.fromhex(found)
            used.add("sha256")
    extra = {str(name): value for name, value in row.items() if name not in used and value not in (None, "")}
    return Described(
        taken.get("source_url"), taken.get("page_url"), taken.get("caption"), taken.get("alt_text"), digest, extra
    )


def _is_downloaders(row: Mapping[str, object]) -> bool:
    return row.keys() >= _DOWNLOADER and not row.keys().isdisjoint(("url", "URL"))

r"""A file's key: its path below the collection as raw bytes, and the text that stands for it in manifests and reports.

A path on disk is bytes, not text: it may hold a newline, a backslash or bytes that are not UTF-8. The text form is
UTF-8 with two escapes, `\xNN` for a byte that is no UTF-8 and `\x5c` for a backslash, so that two keys never share
a text. Every other backslash in a manifest is a Windows separator.

>>> display(b"caf\xe9.jpg"), key_of("img\\0001.jpg")
('caf\\xe9.jpg', b'img/0001.jpg')
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

_FOLDERS: Final = 4_096
_ESCAPE: Final = re.compile(rb"\\x(5c|[89a-f][0-9a-f])")


def display(key: bytes) -> str:
    """The text that stands for a key, one to one: `key_of(display(key)) == key` for every key that is in normal form.

    >>> display("été.jpg".encode())
    'été.jpg'
    """
    return key.replace(b"\\", rb"\x5c").decode("utf-8", "backslashreplace")


def key_of(file_name: str) -> bytes:
    r"""The key that a manifest's `file_name` stands for, with `/` as separator and without `.` and empty parts.

    It does not check: `..` and a leading `/` are kept for the caller to refuse (`path_problem`). Raises
    UnicodeEncodeError for a lone surrogate, which no UTF-8 file can hold.

    >>> key_of("./img//caf\\xe9.jpg")
    b'img/caf\xe9.jpg'
    """
    raw = file_name.encode()
    if b"\\" in raw:
        pieces = _ESCAPE.split(raw)  # text, escaped, text, escaped, ..., text
        pieces[::2] = [text.replace(b"\\", b"/") for text in pieces[::2]]
        pieces[1::2] = [bytes.fromhex(escaped.decode()) for escaped in pieces[1::2]]
        raw = b"".join(pieces)
    if b"//" not in raw and b"./" not in raw and not raw.endswith((b"/", b"/.")):
        return raw
    absolute = b"/" if raw.startswith(b"/") else b""
    return absolute + b"/".join(part for part in raw.split(b"/") if part not in (b"", b"."))


def path_problem(key: bytes) -> str | None:
    """Why a key could lead out of its collection or cannot be a path, or None where it is sound.

    >>> path_problem(b"../../etc/passwd")
    'a path must not climb with ..'
    """
    if not key or key == b".":
        return "a path must name a file"
    if b"\0" in key:
        return "a path must not hold a NUL byte"
    if key.startswith(b"/") or (key[1:2] == b":" and key[2:3] == b"/" and key[:1].isalpha()):
        return "a path must be relative to the collection"
    if b".." in key and b".." in key.split(b"/"):
        return "a path must not climb with .."
    return None


def collection_name(uri: str) -> str:
    """The last part of a collection's URI, as people call it.

    >>> collection_name("file:///data/my%20photos")
    'my photos'
    """
    return display(unquote_to_bytes(uri.rstrip("/").rpartition("/")[2])) or uri


def same_spelling(path: str) -> str:
    """An absolute path in one spelling, its folder without links. What it names itself may be a link, and stays one.

    >>> same_spelling("/tmp/../tmp/a.jpg")
    '/tmp/a.jpg'
    """
    folder, name = os.path.split(os.path.abspath(path))  # noqa: PTH100 - `resolve` would follow the last link
    return f"{_real_folder(folder)}/{name}"


@lru_cache(_FOLDERS)
def _real_folder(folder: str) -> str:
    return os.path.realpath(folder).rstrip("/")

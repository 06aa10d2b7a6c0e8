"""What the first bytes of a file are: text, or a picture that is written as text. Pure.

An SVG may begin with a byte order mark, white space, a declaration, comments and a document type, in any encoding of
XML 1.0; a netpbm file may have comments between any two of its numbers (netpbm, ppm(5) and pam(5)).
"""

from __future__ import annotations

import codecs
import re
from typing import Final
from xml.parsers import expat

HEAD_BYTES: Final = 1 << 16
"""64 KiB of a file are looked at. A picture that is written as text says so earlier."""

_TEXT: Final = bytes([*range(0x20, 0x100), *b"\t\n\v\f\r\x1b"])
"""Bytes of text in ASCII, UTF-8 and the encodings of one byte a character; no picture does without the others."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_GAP: Final = rb"(?:[ \t\r\n\v\f]|#[^\r\n]*[\r\n])+"
_NUMBERS: Final = re.compile(rb"P([1-6])" + _GAP + rb"\d{1,10}" + _GAP + rb"\d{1,10}(?=[ \t\r\n\v\f#]|\Z)", re.DOTALL)
_OTHER_NETPBM: Final = re.compile(
    rb"P7(?:" + _GAP + rb"(?:WIDTH|HEIGHT|DEPTH|MAXVAL|TUPLTYPE)|[ ]332)|P[fF]4?" + _GAP + rb"\d{1,10}" + _GAP
    + rb"\d|(?:P0CMYK|PyP|PyRGBA|PyCMYK)" + _GAP + rb"\d"
)  # fmt: skip
_OTHER_AS_TEXT: Final = re.compile(
    rb"%!PS|\x04%!PS|#\?RADIANCE|#\?RGBE|SIMPLE  =|\s*/\*\s*XPM\s*\*/|! XPM2|FLIF[\x20-\x60][012]"
    rb"|(?:\s|/\*[^*]*\*/)*#define\s+\w*width\s+\d+\s+#define\s+\w*height\s+\d+"
)
_COMMENT: Final = re.compile("<!--.*?-->", re.DOTALL)
_SVG_TAG: Final = re.compile(r"<(?:[\w.-]{1,99}:)?svg[\s>/]", re.IGNORECASE)


def text_of(head: bytes) -> str | None:
    """The first bytes as text, or None where they are not text in any of the usual encodings.

    >>> text_of(b"caf\\xe9, 3\\n"), text_of(b"\\x89PNG\\r\\n\\x1a\\n")
    ('café, 3\\n', None)
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return _plain(head[len(mark) :], encoding)
    if not head.translate(None, _TEXT):
        return head.decode("latin-1")
    if head.endswith(b"\x1a") and not head[:-1].translate(None, _TEXT):  # where DOS let a text end
        return head[:-1].decode("latin-1")
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = head[offset::2]
        if len(half) >= 2 and half.count(0) * 2 >= len(half):
            return _plain(head, encoding)
    return None


def is_wide(head: bytes) -> bool:
    """Whether a text begins with the mark of an encoding of two or four bytes a character."""
    return any(head.startswith(mark) for mark, encoding in _MARKS if encoding != "utf-8")


def _plain(head: bytes, encoding: str) -> str | None:
    width = {"utf-32-le": 4, "utf-32-be": 4, "utf-16-le": 2, "utf-16-be": 2}.get(encoding, 1)
    try:
        # The head may end within a character.
        text = codecs.getincrementaldecoder(encoding)().decode(head[: len(head) // width * width])
    except UnicodeDecodeError:
        return None
    return text if not any(c < " " and c not in "\t\n\v\f\r\x1b" for c in text) else None


def is_picture_as_text(head: bytes, text: str | None) -> bool:
    """Whether a file is a picture in a format that is, or begins as, text. `text` is what `text_of` gave.

    >>> head = b'<?xml version="1.0"?><!-- made by hand --><svg xmlns="http://www.w3.org/2000/svg"/>'
    >>> is_picture_as_text(head, text_of(head)), is_picture_as_text(b"P6 96 96 255\\n...", None)
    (True, True)
    """
    if _OTHER_AS_TEXT.match(head) or _OTHER_NETPBM.match(head) or _is_netpbm(head):
        return True
    return text is not None and _is_svg(text)


def _is_netpbm(head: bytes) -> bool:
    found = _NUMBERS.match(head)
    if found is None:
        return False
    if found[1] in b"456":
        return True
    # A table of participants P1 to P3 begins alike; but nothing but numbers and comments follows in a picture.
    rest = re.sub(rb"#[^\r\n]*", b"", head[found.end() :])
    return not rest.translate(None, b"0123456789 \t\r\n\v\f")


def _is_svg(text: str) -> bool:
    begins = text.lstrip()
    if not begins.startswith("<"):
        return False
    root: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, _: root.append(name) if not root else None
    try:
        parser.Parse(begins, False)  # noqa: FBT003 - expat takes it by position
    except expat.ExpatError:
        if not root:  # some viewer may be more lenient than this parser, or know another version of XML
            return _SVG_TAG.search(_COMMENT.sub("", begins)) is not None
    # A beginning this long without an element says nothing, and what says nothing is not passed over.
    return root[0].rpartition(":")[2].lower() == "svg" if root else len(text) >= HEAD_BYTES // 4

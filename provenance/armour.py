"""Signatures as text: base64 on one line, or the lines that `ssh-keygen` writes to a file."""

from __future__ import annotations

import base64
import binascii
from typing import Final

_FIRST: Final = "-----BEGIN SSH SIGNATURE-----"
_LAST: Final = "-----END SSH SIGNATURE-----"


def armoured(signature: bytes) -> str:
    """A signature as a file of `ssh-keygen` holds it."""
    return f"{_FIRST}\n{base64.encodebytes(signature).decode()}{_LAST}\n"


def in_a_line(signature: bytes) -> str:
    """A signature as a cell of a table holds it.

    >>> in_a_line(b"SSHSIG")
    'U1NIU0lH'
    """
    return base64.b64encode(signature).decode()


def unarmoured(text: str) -> bytes:
    """The signature behind either text. Raises ValueError for what is none.

    >>> unarmoured(armoured(b"SSHSIG")) == unarmoured("U1NIU0lH")
    True
    """
    inner = text.strip().removeprefix(_FIRST).removesuffix(_LAST)
    try:
        found = base64.b64decode("".join(inner.split()), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if not found:
        raise ValueError("it is no signature")
    return found

"""Checkpoints of logs (C2SP tlog-checkpoint): what a log's owner signs, so that nothing of it can be changed unseen."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final, Self

from provenance.errors import InputError

_HASH: Final = 32


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The text of a checkpoint: whose log it is, how many leaves it has, its root, and further lines.

    >>> Checkpoint("example.org/photos", 0, bytes(32)).text
    'example.org/photos\\n0\\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\\n'
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The lines that are signed."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a checkpoint. Raises InputError."""
        lines = text.removesuffix("\n").split("\n")
        try:
            origin, size, encoded, *extensions = lines
            root = base64.b64decode(encoded, validate=True)
            found = cls(origin, int(size), root, tuple(extensions))
        except (ValueError, binascii.Error):
            found = None
        if found is None or not found.origin or found.size < 0 or len(found.root) != _HASH or found.text != text:
            raise InputError("this is no checkpoint", remedy="name the file in full, as it was handed out")
        return found

"""One file under gzip, bzip2 or xz: a compressed picture is opened, a compressed text holds none, the rest is named."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

from provenance.sources.heads import HEAD_BYTES
from provenance.sources.interface import MAX_IMAGE_BYTES
from provenance.sources.kinds import TEXT_BYTES, FileKind, Found, is_image_name, kind_of, kind_of_whole
from provenance.sources.members import ContainerError, Member

_PIECE: Final = 1 << 16
_LONGEST_TEXT: Final = 1 << 30
"""1 GiB of a text are unpacked to see what it ends as: some seconds."""

_MEMORY: Final = 128 << 20
"""The dictionary that an xz file may ask for; `xz -9` asks for 64 MiB."""

_OPENERS: Final[dict[str, Callable[[], Any]]] = {
    "gzip": lambda: zlib.decompressobj(wbits=31),
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY),
}


class CompressedFile:
    """A compressed picture, which goes by the name of its file. Raises ContainerError for anything else but a text."""

    def __init__(self, file: BinaryIO, reader: str, name: bytes) -> None:
        self._file = file
        self._reader = reader
        try:
            head = b"".join(self._pieces(HEAD_BYTES))[:HEAD_BYTES]
            inner = name.rpartition(b".")[0]
            found = kind_of(inner, head, len(head))
            found = self._kind_of_text(inner, head) if found.is_text else found
            self._is_image = found.kind is FileKind.IMAGE or is_image_name(inner)
            if found.kind is FileKind.CONTAINER and not self._is_image:
                raise ContainerError(f"it holds {found.name}, compressed")
            self._size = sum(len(piece) for piece in self._pieces(MAX_IMAGE_BYTES + 1)) if self._is_image else 0
        except OSError as error:
            raise ContainerError(str(error)) from error

    def members(self) -> Iterator[Member]:
        """The picture, without a name of its own."""
        if self._is_image:
            yield Member(b"", self._size, 0)

    def read(self, name: bytes, most: int) -> bytes:
        """The picture's bytes. Raises OSError; KeyError for any name but an empty one."""
        if name:
            raise KeyError(name)
        data = b"".join(self._pieces(most + 1))
        if len(data) > most:
            raise OSError(f"larger than {most} bytes")
        return data

    def beside(self, name: bytes) -> tuple[bytes, ...]:  # noqa: ARG002 - part of the interface
        """Nothing lies beside it in its file."""
        return ()

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _kind_of_text(self, inner: bytes, head: bytes) -> Found:
        """What a text is by all of it, in one pass. Raises OSError, ContainerError."""
        start, end, size = bytearray(), b"", 0
        for piece in self._pieces(_LONGEST_TEXT + 1):
            start += piece[: TEXT_BYTES - len(start)]
            end = (end + piece)[-HEAD_BYTES:]
            size += len(piece)
        if size > _LONGEST_TEXT:
            raise ContainerError("it holds a text that is too long to be looked through, compressed")
        return kind_of_whole(inner, head, size, lambda at, most: end if at else bytes(start[:most]))

    def _pieces(self, most: int) -> Iterator[bytes]:
        """What it unpacks to, at most `most` bytes and a piece. Raises OSError."""
        self._file.seek(0)
        given = 0
        decoder = _OPENERS[self._reader]()
        waiting = b""
        try:
            while given < most:
                if decoder.eof:  # several streams behind one another are one file
                    waiting = decoder.unused_data or self._file.read(_PIECE)
                    if not waiting.strip(b"\0"):
                        return
                    decoder = _OPENERS[self._reader]()
                piece, waiting = self._step(decoder, waiting)
                given += len(piece)
                yield piece
        except (zlib.error, lzma.LZMAError, EOFError, ValueError, MemoryError) as error:
            raise OSError(f"it cannot be unpacked: {str(error)[:200]}") from error

    def _step(self, decoder: Any, waiting: bytes) -> tuple[bytes, bytes]:
        if self._reader != "gzip" and not decoder.needs_input:
            return decoder.decompress(b"", _PIECE), b""
        data = waiting or self._file.read(_PIECE)
        if not data:
            raise EOFError("it was cut short")
        piece = decoder.decompress(data, _PIECE)
        return piece, decoder.unconsumed_tail if self._reader == "gzip" else b""

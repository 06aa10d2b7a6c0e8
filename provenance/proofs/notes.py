"""Signed notes (C2SP signed-note) with Ed25519, and cosignatures of witnesses (C2SP tlog-cosignature).

A note is a text whose last line is followed by an empty line and lines of signatures, each with the name of its key,
four bytes that tell keys of one name apart, and the signature. Whoever reads one says which keys they believe;
signatures by others are passed over.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final, Self

from provenance.errors import InputError, MissingExtra, UsageError
from provenance.files import read_bounded

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_ED25519: Final = 1
_COSIGNATURE: Final = 4
_MARK: Final = "\u2014 "
_NAME: Final = re.compile(r"[^\s+]{1,200}")
MOST_KEY_BYTES: Final = 1 << 16
"""A longer file holds no key."""

_MOST_SIGNATURES: Final = 100


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name. `kind` is 1 for Ed25519 over the text, 4 for a witness's cosignature.

    >>> Verifier.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").name
    'PeterNeumann'
    """

    name: str
    kind: int
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a key as `name+hash+base64`. Raises UsageError."""
        name, _, rest = text.strip().partition("+")
        digest, _, encoded = rest.partition("+")
        try:
            data = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            data = b""
        found = cls(name, data[0] if data else 0, data[1:])
        if not _NAME.fullmatch(name) or len(found.public) != 32 or found.kind not in (_ED25519, _COSIGNATURE):
            raise UsageError(f"{text[:80]} is no verifier key", remedy="write it as NAME+HASH+BASE64, in one word")
        if found.id.hex() != digest.lower():
            raise UsageError(f"the key of {name} is damaged", remedy="copy it again in full")
        return found

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature names the key."""
        return sha256(f"{self.name}\n".encode() + bytes((self.kind,)) + self.public).digest()[:4]

    @property
    def text(self) -> str:
        """The key in one word, to be handed to whoever verifies."""
        encoded = base64.b64encode(bytes((self.kind,)) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{encoded}"


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with the name under which it signs."""

    verifier: Verifier
    private: Ed25519PrivateKey

    @classmethod
    def load(cls, path: Path, name: str) -> Self:
        """Read an Ed25519 key as OpenSSH and OpenSSL write it, without a passphrase.

        Raises InputError for another file, UsageError for a name with spaces or a plus, MissingExtra.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name} cannot be the name of a key", remedy="leave spaces and plus signs out")
        return cls.of(private_key(path), name)

    @classmethod
    def of(cls, private: Ed25519PrivateKey, name: str) -> Self:
        """A signer of a key at hand."""
        return cls(Verifier(name, _ED25519, private.public_key().public_bytes_raw()), private)


@dataclass(frozen=True, slots=True)
class Signature:
    """A line of a note: the name and the four bytes of its key, and what they signed it with."""

    name: str
    key_id: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text, which ends with a line's end, and its signatures."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, note: str) -> Self:
        """Read a note. Raises InputError for what is none."""
        text, separator, lines = note.rpartition("\n\n")
        signatures = [_signature(line) for line in lines.removesuffix("\n").split("\n")]
        control = any(ord(letter) < 32 and letter != "\n" for letter in note)
        if not separator or control or not lines.endswith("\n") or None in signatures:
            raise InputError("this is no signed note", remedy="name the file in full, as it was handed out")
        if len(signatures) > _MOST_SIGNATURES:
            raise InputError(f"a note with {len(signatures)} signatures", remedy="leave some out")
        return cls(text + "\n", tuple(one for one in signatures if one is not None))

    @property
    def written(self) -> str:
        """The note as it is handed out."""
        lines = (f"{_MARK}{one.name} {base64.b64encode(one.key_id + one.data).decode()}\n" for one in self.signatures)
        return f"{self.text}\n{''.join(lines)}"


@dataclass(frozen=True, slots=True)
class Verified:
    """A key that signed a note, and when, where it is a witness."""

    name: str
    at: datetime | None = None


def sign(text: str, signer: Signer) -> Note:
    """Sign a text that ends with a line's end."""
    signature = signer.private.sign(text.encode())
    return Note(text, (Signature(signer.verifier.name, signer.verifier.id, signature),))


def cosign(note: Note, signer: Signer, at: datetime) -> Note:
    """Add a witness's cosignature, made at a time, to a note."""
    seconds = int(at.timestamp())
    verifier = Verifier(signer.verifier.name, _COSIGNATURE, signer.verifier.public)
    data = seconds.to_bytes(8) + signer.private.sign(_cosigned(note.text, seconds))
    return Note(note.text, (*note.signatures, Signature(verifier.name, verifier.id, data)))


def verify(note: Note, verifiers: Iterable[Verifier]) -> list[Verified]:
    """The keys among these that signed a note. Raises InputError for a signature in such a name that is not theirs."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    believed = {(one.name, one.id): one for one in verifiers}
    found = []
    for one in note.signatures:
        key = believed.get((one.name, one.key_id))
        if key is None:
            continue
        signature, message, at = one.data, note.text.encode(), None
        if key.kind == _COSIGNATURE:
            seconds = int.from_bytes(one.data[:8])
            signature, message = one.data[8:], _cosigned(note.text, seconds)
            at = datetime.fromtimestamp(min(seconds, _LAST), UTC)
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
        except InvalidSignature as error:
            raise InputError(f"the signature of {one.name} does not fit", remedy="ask for the file again") from error
        found.append(Verified(one.name, at))
    return found


_LAST: Final = 253_402_300_799
"""The last second of the year 9999."""


def private_key(path: Path) -> Ed25519PrivateKey:
    """Read an Ed25519 key as OpenSSH and OpenSSL write it, without a passphrase. Raises InputError, MissingExtra."""
    loading = serialization()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        data = read_bounded(path, MOST_KEY_BYTES) or b""
        load = loading.load_ssh_private_key if b"OPENSSH" in data[:64] else loading.load_pem_private_key
        private = load(data, password=None)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", remedy="check the path") from error
    except (ValueError, TypeError) as error:
        raise InputError(
            f"{path} is no private key that can be read: {error}", remedy="name an Ed25519 key without a passphrase"
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise InputError(f"{path} is no Ed25519 key", remedy="make one with `ssh-keygen -t ed25519`")
    return private


def new_key(path: Path) -> None:
    """Make an Ed25519 key in a new file of its owner's alone. Raises UsageError where there is one already."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from provenance.private_files import create

    writing = serialization()
    data = Ed25519PrivateKey.generate().private_bytes(
        writing.Encoding.PEM, writing.PrivateFormat.OpenSSH, writing.NoEncryption()
    )
    try:
        descriptor = create(path)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already", remedy="name a new file") from error
    with open(descriptor, "wb") as out:  # noqa: PTH123 - a descriptor has no path
        out.write(data)


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _signature(line: str) -> Signature | None:
    name, separator, encoded = line.removeprefix(_MARK).partition(" ")
    if not line.startswith(_MARK) or not separator or not _NAME.fullmatch(name):
        return None
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return Signature(name, data[:4], data[4:]) if len(data) > 4 else None


def serialization() -> ModuleType:
    """How keys are read and written. Raises MissingExtra."""
    try:
        from cryptography.hazmat.primitives import serialization
    except ImportError as missing:
        raise MissingExtra("cryptography", "sign", "signatures") from missing
    return serialization

"""Signatures as `ssh-keygen -Y sign` makes and verifies them (OpenSSH, PROTOCOL.sshsig), by Ed25519 keys.

What is signed names the purpose of the signature, the `namespace`: one that was given for something else, such as a
login or a commit, never fits.
"""

from __future__ import annotations

from hashlib import sha512
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provenance.errors import InputError
from provenance.files import read_bounded
from provenance.proofs.notes import MOST_KEY_BYTES, serialization

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_MAGIC: Final = b"SSHSIG"
_KIND: Final = b"ssh-ed25519"
_HASH: Final = b"sha512"
_VERSION: Final = 1


def sign(message: bytes, private: Ed25519PrivateKey, namespace: str) -> bytes:
    """A signature of a message, for one purpose."""
    data = private.sign(_signed(message, namespace))
    return _before(private.public_key().public_bytes_raw(), namespace) + data


def is_signed(message: bytes, signature: bytes, public: bytes, namespace: str) -> bool:
    """Whether a signature is one of this message, by this key (32 bytes) and for this purpose. Raises MissingExtra."""
    serialization()
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    start = _before(public, namespace)
    data = signature[len(start) :]
    if not signature.startswith(start) or len(data) != 64:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(data, _signed(message, namespace))
    except (InvalidSignature, ValueError):
        return False
    return True


def public_key(path: Path) -> bytes:
    """The 32 bytes of an Ed25519 public key in a file of OpenSSH or OpenSSL. Raises InputError, MissingExtra."""
    loading = serialization()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        data = read_bounded(path, MOST_KEY_BYTES) or b""
        found = loading.load_pem_public_key(data) if b"-----BEGIN" in data else loading.load_ssh_public_key(data)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", remedy="check the path") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError(f"{path} is no public key: {error}", remedy="name the file that ends in .pub") from error
    if not isinstance(found, Ed25519PublicKey):
        raise InputError(f"{path} is no Ed25519 key", remedy="make one with `ssh-keygen -t ed25519`")
    return found.public_bytes_raw()


def _signed(message: bytes, namespace: str) -> bytes:
    return _MAGIC + _text(namespace.encode()) + _text(b"") + _text(_HASH) + _text(sha512(message).digest())


def _before(public: bytes, namespace: str) -> bytes:
    """All of a signature by a key for a purpose but its last 64 bytes: there is one spelling."""
    head = (
        _MAGIC
        + _VERSION.to_bytes(4)
        + _text(_text(_KIND) + _text(public))
        + _text(namespace.encode())
        + _text(b"")
        + _text(_HASH)
    )
    data = _text(_KIND) + (64).to_bytes(4)
    return head + (len(data) + 64).to_bytes(4) + data


def _text(data: bytes) -> bytes:
    return len(data).to_bytes(4) + data

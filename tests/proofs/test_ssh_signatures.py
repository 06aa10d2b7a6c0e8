"""Signatures of `ssh-keygen -Y`: made here and verified there, and the other way about."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provenance.armour import armoured, in_a_line, unarmoured
from provenance.errors import InputError
from provenance.proofs.notes import new_key, private_key
from provenance.proofs.ssh_signatures import is_signed, public_key, sign

MESSAGE = b'{"decision":"ALLOW_BY_REVIEW"}'
OPENSSH = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="OpenSSH is not here")


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, bytes]:
    """A key as `ssh-keygen` makes one, and the 32 bytes of its public half."""
    path = tmp_path / "id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path, public_key(path.with_suffix(".pub"))


@OPENSSH
def test_openssh_verifies_what_is_signed_here(pair: tuple[Path, bytes], tmp_path: Path) -> None:
    path, _ = pair
    signature = tmp_path / "message.sig"
    signature.write_text(armoured(sign(MESSAGE, private_key(path), "provenance-decision")))
    allowed = tmp_path / "allowed"
    allowed.write_text(f"ab@example.org {path.with_suffix('.pub').read_text()}")
    command = ["ssh-keygen", "-Y", "verify", "-f", allowed, "-I", "ab@example.org", "-n", "provenance-decision"]
    done = subprocess.run([*command, "-s", signature], input=MESSAGE, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert subprocess.run([*command, "-s", signature], input=MESSAGE + b" ", capture_output=True).returncode != 0


@OPENSSH
def test_what_openssh_signs_is_verified_here(pair: tuple[Path, bytes]) -> None:
    path, public = pair
    command = ["ssh-keygen", "-Y", "sign", "-f", path, "-n", "provenance-decision"]
    done = subprocess.run(command, input=MESSAGE, capture_output=True, check=True)
    signature = unarmoured(done.stdout.decode())
    assert is_signed(MESSAGE, signature, public, "provenance-decision")
    assert unarmoured(in_a_line(signature)) == signature
    assert not is_signed(MESSAGE, signature, public, "git")


def test_a_signature_is_of_one_message_by_one_key_for_one_purpose() -> None:
    mine, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    public = mine.public_key().public_bytes_raw()
    signature = sign(MESSAGE, mine, "provenance-decision")
    assert is_signed(MESSAGE, signature, public, "provenance-decision")
    assert not is_signed(MESSAGE + b" ", signature, public, "provenance-decision")
    assert not is_signed(MESSAGE, signature, other.public_key().public_bytes_raw(), "provenance-decision")
    assert not is_signed(MESSAGE, signature, public, "provenance")
    assert not is_signed(MESSAGE, signature + b"\0", public, "provenance-decision")
    for place in range(len(signature)):
        changed = bytearray(signature)
        changed[place] ^= 1
        assert not is_signed(MESSAGE, bytes(changed), public, "provenance-decision"), place


@pytest.mark.parametrize("text", ["", "****", "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----"])
def test_what_is_no_signature_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match="no signature"):
        unarmoured(text)


def test_keys_of_other_kinds_are_refused_with_a_remedy(tmp_path: Path) -> None:
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    path = tmp_path / "id_ecdsa.pub"
    path.write_bytes(other.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH))
    with pytest.raises(InputError, match="Ed25519"):
        public_key(path)
    path.write_text("ssh-ed25519 not-base64 ab@example.org")
    with pytest.raises(InputError, match="no public key"):
        public_key(path)
    private = tmp_path / "id_ed25519"
    new_key(private)
    with pytest.raises(InputError, match=r"\.pub"):
        public_key(private)

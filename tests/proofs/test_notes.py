"""Signed notes and checkpoints: the public example, ours read by another implementation, and what is refused."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provenance.errors import InputError, UsageError
from provenance.proofs.checkpoints import Checkpoint
from provenance.proofs.notes import Note, Signer, Verifier, cosign, new_key, sign, verify

# The example of the Go package golang.org/x/mod/sumdb/note, from which the format comes.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def signer(name: str = "example.org/photos") -> Signer:
    return Signer.of(Ed25519PrivateKey.generate(), name)


def test_the_public_example_verifies() -> None:
    note = Note.parse(GO_NOTE)
    assert [one.name for one in verify(note, [Verifier.parse(GO_KEY)])] == ["PeterNeumann"]
    assert note.written == GO_NOTE


def test_a_changed_text_does_not() -> None:
    with pytest.raises(InputError, match="PeterNeumann does not fit"):
        verify(Note.parse(GO_NOTE.replace("answer", "Answer")), [Verifier.parse(GO_KEY)])


def test_a_key_that_is_not_believed_says_nothing() -> None:
    assert verify(Note.parse(GO_NOTE), [signer("PeterNeumann").verifier]) == []


def test_keys_are_written_and_read() -> None:
    assert Verifier.parse(GO_KEY).text == GO_KEY
    for bad in ("", "a+b+c", GO_KEY[:-4], GO_KEY.replace("c74f", "c74e"), GO_KEY.replace("PeterN", "Peter N")):
        with pytest.raises(UsageError):
            Verifier.parse(bad)


def test_a_witness_cosigns_with_its_time() -> None:
    log, witness = signer(), signer("witness.example")
    at = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
    note = cosign(sign(Checkpoint("example.org/photos", 7, bytes(32)).text, log), witness, at)
    believed = [log.verifier, Verifier("witness.example", 4, witness.verifier.public)]
    found = verify(Note.parse(note.written), believed)
    assert [(one.name, one.at) for one in found] == [("example.org/photos", None), ("witness.example", at)]
    shifted = note.written.replace("\n7\n", "\n8\n")
    with pytest.raises(InputError):
        verify(Note.parse(shifted), believed[1:])


@pytest.mark.parametrize(
    "bad",
    ["", "\n", "text\n", "text\n\n", "text\n\n\u2014 name\n", "text\n\n- name AAAA\n", GO_NOTE[:-1], "a\x07" + GO_NOTE],
)
def test_what_is_no_note_is_refused(bad: str) -> None:
    with pytest.raises(InputError):
        Note.parse(bad)


@pytest.mark.parametrize("bad", ["", "a\n", "a\n-1\nAAAA\n", "a\n01\n" + "A" * 43 + "=\n", "\n1\n" + "A" * 43 + "=\n"])
def test_what_is_no_checkpoint_is_refused(bad: str) -> None:
    with pytest.raises(InputError):
        Checkpoint.parse(bad)


def test_a_checkpoint_is_read_by_another_implementation() -> None:
    checkpoints = pytest.importorskip("sigstore._internal.rekor.checkpoint")
    log = signer()
    written = sign(Checkpoint("example.org/photos", 12, bytes(range(32)), ("a further line",)).text, log).written
    theirs = checkpoints.SignedCheckpoint.from_text(written)
    assert (theirs.checkpoint.origin, theirs.checkpoint.log_size) == ("example.org/photos", 12)
    assert theirs.checkpoint.log_hash == bytes(range(32)).hex()
    (signature,) = theirs.signed_note.signatures
    assert signature.name == "example.org/photos"
    assert signature.sig_hash == log.verifier.id


def test_keys_of_openssh_and_openssl_are_taken_and_others_refused(tmp_path: Path) -> None:
    new_key(tmp_path / "own")
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o600
    with pytest.raises(UsageError, match="is there already"):
        new_key(tmp_path / "own")
    own = Signer.load(tmp_path / "own", "log")
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    again = own.private.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    (tmp_path / "pem").write_bytes(again)
    assert Signer.load(tmp_path / "pem", "log").verifier == own.verifier
    curve = generate_private_key(SECP256R1()).private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    (tmp_path / "curve").write_bytes(curve)
    (tmp_path / "text").write_bytes(b"no key")
    for name in ("curve", "text", "absent"):
        with pytest.raises(InputError):
            Signer.load(tmp_path / name, "log")
    with pytest.raises(UsageError):
        Signer.load(tmp_path / "own", "a name")

"""Signs pictures with C2PA manifests of one's choice, with a key made on the spot."""

from __future__ import annotations

import datetime as dt
import io
import json
from functools import cache
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def _certificate(subject: str, key: Any, issuer_key: Any, *, authority: bool) -> x509.Certificate:
    def name(common: str) -> x509.Name:
        parts = [(NameOID.COMMON_NAME, common), (NameOID.ORGANIZATION_NAME, "Tests")]
        return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])

    now = dt.datetime.now(dt.UTC)
    uses = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name("Authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, **uses),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


@cache
def _identity() -> tuple[bytes, bytes]:
    """A certificate chain and its private key, as PEM."""
    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    chain = [
        _certificate("Signer", own, authority, authority=False),
        _certificate("Authority", authority, authority, authority=True),
    ]
    pem = b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in chain)
    key = own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem, key


def sign(picture: bytes, kind: str, assertions: dict[str, Any], ingredient: bytes | None = None) -> bytes:
    """`picture` (of media type `kind`) with a signed manifest that holds `assertions`, by label."""
    pem, key = _identity()
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(alg=b"es256", sign_cert=pem, private_key=key, ta_url=None))
    if ingredient is None:
        # A manifest has to begin with the making or the opening of its picture.
        made = {"action": "c2pa.created", "digitalSourceType": f"{_SOURCE_TYPES}digitalCapture"}
        assertions = {"c2pa.actions": {"actions": [made]}, **assertions}
    manifest = {
        "claim_generator_info": [{"name": "tests", "version": "1"}],
        "format": kind,
        "assertions": [{"label": label, "data": data} for label, data in assertions.items()],
    }
    settings = {"builder": {"thumbnail": {"enabled": False}, "actions": {"auto_opened_action": {"enabled": True}}}}
    context = c2pa.Context(c2pa.Settings.from_json(json.dumps(settings)))
    builder = c2pa.Builder(json.dumps(manifest), context=context)
    if ingredient is not None:
        relation = {"title": "parent", "relationship": "parentOf"}
        builder.add_ingredient(json.dumps(relation), kind, io.BytesIO(ingredient))
    signed = io.BytesIO()
    builder.sign(signer, kind, io.BytesIO(picture), signed)
    return signed.getvalue()

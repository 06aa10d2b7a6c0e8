"""What a person signs who decides, or says what they saw: one such thing, as canonical JSON.

So a signature of it is none of another.

A review names its finding, which stands for the image's bytes, the law, the person shown, the purpose, the recipients
and the face-template setting (`policy.overrides.fingerprint`). A look names the bytes and all that was seen. A waiver
is signed with all that its entry says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from provenance.model import Look, Review, to_micros
from provenance.proofs.canonical import canonical
from provenance.proofs.ssh_signatures import sign

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NAMESPACE: Final = "provenance-decision"
"""What the signatures are for (`proofs.ssh_signatures`)."""

_VERSION: Final = 1

Said = TypeVar("Said", bound=Review | Look)
"""What a person says of one image under their name."""


def statement(said: Review | Look) -> bytes:
    """What the reviewer signs; times are microseconds since 1970, days ISO 8601.

    >>> statement(Look(bytes(32), "AB", at, PersonsStatus.NONE, reason="why"))  # doctest: +SKIP
    b'{"age":null,"at":1795348800000000,"kind":"look","persons":null,"persons_status":"NONE",...}'
    """
    about = _of_review(said) if isinstance(said, Review) else _of_look(said)
    common = {"sha256": said.sha256, "reviewer": said.reviewer, "at": to_micros(said.at), "reason": said.reason}
    return canonical({"v": _VERSION, **common, **about})


def signed(said: Said, private: Ed25519PrivateKey) -> Said:
    """The same with the reviewer's signature."""
    return replace(said, signature=sign(statement(said), private, NAMESPACE))


def waiver_statement(entry: Mapping[str, Any]) -> bytes:
    """What the approver signs of an entry of a file of waivers: its keys and values, days in ISO 8601."""
    said = {name: _plain(value) for name, value in entry.items() if name != "signature"}
    return canonical({"v": _VERSION, "kind": "waiver", "entry": said})


def _of_review(review: Review) -> dict[str, Any]:
    return {
        "kind": "review",
        "finding": review.finding,
        "code": review.code,
        "decision": review.decision.value,
        "expires": review.expires.isoformat(),
        "ticket": review.ticket,
    }


def _of_look(look: Look) -> dict[str, Any]:
    return {
        "kind": "look",
        "persons_status": look.persons_status.value,
        "persons": look.persons,
        "age": look.age.value if look.age is not None else None,
        "synthetic": look.synthetic,
        "sensitive": look.sensitive,
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value

"""What a person signs who decides: one decision, as canonical JSON, so that a signature of it is none of another.

A review names its finding, which stands for the image's bytes, the law, the person shown, the purpose, the recipients
and the face-template setting (`policy.overrides.fingerprint`). A waiver is signed with all that its entry says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from provenance.model import Review, to_micros
from provenance.proofs.canonical import canonical

NAMESPACE: Final = "provenance-decision"
"""What the signatures are for (`proofs.ssh_signatures`)."""

_VERSION: Final = 1


def review_statement(review: Review) -> bytes:
    """What the reviewer signs; times are microseconds since 1970, days ISO 8601.

    >>> review_statement(Review("f0", Decision.BLOCK, "AB", at, day, "why"))  # doctest: +SKIP
    b'{"at":1795348800000000,"code":"","decision":"BLOCK","expires":"2027-05-23","finding":"f0",...}'
    """
    return canonical(
        {
            "v": _VERSION,
            "kind": "review",
            "finding": review.finding,
            "sha256": review.sha256,
            "code": review.code,
            "decision": review.decision.value,
            "reviewer": review.reviewer,
            "at": to_micros(review.at),
            "expires": review.expires.isoformat(),
            "reason": review.reason,
            "ticket": review.ticket,
        }
    )


def waiver_statement(entry: Mapping[str, Any]) -> bytes:
    """What the approver signs of an entry of a file of waivers: its keys and values, days in ISO 8601."""
    said = {name: _plain(value) for name, value in entry.items() if name != "signature"}
    return canonical({"v": _VERSION, "kind": "waiver", "entry": said})


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value

"""A verdict, a waiver and a review to start from: for the tests of what people decide about findings."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from provenance.model import Context, FaceTemplates, Reason, Review, Setting, Verdict
from provenance.policy.overrides import Overridden, Overrides, fingerprint, setting_of
from provenance.policy.reasons import load_reasons
from provenance.policy.waivers import Waivers, parse_waivers
from provenance.vocabulary import Decision, Purpose

NOW = datetime(2026, 10, 15, 9, 30, tzinfo=UTC)
SHA = bytes(range(32))
CONTEXT = Context(as_of=NOW, purpose=Purpose.MODEL_TRAINING, face_templates=FaceTemplates(derived=False))
CODES = [rule.code for rule in load_reasons()]
NEVER_WAIVED = {5, 6, 7, 8, 10, 11, 12, 13, 14, 43, 44, 60}


def reason(code: str, jurisdiction: str | None = None, person: str | None = None) -> Reason:
    rule = load_reasons()[code]
    return Reason(code, rule.number, rule.decision, rule.sentence, rule.otherwise, jurisdiction, person)


def verdict(
    *reasons: Reason, item: str = "archive/a.jpg", collection: str = "photos", setting: Setting | None = None
) -> Verdict:
    primary = max(reasons, key=lambda one: (one.decision.severity, -one.number))
    found_under = setting if setting is not None else setting_of(CONTEXT)
    return Verdict(
        item=item,
        collection=collection,
        collection_uri=f"file:///data/{collection}",
        sha256=SHA,
        decision=primary.decision,
        reason=primary.code,
        reasons=reasons,
        setting=found_under,
        evaluated_at=NOW,
        clock_given=False,
        rulepacks={"CA": "2026.11"},
    )


def entry(**changes: object) -> str:
    values: dict[str, object] = {
        "code": "LICENCE_MISSING",
        "items": ["archive/"],
        "purpose": "MODEL_TRAINING",
        "reason": "our own archive",
        "approver": "J. Morin",
        "ticket": "LEGAL-77",
        "date": date(2026, 10, 1),
        "expires": date(2027, 1, 31),
        **changes,
    }
    lines = []
    for key, value in values.items():
        if value is not None:
            lines.append(f"{key} = {value if isinstance(value, date) else json.dumps(value)}")
    return "\n".join(["[[waiver]]", *lines, ""])


def waivers(*entries: str) -> Waivers:
    return parse_waivers("\n".join(entries).encode(), "waivers.toml", load_reasons())


def review(
    finding: Reason, decision: Decision = Decision.ALLOW_BY_REVIEW, *, of: Verdict | None = None, **more: Any
) -> Review:
    judged = of or verdict(finding)
    mark = fingerprint(finding, judged)
    assert mark is not None
    given = {"at": NOW - timedelta(days=1), "expires": date(2027, 1, 1), "reviewer": "JM", **more}
    return Review(finding=mark, decision=decision, reason="looked", sha256=judged.sha256, code=finding.code, **given)


def after(
    judged: Verdict, *reviews: Review, held: Waivers | None = None, context: Context = CONTEXT, **more: Any
) -> Overridden:
    return Overrides.of(context, reviews=reviews, waivers=held, **more).applied(judged)

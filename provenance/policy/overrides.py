"""What people took upon themselves, applied to verdicts: reviews first, then waivers. Nothing else applies either.

Who allows, allows that: a review or a waiver is given for a finding, a purpose, the recipients and the face-template
setting under which it was found; under others it does not exist. It yields ALLOW_BY_REVIEW, never ALLOW, and the
finding stays among the reasons with the name of who allowed it. A reviewer's rejection holds for the image, by its
bytes, whatever becomes of the finding, until they or somebody else lift it. Decisions dated after the clock do not
count.

>>> overrides = Overrides.of(context, reviews=reviews, waivers=read_waivers("waivers.toml"))  # doctest: +SKIP
>>> uses = Uses(overrides)  # doctest: +SKIP
>>> verdicts = [uses.take(overrides.applied(verdict)) for verdict in verdicts]  # doctest: +SKIP
>>> uses.findings()  # doctest: +SKIP
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from provenance.errors import UsageError
from provenance.model import Context, Reason, Review, Setting, Verdict
from provenance.placeholders import names_somebody
from provenance.policy.purposes import load_purposes
from provenance.policy.reasons import ReasonCatalogue, load_reasons
from provenance.policy.signed import is_sound, said_of, why_not
from provenance.policy.waivers import FINGERPRINT_DIGITS, Waiver, Waivers
from provenance.vocabulary import Decision, Purpose

_STANDING: Final = (Decision.REVIEW, Decision.BLOCK)


def setting_of(context: Context) -> Setting:
    """The setting under which a gate finds what it finds."""
    templates = context.face_templates
    return Setting(context.purpose, tuple(sorted(set(context.recipients))), templates.derived, templates.identify)


def fingerprint(reason: Reason, verdict: Verdict) -> str | None:
    """What names one finding wherever its file is moved to: 32 hexadecimal digits. None where no bytes are known.

    The start of SHA-256 over the code, the image's SHA-256, the jurisdiction, the digest of the person's pseudonym, the
    purpose, whether faces are measured and people identified, and the recipients, each ended by a NUL; the sentence,
    the path and the pack's version are left out.
    """
    return fingerprint_of(reason, verdict.sha256, verdict.setting) if verdict.sha256 is not None else None


def fingerprint_of(reason: Reason, sha256: bytes, setting: Setting) -> str:
    """The fingerprint of a finding about these bytes under a setting."""
    parts = (
        "finding 2",
        *_about(reason, sha256),
        setting.purpose or "",
        _WORDS[setting.derived],
        _WORDS[setting.identify],
        *setting.recipients,
    )
    return _digest(parts)


def _about(reason: Reason, sha256: bytes) -> tuple[str, ...]:
    person = hashlib.sha256(reason.person.encode()).hexdigest() if reason.person is not None else ""
    return (reason.code, sha256.hex(), reason.jurisdiction or "", person)


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("".join(f"{part}\0" for part in parts).encode()).hexdigest()[:FINGERPRINT_DIGITS]


_WORDS: Final = {None: "", True: "yes", False: "no"}


@dataclass(frozen=True, slots=True)
class Use:
    """A waiver that speaks of an image of a collection; `name` is the name in it by which, "" for a fingerprint."""

    waiver: Waiver
    collection: str
    name: str
    whole_name: bool
    """The name holds the collection's."""
    served: bool
    """It was in force and let a finding through."""


@dataclass(frozen=True, slots=True)
class Overridden:
    """A verdict after what people decided, with the waivers that spoke of it and those that nobody can give."""

    verdict: Verdict
    uses: tuple[Use, ...] = ()
    refused: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Overrides:
    """The reviews and waivers of one gate.

    `bound` holds, by a waiver's digest, the purpose for which an entry that names none was first accepted: it counts
    for no other.
    """

    at: datetime
    waivers: Waivers | None = None
    bound: Mapping[str, Purpose] = field(default_factory=dict)
    catalogue: ReasonCatalogue = field(default_factory=load_reasons)
    by_finding: Mapping[str, tuple[Review, ...]] = field(default_factory=dict)
    uncounted: Mapping[str, tuple[Review, ...]] = field(default_factory=dict)
    signed_only: bool = False
    rejections: Mapping[bytes, tuple[Review, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        context: Context,
        *,
        reviews: Iterable[Review] = (),
        waivers: Waivers | None = None,
        bound: Mapping[str, Purpose] | None = None,
    ) -> Overrides:
        """What counts at the gate's clock. A permission by nobody is none, nor is one whose signature does not fit, or
        that nobody signed where that is required; a rejection counts whoever gave it."""
        by_finding: dict[str, list[Review]] = {}
        uncounted: dict[str, list[Review]] = {}
        rejections: dict[bytes, list[Review]] = {}
        for review in sorted(reviews, key=lambda one: (one.at, one.decision.severity)):
            rejects = review.decision is Decision.BLOCK
            if review.at > context.as_of or not (rejects or names_somebody(review.reviewer)):
                continue
            if not rejects and not is_sound(review, context.require_signatures):
                uncounted.setdefault(review.finding, []).append(review)
                continue
            by_finding.setdefault(review.finding, []).append(review)
            if rejects and review.sha256 is not None:
                rejections.setdefault(review.sha256, []).append(review)
        return cls(
            at=context.as_of,
            waivers=waivers,
            bound=bound or {},
            by_finding={finding: tuple(found) for finding, found in by_finding.items()},
            uncounted={finding: tuple(found) for finding, found in uncounted.items()},
            signed_only=context.require_signatures,
            rejections={sha256: tuple(found) for sha256, found in rejections.items()},
        )

    def __bool__(self) -> bool:
        return self.waivers is not None or bool(self.by_finding) or bool(self.uncounted)

    def applied(self, verdict: Verdict) -> Overridden:
        """One verdict after what people decided about it."""
        rejected: set[int] = set()
        reasons: list[Reason] = []
        for reason in verdict.reasons:
            decided = self._reviewed(reason, verdict)
            if decided is not reason and decided.decision is Decision.BLOCK:
                rejected.add(len(reasons))
            reasons.append(decided)
        for held in self._held(verdict, reasons):
            rejected.add(len(reasons))
            reasons.append(held)
        uses: list[Use] = []
        refused: set[int] = set()
        if self.waivers is not None:
            for place, reason in enumerate(reasons):
                if reason.decision in _STANDING and place not in rejected:
                    reasons[place] = self._waived(reason, verdict, uses, refused)
        reasons = [self._with_uncounted(reason, verdict) for reason in reasons]
        if tuple(reasons) == verdict.reasons:
            return Overridden(verdict, tuple(uses), frozenset(refused))
        primary = max(reasons, key=lambda one: (one.decision.severity, -one.number))
        changed = replace(verdict, decision=primary.decision, reason=primary.code, reasons=tuple(reasons))
        return Overridden(changed, tuple(uses), frozenset(refused))

    # --- reviews ---------------------------------------------------------------------------------------------------

    def _reviewed(self, reason: Reason, verdict: Verdict) -> Reason:
        """The newest decision about a finding counts; of several at one moment the one that blocks."""
        if reason.decision not in _STANDING or not self.by_finding:
            return reason
        mark = fingerprint(reason, verdict)
        told = self.by_finding.get(mark or "", ())
        if not told:
            return self._rejected_before(reason, verdict)
        latest = told[-1]
        if latest.decision is Decision.BLOCK:
            return _noted(reason, Decision.BLOCK, f"Rejected by {_who(latest)}: {latest.reason}")
        ended = self.at.astimezone(UTC).date() > latest.expires or not self.catalogue[reason.code].overridable
        if ended:
            return reason
        allowed = f"Allowed by {_who(latest)}, until {latest.expires}: {latest.reason}"
        return _noted(reason, Decision.ALLOW_BY_REVIEW, allowed)

    def _rejected_before(self, reason: Reason, verdict: Verdict) -> Reason:
        """Rejections from before findings were bound to a setting still hold; permissions from then do not."""
        if verdict.sha256 is None:
            return reason
        told = self.by_finding.get(_digest(("finding 1", *_about(reason, verdict.sha256))), ())
        if not told or told[-1].decision is not Decision.BLOCK:
            return reason
        return _noted(reason, Decision.BLOCK, f"Rejected by {_who(told[-1])}: {told[-1].reason}")

    def _held(self, verdict: Verdict, reasons: Iterable[Reason]) -> Iterator[Reason]:
        """The rejections of these bytes that nobody lifted, and of which no reason of the verdict speaks yet."""
        blocked = {reason.code for reason in reasons if reason.decision is Decision.BLOCK}
        for review in self.rejections.get(verdict.sha256 or b"", ()):
            rule = self.catalogue.rules.get(review.code)
            if rule is None or rule.code in blocked or self._lifted(review, verdict):
                continue
            blocked.add(rule.code)
            detail = f"Rejected by {_who(review)}: {review.reason}. It holds for this picture until somebody lifts it."
            yield Reason(rule.code, rule.number, Decision.BLOCK, detail, "a person's word (policy of this package)")

    def _lifted(self, rejection: Review, verdict: Verdict) -> bool:
        """Whether somebody allowed the same later: the very finding, or what stands for it in this verdict."""
        held = Reason(rejection.code, 0, Decision.BLOCK, "", "")
        alike = (held, *(reason for reason in verdict.reasons if reason.code == rejection.code))
        marks = {rejection.finding, *(fingerprint(reason, verdict) for reason in alike)}
        return any(
            review.decision is not Decision.BLOCK and review.at > rejection.at
            for mark in marks
            for review in self.by_finding.get(mark or "", ())
        )

    def _with_uncounted(self, reason: Reason, verdict: Verdict) -> Reason:
        """A finding that stands, with the newest permission that counts for nothing, and why."""
        if reason.decision not in _STANDING or not self.uncounted:
            return reason
        told = self.uncounted.get(fingerprint(reason, verdict) or "", ())
        if not told:
            return reason
        note = f"Not counted: allowed by {_who(told[-1])}; {why_not(told[-1])}"
        return _noted(reason, reason.decision, note)

    # --- waivers ---------------------------------------------------------------------------------------------------

    def _waived(self, reason: Reason, verdict: Verdict, uses: list[Use], refused: set[int]) -> Reason:
        given = list(self._given(reason, verdict))
        if not self.catalogue[reason.code].overridable:
            refused.update(use.waiver.place for use in given)
            return reason
        uses += given
        standing = next((use.waiver for use in given if use.served), None)
        if standing is None:
            return reason
        limit = "" if standing.purpose or standing.finding else f", for {verdict.setting.purpose} only"
        who = f"{standing.approver}, {said_of(standing)},"
        told = f"Waived by {who} until {standing.expires}{limit}, {standing.ticket}: {standing.reason}"
        return _noted(reason, Decision.ALLOW_BY_REVIEW, told)

    def _given(self, reason: Reason, verdict: Verdict) -> Iterator[Use]:
        """The waivers that speak of a reason under the setting of its verdict, whether or not they are in force."""
        assert self.waivers is not None
        mark = fingerprint(reason, verdict) if self.waivers.by_finding else None
        for waiver in self.waivers.by_finding.get(mark or "", ()):
            if waiver.code in (None, reason.code):
                yield Use(waiver, verdict.collection, "", whole_name=True, served=self._counts(waiver))
        for waiver in self.waivers.by_code.get(reason.code, ()):
            if waiver.jurisdictions and reason.jurisdiction not in waiver.jurisdictions:
                continue
            name = next(_matching(waiver.items, verdict), None)
            if name is not None and self._covers(waiver, verdict.setting):
                yield Use(waiver, verdict.collection, *name, served=self._counts(waiver))

    def _counts(self, waiver: Waiver) -> bool:
        return waiver.in_force(self.at) and is_sound(waiver, self.signed_only)

    def _covers(self, waiver: Waiver, setting: Setting) -> bool:
        """What a waiver leaves out it does not cover: no recipient, no measured face, no second purpose."""
        purpose = waiver.purpose or self.bound.get(waiver.digest)
        rules = load_purposes().rules
        measured = setting.derived or setting.identify or (setting.purpose and rules[setting.purpose].measures_faces)
        return (
            (purpose is None or purpose is setting.purpose)
            and set(setting.recipients) <= set(waiver.recipients)
            and (waiver.face_templates or not measured)
        )


def _matching(names: Iterable[str], verdict: Verdict) -> Iterator[tuple[str, bool]]:
    """The names that an image bears, in its collection or with it, and which of the two it is."""
    for name in names:
        for bears, whole in ((verdict.item, False), (f"{verdict.collection}/{verdict.item}", True)):
            if bears.startswith(name) if name.endswith("/") else bears == name:
                yield name, whole


def _noted(reason: Reason, decision: Decision, note: str) -> Reason:
    return replace(reason, decision=decision, detail=f"{reason.detail} ({note})")


def _who(review: Review) -> str:
    return f"{review.reviewer} on {review.at.date()}, {said_of(review)}"


# --- over a whole gate ---------------------------------------------------------------------------------------------


class WaiverState(StrEnum):
    """Why a waiver is reported."""

    EXPIRED = "EXPIRED"
    NOT_YET = "NOT_YET"
    UNUSED = "UNUSED"
    REFUSED = "REFUSED"
    """It names the fingerprint of a finding that nobody can waive."""
    WITHOUT_PURPOSE = "WITHOUT_PURPOSE"
    """It names no purpose, and was accepted for the one at hand alone. This does not fail a gate."""
    UNSIGNED = "UNSIGNED"
    """Its signature counts for nothing, or it has none where that is required."""


@dataclass(frozen=True, slots=True)
class WaiverFinding:
    """Something to know about a waiver, in one line that a person can act on."""

    waiver: Waiver
    state: WaiverState
    detail: str

    @property
    def fails(self) -> bool:
        """Whether a gate with such a waiver does not pass."""
        return self.state is not WaiverState.WITHOUT_PURPOSE


class Uses:
    """Which waivers served what over all verdicts of a gate."""

    def __init__(self, overrides: Overrides, context: Context) -> None:
        self._waivers = overrides.waivers
        self._bound = overrides.bound
        self._context = context
        self._used: dict[int, Waiver] = {}
        self._refused: set[int] = set()
        self._names: dict[tuple[int, str], tuple[str, bool]] = {}

    def take(self, overridden: Overridden) -> Verdict:
        """Note what served a verdict, and give it on.

        Raises UsageError for a name that serves pictures in two collections, naming both.
        """
        for use in overridden.uses:
            if use.served:
                self._used[use.waiver.place] = use.waiver
            if use.name:
                self._check_name(use)
        self._refused |= overridden.refused
        return overridden.verdict

    def _check_name(self, use: Use) -> None:
        collection, whole = self._names.setdefault((use.waiver.place, use.name), (use.collection, use.whole_name))
        if (collection, whole) == (use.collection, use.whole_name):
            return
        source = self._waivers.source if self._waivers is not None else ""
        raise UsageError(
            f"{source}: waiver {use.waiver.place}: items: {use.name} names pictures of {collection} and of "
            f"{use.collection}",
            remedy="write COLLECTION/NAME for the one that is meant, or two names for both",
        )

    @property
    def without_purpose(self) -> tuple[Waiver, ...]:
        """The waivers by code that served this gate's purpose and name none: to be bound to it from now on."""
        return tuple(
            waiver
            for _, waiver in sorted(self._used.items())
            if waiver.finding is None and waiver.purpose is None and waiver.digest not in self._bound
        )

    def findings(self) -> tuple[WaiverFinding, ...]:
        """What to report after a whole gate: waivers that were refused, served nothing, or name no purpose."""
        if self._waivers is None:
            return ()
        found = []
        for waiver in self._waivers.entries:
            state = self._state(waiver)
            if state is not None:
                found.append(WaiverFinding(waiver, state, self._told(waiver, state, self._waivers.source)))
        return tuple(found)

    def _state(self, waiver: Waiver) -> WaiverState | None:
        today = self._context.as_of.astimezone(UTC).date()
        if waiver.place in self._refused:
            return WaiverState.REFUSED
        if today > waiver.expires:
            return WaiverState.EXPIRED
        if today < waiver.date:
            return WaiverState.NOT_YET
        if not is_sound(waiver, self._context.require_signatures):
            return WaiverState.UNSIGNED
        if waiver.place not in self._used:
            return WaiverState.UNUSED
        return WaiverState.WITHOUT_PURPOSE if waiver.purpose is None and waiver.finding is None else None

    def _told(self, waiver: Waiver, state: WaiverState, source: str) -> str:
        what = waiver.code or f"finding {waiver.finding}"
        words = {
            WaiverState.EXPIRED: f"expired on {waiver.expires}",
            WaiverState.NOT_YET: f"is in force from {waiver.date} only",
            WaiverState.UNSIGNED: f"does not count: {why_not(waiver)}",
            WaiverState.UNUSED: "was used by no image",
            WaiverState.REFUSED: "names a finding that cannot be waived by anybody",
            WaiverState.WITHOUT_PURPOSE: f"names no purpose: it was accepted for {self._context.purpose} and counts "
            "for no other; write it down",
        }
        return f"{source}: waiver {waiver.place} ({what}, {waiver.ticket}) {words[state]}"

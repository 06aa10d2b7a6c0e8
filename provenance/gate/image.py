"""The verdict on an image. Whoever shows one gets it here, and nobody puts one together in another way.

A verdict comes of the image's facts, which it shares with others and which are judged once (`decide`); of what is
known of it alone: the disk, the lists it is on, its copies; and of what people decided about it. The gate, `explain`,
`duplicates`, `find` and `review export` all ask `verdicts_of`; the rule on copies asks for no more than decisions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import IN_LIST, batched
from provenance.errors import LedgerError
from provenance.gate.decide import PolicyVersion, judgements
from provenance.gate.fact_sets import load
from provenance.gate.notes import notes_of
from provenance.keys import collection_name, display
from provenance.ledger import holds, reviews, schema
from provenance.ledger.holds import Hold, Reach
from provenance.ledger.screening import Listing, listings
from provenance.ledger.signatures import Signatories
from provenance.lookup.hashlists import ListPurpose
from provenance.model import Reason, Verdict, to_micros
from provenance.policy.facts import FactSet, ItemFacts
from provenance.policy.findings import Finding, Judgement
from provenance.policy.overrides import Overridden, Overrides, Uses, setting_of
from provenance.policy.purposes import load_purposes
from provenance.policy.waivers import Waivers
from provenance.vocabulary import UNKNOWN_JURISDICTION, Decision, Purpose

_REMEMBERED: Final = 20_000

PASSING: Final = (Decision.ALLOW, Decision.ALLOW_BY_REVIEW)
"""The decisions under which an image may be used."""

SUPPRESSED: Final = "SUPPRESSED_ERASURE_REQUEST"

_CODES: Final[Mapping[ListPurpose, str]] = {
    ListPurpose.SUPPRESSION: SUPPRESSED,
    ListPurpose.ILLEGAL: "ILLEGAL_CONTENT_SUSPECTED",
}


@dataclass(frozen=True, slots=True)
class Overlay:
    """What is known of one image alone, beyond the facts that it shares with others."""

    other_bytes: bool = False
    """Under its name lies another file than the one that was registered, or something else beside it."""
    vanished: bool = False
    """It is no longer where it was scanned, though it should be."""
    beside_blocked: bool = False
    """A near-duplicate of it is blocked."""
    conflicting_claims: bool = False
    """It is held under other declarations as well."""
    refused_elsewhere: bool = False
    """The very bytes are held in another place, where somebody shown refused."""
    listings: tuple[Listing, ...] = ()
    held_by: tuple[str, ...] = ()
    """The requests and orders that keep it out, for people."""

    def added_to(self, facts: FactSet) -> FactSet:
        """The facts with what is known of this image alone."""
        item, purposes = facts.item, {listing.purpose for listing in self.listings}
        return replace(
            facts,
            item=replace(
                item,
                readable=item.readable and not self.vanished,
                bytes_match=item.bytes_match and not self.other_bytes,
                near_duplicate_of_blocked=item.near_duplicate_of_blocked or self.beside_blocked,
                conflicting_claims=item.conflicting_claims or self.conflicting_claims,
                copy_refused=item.copy_refused or self.refused_elsewhere,
                suppressed=item.suppressed or ListPurpose.SUPPRESSION in purposes or bool(self.held_by),
                illegal_suspected=item.illegal_suspected or ListPurpose.ILLEGAL in purposes,
            ),
        )

    def notes(self) -> Mapping[str, str]:
        """By the code of a finding, the lists that it comes from, and what the disk says."""
        told = {code: [said(one) for one in self.listings if _CODES[one.purpose] == code] for code in _CODES.values()}
        notes = {code: f"On {'; '.join(several)}." for code, several in told.items() if several}
        if self.held_by:
            known = notes.get(SUPPRESSED, "")
            notes[SUPPRESSED] = f"{known} By {'; '.join(self.held_by)}.".strip()
        if self.other_bytes:
            notes["FINGERPRINT_MISMATCH"] = "The file, or what lies beside it, is not as it was scanned."
        if self.vanished:
            notes["IMAGE_UNREADABLE"] = "It is no longer where it was scanned."
        return notes


NOTHING: Final = Overlay()


def said(listing: Listing) -> str:
    """Where a list names an image, for people.

    >>> said(Listing("hotline", ListPurpose.ILLEGAL, 7, 12, "frame:2"))
    'the list hotline, line 7, 12 bits away, as its frame:2'
    """
    place = f", as its {listing.place}" if listing.place else ""
    return f"the list {listing.list}, line {listing.line}, {listing.distance} bits away{place}"


def said_of(hold: Hold, reach: Reach) -> str:
    """Why a request or an order reaches an image, for people.

    >>> said_of(Hold(1, "the request Q-7 (erase)", (), False), Reach(1, 12))
    'the request Q-7 (erase), 12 bits away'
    """
    if reach.distance is None:
        return hold.said
    place = f", as its {reach.place}" if reach.place else ""
    return (
        f"{hold.said}, {reach.distance} bits away{place}" if reach.distance else f"{hold.said}, the very picture{place}"
    )


@dataclass(frozen=True, slots=True)
class Subject:
    """One image as its verdict names it: where it lies, its bytes, and the pseudonyms of those whom it shows."""

    key: bytes
    collection: str
    collection_uri: str
    sha256: bytes | None
    refs: tuple[str | None, ...] = ()


def verdict(
    subject: Subject,
    judgement: Judgement,
    policy: PolicyVersion,
    overrides: Overrides,
    *,
    notes: Mapping[tuple[str, int | None], str] | None = None,
) -> Overridden:
    """The verdict on one image, after all that people decided about it. Pure.

    `notes` say of a code, for the image or for the person in a place of it, what is particular to this image.
    """
    named = {finding.jurisdiction for finding in judgement.findings}
    everything = UNKNOWN_JURISDICTION in named
    found = Verdict(
        item=display(subject.key),
        collection=subject.collection,
        collection_uri=subject.collection_uri,
        sha256=subject.sha256,
        decision=judgement.decision,
        reason=judgement.reason,
        reasons=tuple(reason_of(finding, subject.refs, notes or {}) for finding in judgement.findings),
        setting=setting_of(policy.context),
        evaluated_at=policy.context.as_of,
        clock_given=policy.context.clock_given,
        rulepacks={name: version for name, version in policy.versions.items() if everything or name in named},
    )
    return overrides.applied(found)


def unregistered(subject: Subject, policy: PolicyVersion, overrides: Overrides) -> Overridden:
    """The verdict on a file that the ledger does not hold."""
    return verdict(subject, policy.judge.judge(FactSet(ItemFacts(registered=False))), policy, overrides)


class Judging:
    """Gives verdicts on the images of a ledger under one policy version and one file of waivers.

    `bound` holds, by a waiver's digest, the purpose that an entry without one was first accepted for. Made for one
    state of the ledger: what it has worked out it does not look up again.
    """

    def __init__(
        self, policy: PolicyVersion, waivers: Waivers | None = None, bound: Mapping[str, Purpose] | None = None
    ) -> None:
        self.policy = policy
        self.waivers = waivers
        self.overrides = Overrides.of(policy.context, waivers=waivers, bound=bound)
        self._judged = lru_cache(_REMEMBERED)(policy.judge.judge)
        self._kept: dict[int, Judgement] = {}
        self._facts: dict[int, FactSet] = {}
        self._holds: dict[int, Hold] | None = None
        self._signatories: Signatories | None = None

    def judgements(self, connection: Connection, fact_sets: Collection[int]) -> Mapping[int, Judgement]:
        """The judgement of each of these fact sets: as it was kept, or made now."""
        if len(self._kept) > _REMEMBERED:
            self._kept.clear()
        missing = set(fact_sets) - self._kept.keys()
        if missing:
            self._kept |= judgements(connection, self.policy, missing)
        for number in missing - self._kept.keys():
            self._kept[number] = self._judged(self.facts(connection, number))
        return self._kept

    def facts(self, connection: Connection, fact_set: int) -> FactSet:
        """The facts behind a number. Raises LedgerError where somebody took them out."""
        if len(self._facts) > _REMEMBERED:
            self._facts.clear()
        if fact_set not in self._facts:
            self._facts.update(load(connection, [fact_set], signed_only=self.policy.context.require_signatures))
        if fact_set not in self._facts:
            raise LedgerError(
                f"the ledger holds no fact set {fact_set}, which an image has",
                remedy="`provenance db rebuild` derives them anew",
            )
        return self._facts[fact_set]

    def verdicts_of(
        self,
        connection: Connection,
        items: Sequence[int],
        overlays: Mapping[int, Overlay] | None = None,
        uses: Uses | None = None,
    ) -> dict[int, Verdict]:
        """The verdict on each of these images. They must have been derived at the policy's clock.

        `overlays` are what is known of the images alone beside the lists that they are on, which are looked up here.
        `uses` takes down which waivers served. Raises UsageError for a waiver whose name serves two collections.
        """
        found: dict[int, Verdict] = {}
        for some in batched(items, IN_LIST):
            rows = connection.execute(images_query().where(schema.item.c.id.in_(some))).all()
            known = self.overlays(connection, [row.id for row in rows], overlays or {})
            overrides = self._overrides(connection, rows)
            for number, one in self._verdicts(connection, rows, known, overrides).items():
                found[number] = uses.take(one) if uses is not None else one.verdict
        return found

    def decisions_of(
        self, connection: Connection, items: Sequence[int], overlays: Mapping[int, Overlay] | None = None
    ) -> dict[int, Decision]:
        """The decision on each of these images, as `verdicts_of` gives it: mostly what their facts alone come to."""
        found: dict[int, Decision] = {}
        for some in batched(items, IN_LIST):
            rows = connection.execute(images_query().where(schema.item.c.id.in_(some))).all()
            known = self.overlays(connection, [row.id for row in rows], overlays or {})
            overrides = self._overrides(connection, rows)
            kept = self.judgements(connection, {row.fact_set_id for row in rows})
            found.update({row.id: kept[row.fact_set_id].decision for row in rows})
            alone = [row for row in rows if overrides or known[row.id] != NOTHING]
            told = self._verdicts(connection, alone, {row.id: known[row.id] for row in alone}, overrides)
            found.update({number: one.verdict.decision for number, one in told.items()})
        return found

    def overlays(
        self, connection: Connection, items: Sequence[int], known: Mapping[int, Overlay]
    ) -> dict[int, Overlay]:
        """What is known of these images alone: what is known already, with the lists and holds that they are under."""
        on_lists, reached = listings(connection, items), holds.reaches(connection, items)
        if reached and self._holds is None:
            self._holds = self._holds_now(connection)
        found = {}
        for number in items:
            held_by = [
                said_of(self._holds[one.hold_id], one)
                for one in reached.get(number, ())
                if self._holds is not None and one.hold_id in self._holds
            ]
            found[number] = replace(
                known.get(number, NOTHING), listings=on_lists.get(number, ()), held_by=tuple(held_by)
            )
        return found

    def _holds_now(self, connection: Connection) -> dict[int, Hold]:
        """The holds in force that are about what the dataset is built for."""
        purpose = self.policy.context.purpose
        refusing = load_purposes().refusing(purpose) if purpose is not None else frozenset()
        at, now = to_micros(self.policy.context.as_of), to_micros(datetime.now(UTC))
        return {
            number: hold
            for number, hold in holds.in_force(connection, at, now).items()
            if not hold.purposes or purpose is None or not refusing.isdisjoint(hold.purposes)
        }

    def of_facts_alone(self, connection: Connection, rows: Sequence[Any]) -> dict[int, Verdict]:
        """The verdicts on rows of `images_query` that their shared facts give: all, where no more is known of one."""
        nobody = Overrides.of(self.policy.context)
        return {number: one.verdict for number, one in self._verdicts(connection, rows, {}, nobody).items()}

    def _overrides(self, connection: Connection, rows: Sequence[Any]) -> Overrides:
        """What people decided about these images."""
        decided = reviews.of_images(connection, (bytes(row.sha256) for row in rows if row.sha256 is not None))
        if not decided:
            return self.overrides
        if self._signatories is None:
            self._signatories = Signatories.of(connection, datetime.now(UTC))
        purpose, bound = self.policy.context.purpose, self.overrides.bound
        decided = [self._signatories.checked(one, purpose) for one in decided]
        return Overrides.of(self.policy.context, reviews=decided, waivers=self.waivers, bound=bound)

    def _verdicts(
        self,
        connection: Connection,
        rows: Sequence[Any],
        overlays: Mapping[int, Overlay],
        overrides: Overrides,
    ) -> dict[int, Overridden]:
        kept = self.judgements(connection, {row.fact_set_id for row in rows})
        refs = refs_of(connection, [row.id for row in rows if row.persons])
        judged = {row.id: kept[row.fact_set_id] for row in rows}
        for row in rows:
            overlay = overlays.get(row.id, NOTHING)
            if overlay != NOTHING:
                judged[row.id] = self._judged(overlay.added_to(self.facts(connection, row.fact_set_id)))
        context = self.policy.context
        notes = notes_of(connection, judged, to_micros(context.as_of), signed_only=context.require_signatures)
        for number, overlay in overlays.items():
            notes.setdefault(number, {}).update({(code, None): text for code, text in overlay.notes().items()})
        if self.policy.ordered:
            told = f"In force: {'; '.join(sorted(set(self.policy.ordered.values())))}."
            for row in rows:
                notes.setdefault(row.id, {}).setdefault((SUPPRESSED, None), told)
        found = {}
        for row in rows:
            sha256 = bytes(row.sha256) if row.sha256 is not None else None
            found[row.id] = verdict(
                Subject(bytes(row.key), collection_name(row.uri), row.uri, sha256, tuple(refs.get(row.id, ()))),
                judged[row.id],
                self.policy,
                overrides,
                notes=notes.get(row.id),
            )
        return found


def images_query() -> sa.Select[Any]:
    """What is read of images in order to give their verdicts; a condition is added by the caller."""
    item = schema.item.c
    return (
        sa.select(
            item.id,
            item.key,
            item.persons,
            item.collection_id,
            schema.collection.c.uri,
            schema.content.c.sha256,
            schema.item_facts.c.fact_set_id,
        )
        .join(schema.collection, schema.collection.c.id == item.collection_id)
        .join(schema.item_facts, schema.item_facts.c.item_id == item.id)
        .outerjoin(schema.content, schema.content.c.id == item.content_id)
    )


def refs_of(connection: Connection, items: Sequence[int]) -> dict[int, list[str | None]]:
    """The pseudonyms of the people shown, in the order of their places."""
    shown = schema.depiction.c
    found: dict[int, list[str | None]] = {}
    for some in batched(items, IN_LIST):
        rows = connection.execute(
            sa.select(shown.item_id, schema.person.c.ref)
            .outerjoin(schema.person, schema.person.c.id == shown.person_id)
            .where(shown.item_id.in_(some))
            .order_by(shown.item_id, shown.ordinal)
        )
        for item, ref in rows:
            found.setdefault(item, []).append(ref)
    return found


def reason_of(
    finding: Finding, refs: Sequence[str | None], notes: Mapping[tuple[str, int | None], str] = MappingProxyType({})
) -> Reason:
    """A finding about one image: whom it shows, and what is particular to it."""
    person = refs[finding.person] if finding.person is not None and finding.person < len(refs) else None
    note = notes.get((finding.code, finding.person)) or notes.get((finding.code, None))
    return Reason(
        code=finding.code,
        number=finding.number,
        decision=finding.decision,
        detail=f"{finding.detail} ({note})" if note else finding.detail,
        citation=finding.citation,
        jurisdiction=finding.jurisdiction,
        person=person,
    )

"""What is known of single images beyond the facts that they share with others, and what that makes of a verdict.

Millions of images share thousands of combinations, each judged once. What only the disk, another copy of the picture
or a list of hashes says of one image is put on top here, and that image is judged by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from sqlalchemy.engine import Connection

from provenance.gate.decide import PolicyVersion
from provenance.gate.fact_sets import load
from provenance.gate.near_duplicates import NearDuplicateFlag
from provenance.ledger.screening import Listing, listed_items, listings
from provenance.lookup.hashlists import ListPurpose
from provenance.policy.facts import FactSet
from provenance.policy.judge import Finding, Judgement
from provenance.vocabulary import Decision

_REMEMBERED: Final = 20_000

_CODES: Final[Mapping[ListPurpose, str]] = {
    ListPurpose.SUPPRESSION: "SUPPRESSED_ERASURE_REQUEST",
    ListPurpose.ILLEGAL: "ILLEGAL_CONTENT_SUSPECTED",
}


@dataclass(frozen=True, slots=True)
class Overlay:
    """What is known of one image: whether the disk has other bytes, what copies of it say, and the lists it is on."""

    other_bytes: bool = False
    beside_blocked: bool = False
    conflicting_claims: bool = False
    listings: tuple[Listing, ...] = ()

    def __bool__(self) -> bool:
        return self != NOTHING

    @property
    def purposes(self) -> frozenset[ListPurpose]:
        """What the lists are for that the image is on."""
        return frozenset(listing.purpose for listing in self.listings)

    def added_to(self, fact_set: FactSet) -> FactSet:
        """The combination with what is known of this image alone."""
        item = fact_set.item
        return replace(
            fact_set,
            item=replace(
                item,
                bytes_match=item.bytes_match and not self.other_bytes,
                near_duplicate_of_blocked=item.near_duplicate_of_blocked or self.beside_blocked,
                conflicting_claims=item.conflicting_claims or self.conflicting_claims,
                suppressed=item.suppressed or ListPurpose.SUPPRESSION in self.purposes,
                illegal_suspected=item.illegal_suspected or ListPurpose.ILLEGAL in self.purposes,
            ),
        )

    def noted_in(self, judgement: Judgement) -> Judgement:
        """The judgement with the lists named in what they are the reason for."""
        if not self.listings:
            return judgement
        return replace(judgement, findings=tuple(self._noted(finding) for finding in judgement.findings))

    def _noted(self, finding: Finding) -> Finding:
        told = "; ".join(said(listing) for listing in self.listings if _CODES[listing.purpose] == finding.code)
        return replace(finding, detail=f"{finding.detail} (On {told}.)") if told else finding


NOTHING: Final = Overlay()


def said(listing: Listing) -> str:
    """Where a list names an image, for people.

    >>> said(Listing("hotline", ListPurpose.ILLEGAL, 7, 12, "frame:2"))
    'the list hotline, line 7, 12 bits away, as its frame:2'
    """
    place = f", as its {listing.place}" if listing.place else ""
    return f"the list {listing.list}, line {listing.line}, {listing.distance} bits away{place}"


def judged(fact_set: FactSet, overlay: Overlay, policy: PolicyVersion) -> Judgement:
    """The judgement of one image of which more is known than of others with its facts."""
    return overlay.noted_in(policy.judge.judge(overlay.added_to(fact_set)))


def about(
    connection: Connection,
    items: Sequence[int],
    near_duplicates_flagged: Mapping[int, NearDuplicateFlag],
    other_bytes: frozenset[int],
) -> dict[int, Overlay]:
    """What is known of each of these images; those of which nothing is are left out."""
    on_lists = listings(connection, items)
    found = {
        item: _of(near_duplicates_flagged.get(item), on_lists.get(item, ()), other=item in other_bytes)
        for item in items
    }
    return {item: overlay for item, overlay in found.items() if overlay}


def moved(
    connection: Connection,
    policy: PolicyVersion,
    collections: Sequence[int],
    near_duplicates_flagged: Mapping[int, NearDuplicateFlag],
) -> Counter[tuple[Decision, str]]:
    """How many images more, or fewer, have each decision and reason than their combinations alone would have.

    Only the images of which more is known are looked at, and each distinct case is judged once.
    """

    @lru_cache(_REMEMBERED)
    def outcomes(fact_set: int, overlay: Overlay) -> tuple[tuple[Decision, str], tuple[Decision, str]]:
        _, facts = next(load(connection, [fact_set]))
        before, after = policy.judge.judge(facts), judged(facts, overlay, policy)
        return (before.decision, before.reason), (after.decision, after.reason)

    changes: Counter[tuple[Decision, str]] = Counter()
    for fact_set, overlay in _cases(listed_items(connection, collections), near_duplicates_flagged):
        before, after = outcomes(fact_set, overlay)
        changes[before] -= 1
        changes[after] += 1
    return changes


def _cases(
    listed: Iterable[tuple[int, int, tuple[Listing, ...]]], near_duplicates_flagged: Mapping[int, NearDuplicateFlag]
) -> Iterator[tuple[int, Overlay]]:
    """The combination of each image of which more is known, and what that is, without which line it was."""
    left = dict(near_duplicates_flagged)
    for item, fact_set, on_lists in listed:
        bare = tuple(dict.fromkeys(Listing("", listing.purpose, 0, 0) for listing in on_lists))
        yield fact_set, _of(left.pop(item, None), bare)
    for held in left.values():
        yield held.fact_set, _of(held, ())


def _of(held: NearDuplicateFlag | None, on_lists: tuple[Listing, ...], *, other: bool = False) -> Overlay:
    return Overlay(
        other_bytes=other,
        beside_blocked=held is not None and held.beside_blocked,
        conflicting_claims=held is not None and held.conflicting_claims,
        listings=on_lists,
    )

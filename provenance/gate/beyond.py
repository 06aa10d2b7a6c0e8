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

from provenance.gate.combinations import load
from provenance.gate.likeness import HeldUp
from provenance.gate.rulings import RulingSet
from provenance.ledger.screening import Listing, listed_items, listings
from provenance.lookup.hashlists import Aim
from provenance.policy.facts import Combination
from provenance.policy.judge import Finding, Judgement
from provenance.vocabulary import Decision

_REMEMBERED: Final = 20_000

_CODES: Final[Mapping[Aim, str]] = {
    Aim.SUPPRESSION: "SUPPRESSED_ERASURE_REQUEST",
    Aim.ILLEGAL: "ILLEGAL_CONTENT_SUSPECTED",
}


@dataclass(frozen=True, slots=True)
class Beyond:
    """What is known of one image: whether the disk has other bytes, what copies of it say, and the lists it is on."""

    other_bytes: bool = False
    beside_blocked: bool = False
    conflicting_claims: bool = False
    listings: tuple[Listing, ...] = ()

    def __bool__(self) -> bool:
        return self != NOTHING

    @property
    def aims(self) -> frozenset[Aim]:
        """What the lists are for that the image is on."""
        return frozenset(listing.aim for listing in self.listings)

    def added_to(self, combination: Combination) -> Combination:
        """The combination with what is known of this image alone."""
        item = combination.item
        return replace(
            combination,
            item=replace(
                item,
                bytes_match=item.bytes_match and not self.other_bytes,
                near_duplicate_of_blocked=item.near_duplicate_of_blocked or self.beside_blocked,
                conflicting_claims=item.conflicting_claims or self.conflicting_claims,
                suppressed=item.suppressed or Aim.SUPPRESSION in self.aims,
                illegal_suspected=item.illegal_suspected or Aim.ILLEGAL in self.aims,
            ),
        )

    def noted_in(self, judgement: Judgement) -> Judgement:
        """The judgement with the lists named in what they are the reason for."""
        if not self.listings:
            return judgement
        return replace(judgement, findings=tuple(self._noted(finding) for finding in judgement.findings))

    def _noted(self, finding: Finding) -> Finding:
        told = "; ".join(said(listing) for listing in self.listings if _CODES[listing.aim] == finding.code)
        return replace(finding, detail=f"{finding.detail} (On {told}.)") if told else finding


NOTHING: Final = Beyond()


def said(listing: Listing) -> str:
    """Where a list names an image, for people.

    >>> said(Listing("hotline", Aim.ILLEGAL, 7, 12))
    'the list hotline, line 7, 12 bits away'
    """
    return f"the list {listing.list}, line {listing.line}, {listing.distance} bits away"


def judged(combination: Combination, beyond: Beyond, rulings: RulingSet) -> Judgement:
    """The judgement of one image of which more is known than of others with its facts."""
    return beyond.noted_in(rulings.judge.judge(beyond.added_to(combination)))


def about(
    connection: Connection, items: Sequence[int], held_up: Mapping[int, HeldUp], other_bytes: frozenset[int]
) -> dict[int, Beyond]:
    """What is known of each of these images; those of which nothing is are left out."""
    on_lists = listings(connection, items)
    found = {item: _of(held_up.get(item), on_lists.get(item, ()), other=item in other_bytes) for item in items}
    return {item: beyond for item, beyond in found.items() if beyond}


def moved(
    connection: Connection, rulings: RulingSet, collections: Sequence[int], held_up: Mapping[int, HeldUp]
) -> Counter[tuple[Decision, str]]:
    """How many images more, or fewer, have each decision and reason than their combinations alone would have.

    Only the images of which more is known are looked at, and each distinct case is judged once.
    """

    @lru_cache(_REMEMBERED)
    def outcomes(combination: int, beyond: Beyond) -> tuple[tuple[Decision, str], tuple[Decision, str]]:
        _, facts = next(load(connection, [combination]))
        before, after = rulings.judge.judge(facts), judged(facts, beyond, rulings)
        return (before.decision, before.reason), (after.decision, after.reason)

    changes: Counter[tuple[Decision, str]] = Counter()
    for combination, beyond in _cases(listed_items(connection, collections), held_up):
        before, after = outcomes(combination, beyond)
        changes[before] -= 1
        changes[after] += 1
    return changes


def _cases(
    listed: Iterable[tuple[int, int, tuple[Listing, ...]]], held_up: Mapping[int, HeldUp]
) -> Iterator[tuple[int, Beyond]]:
    """The combination of each image of which more is known, and what that is, without which line it was."""
    left = dict(held_up)
    for item, combination, on_lists in listed:
        bare = tuple(dict.fromkeys(Listing("", listing.aim, 0, 0) for listing in on_lists))
        yield combination, _of(left.pop(item, None), bare)
    for held in left.values():
        yield held.combination, _of(held, ())


def _of(held: HeldUp | None, on_lists: tuple[Listing, ...], *, other: bool = False) -> Beyond:
    return Beyond(
        other_bytes=other,
        beside_blocked=held is not None and held.beside_blocked,
        conflicting_claims=held is not None and held.conflicting_claims,
        listings=on_lists,
    )

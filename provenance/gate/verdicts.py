"""The outcome of one gate: counted at once, and read image by image without holding them in memory."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import GateFailed
from provenance.gate.decide import DECISIONS, PolicyVersion, findings_of
from provenance.gate.disk import DiskDiff
from provenance.gate.fact_sets import load
from provenance.gate.image import about, judged
from provenance.gate.near_duplicates import NearDuplicateFlag
from provenance.gate.overrides import Overrides
from provenance.gate.snapshot import settled
from provenance.keys import display
from provenance.ledger import schema
from provenance.ledger.database import Database
from provenance.ledger.screening import require_screened
from provenance.model import Context, Reason, RunFinding, Verdict
from provenance.policy.facts import FactSet, ItemFacts
from provenance.policy.judge import Finding, Judgement
from provenance.policy.reasons import ReasonCatalogue
from provenance.policy.waivers import Waiver, WaiverFinding
from provenance.printable import counted
from provenance.run.progress import Silent
from provenance.vocabulary import UNKNOWN_JURISDICTION, Decision

_PAGE: Final = 500
_REMEMBERED: Final = 10_000
_PASSING: Final = (Decision.ALLOW, Decision.ALLOW_BY_REVIEW)


@dataclass(frozen=True, slots=True)
class Gated:
    """One collection that went through the gate: its number in the ledger (None if never scanned), root and name."""

    number: int | None
    root: str
    name: str
    disk_diff: DiskDiff
    uri: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many images have one decision for one primary reason."""

    decision: Decision
    code: str
    images: int


def tallied(counts: Mapping[tuple[Decision, str], int], reasons_catalogue: ReasonCatalogue) -> list[Tally]:
    """Tallies of these counts, the worst decision first, then in the order of the decision table."""
    ordered = sorted(counts.items(), key=lambda entry: (-entry[0][0].severity, reasons_catalogue[entry[0][1]].number))
    return [Tally(decision, code, images) for (decision, code), images in ordered if images]


class Verdicts:
    """The verdicts of one gate. Iterating gives one `Verdict` an image, in manifest order, from the ledger.

    >>> verdicts.raise_for_status()  # doctest: +SKIP
    >>> train_files = verdicts.allowed()  # doctest: +SKIP
    """

    def __init__(
        self,
        database: Database,
        policy: PolicyVersion,
        collections: Sequence[Gated],
        tallies: Sequence[Tally],
        overrides: Overrides | None = None,
        near_duplicates_flagged: Mapping[int, NearDuplicateFlag] | None = None,
    ) -> None:
        self._database = database
        self._rulings = policy
        self._collections = tuple(collections)
        self._relief = overrides
        self._held_up = near_duplicates_flagged or {}
        self.tallies = tuple(tallies)
        self._versions = policy.versions

    @property
    def evaluated_at(self) -> datetime:
        """The gate's clock."""
        return self._rulings.context.as_of

    @property
    def context(self) -> Context:
        """What the dataset was judged for."""
        return self._rulings.context

    @property
    def collections(self) -> tuple[Gated, ...]:
        """What went through the gate."""
        return self._collections

    @property
    def run_findings(self) -> tuple[RunFinding, ...]:
        """What concerns the run and no single image."""
        return ()

    @property
    def rulepacks(self) -> Mapping[str, str]:
        """Every pack that was at hand, with its version."""
        return self._versions

    @property
    def counts(self) -> dict[Decision, int]:
        """How many images have each decision; decisions that no image has are left out."""
        counts: dict[Decision, int] = {}
        for tally in self.tallies:
            counts[tally.decision] = counts.get(tally.decision, 0) + tally.images
        return counts

    @property
    def waiver_findings(self) -> tuple[WaiverFinding, ...]:
        """The waivers that were refused, are out of their time, or served nothing. They need review themselves."""
        return self._relief.leftovers() if self._relief is not None else ()

    @property
    def waivers(self) -> tuple[Waiver, ...]:
        """The waivers that were given with the gate, whether or not they count."""
        return self._relief.waivers if self._relief is not None else ()

    def __len__(self) -> int:
        return sum(tally.images for tally in self.tallies)

    def passed(self, *, fail_on: Decision = Decision.REVIEW) -> bool:
        """Whether every image may be used. An empty gate has not passed. `fail_on=BLOCK` lets REVIEW through.

        In a strict context REVIEW counts as BLOCK.
        """
        if self._rulings.context.strict:
            fail_on = Decision.REVIEW
        if fail_on is Decision.REVIEW and self.waiver_findings:
            return False
        mild = (d for d in self.counts if d in _PASSING or (d is Decision.REVIEW and fail_on is Decision.BLOCK))
        return len(self) > 0 and sum(self.counts[decision] for decision in mild) == len(self)

    def raise_for_status(self) -> None:
        """Raise GateFailed, with the summary, unless every image may be used."""
        if not self.passed():
            raise GateFailed(self.summary(), {d.value: n for d, n in self.counts.items()})

    def summary(self) -> str:
        """One line for people: how many images were allowed, need review and were blocked."""
        counts = self.counts
        allowed = sum(counts.get(decision, 0) for decision in _PASSING)
        review = counts.get(Decision.REVIEW, 0)
        return (
            f"{counted(len(self), 'image')}: {allowed} allowed, {review} need{'s' if review == 1 else ''} review, "
            f"{counts.get(Decision.BLOCK, 0)} blocked"
        )

    def allowed(self) -> list[str]:
        """The paths of the images that may be used, in manifest order."""
        return [
            os.path.join(gated.root, os.fsdecode(key))  # noqa: PTH118 - keys are bytes
            for gated, key, verdict in self._each()
            if verdict.decision in _PASSING
        ]

    def indices(self, dataset: Any, *, path_of: Callable[[int], str] | None = None) -> list[int]:
        """The positions in `dataset` whose images may be used, for `torch.utils.data.Subset`.

        `path_of` gives the path of an index; without it the dataset's own `samples` or `imgs` are used, as
        torchvision's `ImageFolder` has them. A path that the gate did not see is left out.
        """
        if path_of is None:
            samples = getattr(dataset, "samples", None) or getattr(dataset, "imgs", None)
            if samples is None:
                raise TypeError("the dataset has neither `samples` nor `imgs`; pass path_of")
            path_of = lambda index: samples[index][0]  # noqa: E731
        allowed = {os.path.realpath(path) for path in self.allowed()}
        return [index for index in range(len(dataset)) if os.path.realpath(path_of(index)) in allowed]

    def recounted(self) -> Verdicts:
        """The same verdicts, counted image by image: where the disk differs from the ledger, or people decided."""
        tallies = tallied(Counter((v.decision, v.reason) for v in self), self._rulings.reasons_catalogue)
        return Verdicts(self._database, self._rulings, self._collections, tallies, self._relief, self._held_up)

    def __iter__(self) -> Iterator[Verdict]:
        for _, _, verdict in self._each():
            yield verdict

    def _each(self) -> Iterator[tuple[Gated, bytes, Verdict]]:
        for gated in self._collections:
            if gated.number is not None:
                for key, verdict in self._held(gated):
                    yield gated, key, verdict
            unregistered = self._rulings.judge.judge(FactSet(ItemFacts(registered=False)))
            for key in gated.disk_diff.unregistered:
                yield gated, key, self._verdict(display(key), gated, None, unregistered, ())

    def _held(self, gated: Gated) -> Iterator[tuple[bytes, Verdict]]:
        assert gated.number is not None
        with settled(self._database, self._rulings, [gated.number], Silent()) as connection:
            require_screened(connection, self._database.name, [gated.number])
            policy: dict[int, tuple[Decision, str, tuple[Finding, ...]]] = {}
            streamed = connection.execution_options(yield_per=_PAGE).execute(_items(gated.number))
            rows = iter(streamed)
            with self._database.reading() as lookups:
                while page := list(islice(rows, _PAGE)):
                    yield from self._page(lookups, gated, page, policy)

    def _page(
        self,
        connection: Connection,
        gated: Gated,
        page: Sequence[Any],
        policy: dict[int, tuple[Decision, str, tuple[Finding, ...]]],
    ) -> Iterator[tuple[bytes, Verdict]]:
        if len(policy) > _REMEMBERED:
            policy.clear()
        self._load_rulings(connection, {row.fact_set_id for row in page} - policy.keys(), policy)
        refs = refs_of(connection, [row.id for row in page if row.persons])
        overlay = about(connection, [row.id for row in page], self._held_up, gated.disk_diff.other_bytes)
        for row in page:
            if row.id in gated.disk_diff.gone:
                continue
            judgement = Judgement(*policy[row.fact_set_id])
            if row.id in overlay:
                _, fact_set = next(load(connection, [row.fact_set_id]))
                judgement = judged(fact_set, overlay[row.id], self._rulings)
            sha256 = bytes(row.sha256) if row.sha256 is not None else None
            yield (
                bytes(row.key),
                self._verdict(display(bytes(row.key)), gated, sha256, judgement, refs.get(row.id, ())),
            )

    def _load_rulings(
        self,
        connection: Connection,
        wanted: set[int],
        policy: dict[int, tuple[Decision, str, tuple[Finding, ...]]],
    ) -> None:
        table = schema.cached_decision.c
        rows = connection.execute(
            sa.select(table.fact_set_id, table.decision, table.reason, table.findings).where(
                table.policy_version == self._rulings.digest, table.fact_set_id.in_(sorted(wanted))
            )
        )
        codes = {rule.number: rule.code for rule in self._rulings.reasons_catalogue}
        for number, decision, reason, findings in rows:
            policy[number] = (DECISIONS[decision], codes[reason], findings_of(findings))

    def _verdict(
        self,
        item: str,
        gated: Gated,
        sha256: bytes | None,
        judgement: Judgement,
        refs: Sequence[str | None],
    ) -> Verdict:
        named = {finding.jurisdiction for finding in judgement.findings}
        everything = UNKNOWN_JURISDICTION in named
        verdict = Verdict(
            item=item,
            collection=gated.name,
            sha256=sha256,
            decision=judgement.decision,
            reason=judgement.reason,
            reasons=tuple(_reason(finding, refs) for finding in judgement.findings),
            evaluated_at=self.evaluated_at,
            rulepacks={name: version for name, version in self._versions.items() if everything or name in named},
            collection_uri=gated.uri,
        )
        return self._relief.applied(verdict) if self._relief is not None else verdict


def _items(collection: int | None) -> sa.Select[Any]:
    item = schema.item.c
    return (
        sa.select(item.id, item.key, item.persons, schema.content.c.sha256, schema.item_facts.c.fact_set_id)
        .join(schema.item_facts, schema.item_facts.c.item_id == item.id)
        .outerjoin(schema.content, schema.content.c.id == item.content_id)
        .where(item.collection_id == collection, item.current)
        .order_by(item.position.is_(None), item.position, item.key)
    )


def refs_of(connection: Connection, items: Sequence[int]) -> dict[int, list[str | None]]:
    """The pseudonyms of the people shown, in the order of their places."""
    if not items:
        return {}
    disk_diff = schema.depiction.c
    rows = connection.execute(
        sa.select(disk_diff.item_id, schema.person.c.ref)
        .outerjoin(schema.person, schema.person.c.id == disk_diff.person_id)
        .where(disk_diff.item_id.in_(items))
        .order_by(disk_diff.item_id, disk_diff.ordinal)
    )
    found: dict[int, list[str | None]] = {}
    for item, ref in rows:
        found.setdefault(item, []).append(ref)
    return found


def _reason(finding: Finding, refs: Sequence[str | None]) -> Reason:
    person = refs[finding.person] if finding.person is not None and finding.person < len(refs) else None
    return Reason(
        code=finding.code,
        number=finding.number,
        decision=finding.decision,
        detail=finding.detail,
        citation=finding.citation,
        jurisdiction=finding.jurisdiction,
        person=person,
    )

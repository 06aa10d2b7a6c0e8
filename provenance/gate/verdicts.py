"""The outcome of one gate: counted at once, and read image by image without holding them in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.errors import GateFailed, UsageError, VerdictsStale
from provenance.gate.decide import PolicyVersion, reasons_of
from provenance.gate.disk import DiskDiff, compare
from provenance.gate.image import PASSING, Judging, Subject, images_query, unregistered
from provenance.gate.snapshot import snapshot
from provenance.keys import same_spelling
from provenance.ledger import checks, schema
from provenance.ledger import collections as held
from provenance.ledger.database import Database
from provenance.ledger.gates import DECISIONS
from provenance.model import Context, RunFinding, Verdict
from provenance.policy.overrides import WaiverFinding
from provenance.policy.reasons import ReasonCatalogue
from provenance.policy.waivers import Waiver
from provenance.printable import counted
from provenance.run.progress import Silent
from provenance.sources.interface import Source
from provenance.vocabulary import Decision

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Gated:
    """One collection that went through the gate: its number in the ledger (None if never scanned), and how it lay."""

    number: int | None
    source: Source
    uri: str
    name: str
    disk_diff: DiskDiff

    @property
    def root(self) -> str:
        """The path below which its images lie."""
        return self.source.location


@dataclass(frozen=True, slots=True)
class Tally:
    """How many images have one decision for one primary reason."""

    decision: Decision
    code: str
    images: int


def tallied(counts: Mapping[tuple[Decision, str], int], catalogue: ReasonCatalogue) -> list[Tally]:
    """Tallies of these counts, the worst decision first, then in the order of the decision table."""
    ordered = sorted(counts.items(), key=lambda entry: (-entry[0][0].severity, catalogue[entry[0][1]].number))
    return [Tally(decision, code, images) for (decision, code), images in ordered if images]


def unregistered_verdict(gated: Gated, key: bytes, judging: Judging) -> Verdict:
    """The verdict on a file that lies in the collection and that the ledger does not hold. Nobody can override it."""
    return unregistered(Subject(key, gated.name, gated.uri, None), judging.policy, judging.overrides).verdict


@dataclass(frozen=True, slots=True)
class Record:
    """The gate as the ledger keeps it: its number, and the revision of each collection that it judged."""

    number: int
    revisions: Mapping[int, int]


class Verdicts:
    """The verdicts of one gate, as it gave them. Iterating gives one `Verdict` an image, in manifest order.

    Whatever is asked gives the same answer; where the ledger or the disk has changed since, it is VerdictsStale.

    >>> verdicts.raise_for_status()  # doctest: +SKIP
    >>> train_files = verdicts.allowed()  # doctest: +SKIP
    """

    def __init__(
        self,
        database: Database,
        judging: Judging,
        collections: Sequence[Gated],
        record: Record,
        tallies: Sequence[Tally],
        findings: Sequence[RunFinding],
        waiver_findings: Sequence[WaiverFinding] = (),
    ) -> None:
        self._database = database
        self._judging = judging
        self._record = record
        self.collections = tuple(collections)
        self.tallies = tuple(tallies)
        self.run_findings = tuple(findings)
        self.waiver_findings = tuple(waiver_findings)

    @property
    def context(self) -> Context:
        """What the dataset was judged for."""
        return self._policy.context

    @property
    def waivers(self) -> tuple[Waiver, ...]:
        """The waivers that were given with the gate, whether or not they count."""
        return self._judging.waivers.entries if self._judging.waivers is not None else ()

    @property
    def evaluated_at(self) -> datetime:
        """The gate's clock."""
        return self.context.as_of

    @property
    def rulepacks(self) -> Mapping[str, str]:
        """Every pack that was at hand, with its version."""
        return self._policy.versions

    @property
    def counts(self) -> dict[Decision, int]:
        """How many images have each decision; decisions that no image has are left out."""
        counts: dict[Decision, int] = {}
        for tally in self.tallies:
            counts[tally.decision] = counts.get(tally.decision, 0) + tally.images
        return counts

    def __len__(self) -> int:
        return sum(tally.images for tally in self.tallies)

    def passed(self, *, fail_on: Decision | str = Decision.REVIEW) -> bool:
        """Whether every image may be used. An empty gate has not passed. `fail_on="BLOCK"` lets REVIEW through.

        In a strict context REVIEW counts as BLOCK. What a gate has to say of the run counts like an image.
        """
        worst = Decision.REVIEW if self.context.strict else _threshold(fail_on)
        if worst is Decision.REVIEW and any(finding.fails for finding in self.waiver_findings):
            return False
        found = [*self.counts, *(finding.decision for finding in self.run_findings)]
        return len(self) > 0 and all(decision.severity < worst.severity for decision in found)

    def raise_for_status(self, *, fail_on: Decision | str = Decision.REVIEW) -> None:
        """Raise GateFailed, with the summary, unless every image may be used."""
        if not self.passed(fail_on=fail_on):
            raise GateFailed(self.summary(), {d.value: n for d, n in self.counts.items()})

    def summary(self) -> str:
        """One line for people: how many images were allowed, need review and were blocked."""
        counts = self.counts
        allowed = sum(counts.get(decision, 0) for decision in PASSING)
        review = counts.get(Decision.REVIEW, 0)
        failing = sum(finding.decision.severity >= Decision.REVIEW.severity for finding in self.run_findings)
        run = f"; {counted(failing, 'finding')} of the run" if failing else ""
        return (
            f"{counted(len(self), 'image')}: {allowed} allowed, {review} need{'s' if review == 1 else ''} review, "
            f"{counts.get(Decision.BLOCK, 0)} blocked{run}"
        )

    def allowed(self) -> list[str]:
        """The absolute paths of the images that may be used, in manifest order.

        Raises VerdictsStale where the ledger or the disk is no longer as it was judged.
        """
        self._require_same_disk()
        return [_path_of(gated, key) for gated, key, verdict in self._each() if verdict.decision in PASSING]

    def indices(self, dataset: Any, *, path_of: Callable[[int], str | os.PathLike[str]] | None = None) -> list[int]:
        """The positions in `dataset` whose images may be used, for `torch.utils.data.Subset`.

        `path_of` gives the path of an index; without it the dataset's own `samples` or `imgs` are used, as
        torchvision's `ImageFolder` has them. A path that the gate did not see is left out; where it saw none of them
        that is a UsageError. Raises VerdictsStale where the ledger or the disk is no longer as it was judged.
        """
        place = path_of or _paths_of(dataset)
        self._require_same_disk()
        allowed: dict[str, bool] = {}
        for gated, key, verdict in self._each():
            allowed[same_spelling(_path_of(gated, key))] = verdict.decision in PASSING
        paths = [same_spelling(os.fsdecode(place(index))) for index in range(len(dataset))]
        if paths and not any(path in allowed for path in paths):
            raise UsageError(
                f"the gate saw none of the dataset's {len(paths)} images, such as {paths[0]}",
                remedy="gate the folder that the dataset reads, or pass path_of",
            )
        return [index for index, path in enumerate(paths) if allowed.get(path, False)]

    def __iter__(self) -> Iterator[Verdict]:
        for _, _, verdict in self._each():
            yield verdict

    @property
    def _policy(self) -> PolicyVersion:
        return self._judging.policy

    @property
    def gate(self) -> int:
        """The number of the gate in the ledger."""
        return self._record.number

    def numbered(self) -> Iterator[tuple[int, Verdict]]:
        """The verdicts with the ledger's numbers of their images; files that it does not hold are left out."""
        for number, _, _, verdict in self._all():
            if number is not None:
                yield number, verdict

    def _each(self) -> Iterator[tuple[Gated, bytes, Verdict]]:
        for _, gated, key, verdict in self._all():
            yield gated, key, verdict

    def _all(self) -> Iterator[tuple[int | None, Gated, bytes, Verdict]]:
        numbers = [gated.number for gated in self.collections if gated.number is not None]
        with snapshot(self._database, self._policy, numbers, Silent()) as connection:
            if held.revisions(connection, numbers) != self._record.revisions:
                raise VerdictsStale(f"the ledger {self._database.name} has changed since the gate", remedy="gate again")
            checks.verify(connection, self._database.name, schema.item_facts)
            for gated in self.collections:
                for number, key, verdict in self._held(connection, gated):
                    yield number, gated, key, verdict
                for key in gated.disk_diff.unregistered:
                    yield None, gated, key, unregistered_verdict(gated, key, self._judging)

    def _held(self, connection: Connection, gated: Gated) -> Iterator[tuple[int, bytes, Verdict]]:
        if gated.number is None:
            return
        item = schema.item.c
        query = (
            images_query()
            .where(item.collection_id == gated.number, item.current)
            .order_by(item.position.is_(None), item.position, item.key)
        )
        rows = iter(connection.execute(query.execution_options(yield_per=_PAGE)))
        with self._database.reading() as lookups:
            while page := list(islice(rows, _PAGE)):
                verdicts = self._page(lookups, page)
                for row in page:
                    if row.id in verdicts:
                        yield row.id, bytes(row.key), verdicts[row.id]

    def _page(self, connection: Connection, page: Sequence[Any]) -> dict[int, Verdict]:
        """The verdicts on a page of images: of those that the gate noted, as it noted them."""
        exception = schema.gate_exception.c
        noted = connection.execute(
            sa.select(exception.item_id, exception.decision, exception.reason, exception.reasons).where(
                exception.gate_id == self._record.number, exception.item_id.in_([row.id for row in page])
            )
        )
        found = self._judging.of_facts_alone(connection, page)
        codes = self._policy.reasons_catalogue.codes
        for item, decision, reason, reasons in noted:
            if reasons == GONE:
                del found[item]
                continue
            found[item] = replace(
                found[item], decision=DECISIONS[decision], reason=codes[reason], reasons=reasons_of(reasons)
            )
        return found

    def _require_same_disk(self) -> None:
        for gated in self.collections:
            if compare(self._database, gated.source, gated.number) != gated.disk_diff:
                raise VerdictsStale(f"files of {gated.name} have changed since the gate", remedy="gate again")


GONE: Final = ""
"""The reasons of an image that was registered and that the gate found gone: it is none of its images."""


def _threshold(fail_on: Decision | str) -> Decision:
    try:
        threshold = Decision(fail_on)
    except ValueError:
        threshold = Decision.INFO
    if threshold not in (Decision.REVIEW, Decision.BLOCK):
        raise UsageError(f"fail_on is REVIEW or BLOCK, not {fail_on}", remedy="leave it out for the stricter one")
    return threshold


def _paths_of(dataset: Any) -> Callable[[int], str]:
    samples = getattr(dataset, "samples", None) or getattr(dataset, "imgs", None)
    if samples is None:
        raise TypeError("the dataset has neither `samples` nor `imgs`; pass path_of")
    return lambda index: samples[index][0]


def _path_of(gated: Gated, key: bytes) -> str:
    return os.path.join(gated.root, os.fsdecode(key))  # noqa: PTH118 - keys are bytes

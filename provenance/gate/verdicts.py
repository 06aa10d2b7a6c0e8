"""The outcome of one gate: counted at once, and read image by image without holding them in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, overload

from provenance.errors import GateFailed, UsageError, VerdictsStale
from provenance.gate.decide import PolicyVersion
from provenance.gate.disk import compare
from provenance.gate.gated import Gated, Record, Tally
from provenance.gate.image import PASSING, Judging
from provenance.gate.names import Name, meanings
from provenance.gate.recorded import Decided, RecordedGate
from provenance.gate.reopening import Pickled, reopened
from provenance.gate.subset import passing_positions
from provenance.ledger.database import Database
from provenance.literals import FailOn
from provenance.model import Context, RunFinding, Verdict
from provenance.policy.overrides import WaiverFinding
from provenance.policy.waivers import Waiver
from provenance.printable import counted
from provenance.run.progress import Silent
from provenance.vocabulary import Decision

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from provenance.gate.release import Released

_NOT_REGISTERED = "NOT_REGISTERED"


class Verdicts(Sequence[Verdict]):
    """The verdicts of one gate, as it gave them: a read-only sequence in manifest order, and a mapping by name.

    Whatever is asked gives the same answer; where the ledger or the disk has changed since, it is VerdictsStale. It can
    be pickled, and read in processes that were forked or spawned: each opens the ledger by its address, with the
    password, if there is one, from where the database's own library looks (such as `PGPASSWORD` or `.pgpass`).

    >>> verdicts
    <Verdicts of photos for MODEL_TRAINING: 11 images: 4 allowed, 3 need review, 4 blocked>
    >>> verdicts["chelsea.png"].decision
    <Decision.ALLOW: 'ALLOW'>
    >>> "chelsea.png" in verdicts, len(verdicts)
    (True, 11)
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
        self._recorded = RecordedGate(database, judging, collections, record)
        self.collections = tuple(collections)
        self.tallies = tuple(tallies)
        self.run_findings = tuple(findings)
        self.waiver_findings = tuple(waiver_findings)

    # --- what was asked -----------------------------------------------------------------------------------------------

    @property
    def context(self) -> Context:
        """What the dataset was judged for.

        >>> verdicts.context.purpose.value
        'MODEL_TRAINING'
        """
        return self._policy.context

    @property
    def waivers(self) -> tuple[Waiver, ...]:
        """The waivers that were given with the gate, whether or not they count.

        >>> verdicts.waivers
        ()
        """
        waivers = self._recorded.judging.waivers
        return waivers.entries if waivers is not None else ()

    @property
    def evaluated_at(self) -> datetime:
        """The gate's clock.

        >>> verdicts.evaluated_at.year
        2026
        """
        return self.context.as_of

    @property
    def rulepacks(self) -> Mapping[str, str]:
        """Every pack that was at hand, with its version.

        >>> "CA-QC" in verdicts.rulepacks
        True
        """
        return self._policy.versions

    # --- counts -------------------------------------------------------------------------------------------------------

    @property
    def counts(self) -> dict[Decision, int]:
        """How many images have each decision; decisions that no image has are left out.

        >>> verdicts.counts[Decision.BLOCK]
        4
        """
        counts: dict[Decision, int] = {}
        for tally in self.tallies:
            counts[tally.decision] = counts.get(tally.decision, 0) + tally.images
        return counts

    def passed(self, *, fail_on: Decision | FailOn = Decision.REVIEW) -> bool:
        """Whether every image may be used. An empty gate has not passed. `fail_on="BLOCK"` lets REVIEW through.

        In a strict context REVIEW counts as BLOCK. What a gate has to say of the run counts like an image. Raises
        VerdictsStale where the ledger has changed since, as iteration does: what passed then may be refused by now.

        >>> verdicts.passed()
        False
        """
        self._recorded.require_standing()
        worst = Decision.REVIEW if self.context.strict else _threshold(fail_on)
        if worst is Decision.REVIEW and any(finding.fails for finding in self.waiver_findings):
            return False
        found = [*self.counts, *(finding.decision for finding in self.run_findings)]
        return len(self) > 0 and all(decision.severity < worst.severity for decision in found)

    def raise_for_status(self, *, fail_on: Decision | FailOn = Decision.REVIEW) -> None:
        """Raise GateFailed, with the summary and what to do next, unless every image may be used.

        >>> verdicts.raise_for_status()
        Traceback (most recent call last):
            ...
        provenance.errors.GateFailed: 11 images: 4 allowed, 3 need review, 4 blocked; ...
        """
        if not self.passed(fail_on=fail_on):
            counts = {decision.value: images for decision, images in self.counts.items()}
            raise GateFailed(self.summary(), counts, remedy=self.unregistered())

    def summary(self) -> str:
        """One line for people: how many images were allowed, need review and were blocked.

        >>> verdicts.summary()
        '11 images: 4 allowed, 3 need review, 4 blocked'
        """
        counts = self.counts
        allowed = sum(counts.get(decision, 0) for decision in PASSING)
        review = counts.get(Decision.REVIEW, 0)
        failing = sum(finding.decision.severity >= Decision.REVIEW.severity for finding in self.run_findings)
        run = f"; {counted(failing, 'finding')} of the run" if failing else ""
        return (
            f"{counted(len(self), 'image')}: {allowed} allowed, {review} need{'s' if review == 1 else ''} review, "
            f"{counts.get(Decision.BLOCK, 0)} blocked{run}"
        )

    def unregistered(self) -> str:
        """What was never scanned, and how to; "" where everything was.

        >>> verdicts.unregistered()
        ''
        """
        unseen = sum(tally.images for tally in self.tallies if tally.code == _NOT_REGISTERED)
        if not unseen:
            return ""
        names = ", ".join(repr(one.root) for one in self.collections if one.disk_diff.unregistered)
        one = unseen == 1
        return (
            f"{counted(unseen, 'image')} {'is' if one else 'are'} not registered: scan {'it' if one else 'them'} with "
            f"ledger.scan({names or '...'}, manifest=...), or give gate() the manifest and it scans first"
        )

    # --- as a sequence and a mapping ----------------------------------------------------------------------------------

    def __len__(self) -> int:
        return sum(tally.images for tally in self.tallies)

    def __iter__(self) -> Iterator[Verdict]:
        for _, _, verdict in self._recorded.verdicts():
            yield verdict

    @overload
    def __getitem__(self, which: int) -> Verdict: ...
    @overload
    def __getitem__(self, which: slice) -> list[Verdict]: ...
    @overload
    def __getitem__(self, which: Name) -> Verdict: ...
    def __getitem__(self, which: int | slice | Name) -> Verdict | list[Verdict]:
        """The verdict on an image, by its name, its path or its place in the manifest; a list of them for a slice.

        Raises KeyError for a name that the gate has no image of, IndexError, UsageError for one of several images.
        """
        if isinstance(which, slice):
            return list(self._recorded.of(self._slice(which)))
        if isinstance(which, int):
            try:
                place = range(len(self))[which]
            except IndexError:
                raise IndexError(f"the gate has {counted(len(self), 'image')}, and none in place {which}") from None
            return next(self._recorded.of(islice(self.decided(), place, place + 1)))
        found = self.get(which)
        if found is None:
            raise KeyError(f"the gate has no image {which!r}")
        return found

    def __contains__(self, which: object) -> bool:
        if isinstance(which, str | bytes | os.PathLike):
            return self.get(which) is not None
        return super().__contains__(which)

    def get(self, name: Name, default: Verdict | None = None) -> Verdict | None:
        """The verdict on an image by its name or path, or `default` where the gate has none of that name.

        Raises UsageError where several images have the name.

        >>> verdicts.get("nowhere.png") is None
        True
        """
        for meaning in meanings(self.collections, name):
            found = [verdict for gated, key in meaning if (verdict := self._recorded.named(gated, key)) is not None]
            if len(found) > 1:
                remedy = f"write {found[0].collection}/{found[0].item}, or a path"
                raise UsageError(f"{len(found)} images are called {os.fsdecode(name)!r}", remedy=remedy)
            if found:
                return found[0]
        return default

    def keys(self) -> Iterator[str]:
        """The name of each image, in manifest order.

        >>> next(iter(verdicts.keys()))
        'astronaut.png'
        """
        return (verdict.item for verdict in self)

    def values(self) -> Iterator[Verdict]:
        """The verdict on each image, in manifest order.

        >>> sum(verdict.decision == "ALLOW" for verdict in verdicts.values())
        4
        """
        return iter(self)

    def items(self) -> Iterator[tuple[str, Verdict]]:
        """The name of each image with its verdict, in manifest order.

        >>> dict(verdicts.items())["moon.png"].reason
        'UPSTREAM_PROVENANCE_MISSING'
        """
        return ((verdict.item, verdict) for verdict in self)

    # --- which images -------------------------------------------------------------------------------------------------

    def allowed(self) -> list[str]:
        """The absolute paths of the images that may be used, in manifest order.

        Raises VerdictsStale where the ledger or the disk is no longer as it was judged.

        >>> [path.rpartition("/")[2] for path in verdicts.allowed()]
        ['chelsea.png', 'china.jpg', 'coffee.png', 'rocket.jpg']
        """
        self.require_same_disk()
        return [one.path for one in self.decided() if one.decision in PASSING]

    def blocked(self) -> list[str]:
        """The absolute paths of the images that must not be used, in manifest order.

        >>> len(verdicts.blocked())
        4
        """
        return [one.path for one in self.decided() if one.decision is Decision.BLOCK]

    def for_review(self) -> list[str]:
        """The absolute paths of the images that somebody has to look at first, in manifest order.

        >>> len(verdicts.for_review())
        3
        """
        return [one.path for one in self.decided() if one.decision is Decision.REVIEW]

    def by_reason(self) -> dict[str, list[str]]:
        """The absolute paths of the images by the code of their primary reason, the worst first.

        >>> [path.rpartition("/")[2] for path in verdicts.by_reason()["BASIS_MISSING"]]
        ['camera.png']
        """
        found: dict[str, list[str]] = {tally.code: [] for tally in self.tallies}
        for one in self.decided():
            found[one.reason].append(one.path)
        return found

    def decided(self) -> Iterator[Decided]:
        """Each image with its path, decision and primary reason but without the sentences: a million in seconds.

        >>> next(verdicts.decided()).reason
        'LICENCE_IS_NOT_CONSENT'
        """
        return self._recorded.decided()

    def released(self) -> Iterator[Released]:
        """Each image that may be used with its bytes' SHA-256, source, licence and decision, in manifest order.

        >>> [one.licence for one in verdicts.released()][:2]
        ['CC0-1.0', 'https://creativecommons.org/licenses/by/2.0/']
        """
        from provenance.gate.release import released

        return released(self._recorded)

    def of(self, wanted: Iterable[Decided]) -> Iterator[Verdict]:
        """The verdicts, with all their reasons, on images that `decided` gave, in the order given.

        >>> next(verdicts.of(verdicts.decided())).reason
        'LICENCE_IS_NOT_CONSENT'
        """
        return self._recorded.of(wanted)

    @property
    def gate(self) -> int:
        """The number of this gate in the ledger.

        >>> verdicts.gate > 0
        True
        """
        return self._recorded.record.number

    def indices(self, dataset: Any, *, path_of: Callable[[int], str | os.PathLike[str]] | None = None) -> list[int]:
        """The positions in `dataset` whose images may be used, for `torch.utils.data.Subset`.

        `path_of` gives the path of an index; without it the dataset's own `samples` or `imgs` are used, as
        torchvision's `ImageFolder` has them. A path that the gate did not see is left out; where it saw none of them
        that is a UsageError. Raises VerdictsStale where the ledger or the disk is no longer as it was judged.

        >>> files = ["demo/photos/astronaut.png", "demo/photos/coffee.png", "demo/photos/unseen.png"]
        >>> verdicts.indices(files, path_of=lambda index: files[index])
        [1]
        """
        self.require_same_disk()
        return passing_positions(self.decided(), dataset, path_of)

    # --- as tables and pages ------------------------------------------------------------------------------------------

    def to_arrow(self) -> pa.Table:
        """A table with one row an image, its reasons as a list of structures. Raises MissingExtra without pyarrow.

        >>> verdicts.to_arrow().num_rows
        11
        """
        from provenance.gate.arrow import reader

        return reader(self._recorded).read_all()

    def to_pandas(self) -> pd.DataFrame:
        """A pandas frame with one row an image. Raises MissingExtra without pandas and pyarrow.

        >>> verdicts.to_pandas()["decision"].value_counts()["BLOCK"].item()
        4
        """
        from provenance.gate.arrow import to_pandas

        return to_pandas(self._recorded)

    def to_polars(self) -> pl.DataFrame:
        """A Polars frame with one row an image. Raises MissingExtra without polars and pyarrow.

        >>> verdicts.to_polars().filter(decision="BLOCK").height
        4
        """
        from provenance.gate.arrow import to_polars

        return to_polars(self._recorded)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rows as Arrow's C stream (PyCapsule interface), for DuckDB, Polars, pandas and others, page by page."""
        from provenance.gate.arrow import reader

        return reader(self._recorded).__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        names = ", ".join(gated.name for gated in self.collections)
        purpose = self.context.purpose
        return f"<Verdicts of {names} for {purpose.value if purpose else 'no purpose'}: {self.summary()}>"

    def _repr_html_(self) -> str:
        from provenance.gate.notebook import html

        return html(self._recorded, self.summary(), self.tallies)

    # --- whether they still hold --------------------------------------------------------------------------------------

    def stand(self) -> bool:
        """Whether nothing in the ledger has changed since the gate that could change a verdict. One short query.

        >>> verdicts.stand()
        True
        """
        return self._recorded.stands()

    def again(self) -> Verdicts:
        """The verdicts of a new gate, put on record: the same collections and question, as things stand now.

        The clock moves on to now, unless one was asked for. Raises what `Ledger.gate` raises.

        >>> verdicts.again().counts == verdicts.counts
        True
        """
        from provenance.gate.run import Asked, gate

        recorded, policy = self._recorded, self._policy
        context = policy.given
        if not context.clock_given:
            context = replace(context, as_of=datetime.now(UTC))
        sources = tuple(gated.source for gated in self.collections)
        return gate(recorded.database, Asked(sources, context, policy.packs, recorded.judging.waivers), Silent())

    def require_same_disk(self) -> None:
        """Raise VerdictsStale where a file was changed, added or removed since the gate.

        >>> verdicts.require_same_disk()
        """
        for gated in self.collections:
            if compare(self._recorded.database, gated.source, gated.number) != gated.disk_diff:
                raise VerdictsStale(f"files of {gated.name} have changed since the gate", remedy="gate again")

    def __reduce__(self) -> tuple[Any, ...]:
        recorded = self._recorded
        judging = recorded.judging
        kept = Pickled(
            recorded.database.address,
            judging.policy.context,
            judging.policy.packs,
            judging.waivers,
            judging.overrides.bound,
            self.collections,
            recorded.record,
        )
        return _from_pickle, (kept, self.tallies, self.run_findings, self.waiver_findings)

    @property
    def _policy(self) -> PolicyVersion:
        return self._recorded.judging.policy

    def _slice(self, which: slice) -> Iterator[Decided]:
        start, stop, step = which.indices(len(self))
        if step > 0:
            return islice(self.decided(), start, stop, step)
        wanted = range(start, stop, step)
        if not wanted:
            return iter(())
        return reversed(list(islice(self.decided(), wanted[-1], wanted[0] + 1, -step)))


def _from_pickle(
    kept: Pickled,
    tallies: Sequence[Tally],
    findings: Sequence[RunFinding],
    waiver_findings: Sequence[WaiverFinding],
) -> Verdicts:
    database, judging = reopened(kept)
    return Verdicts(database, judging, kept.collections, kept.record, tallies, findings, waiver_findings)


def _threshold(fail_on: Decision | str) -> Decision:
    try:
        threshold = Decision(fail_on)
    except ValueError:
        threshold = Decision.INFO
    if threshold not in (Decision.REVIEW, Decision.BLOCK):
        raise UsageError(f"fail_on is REVIEW or BLOCK, not {fail_on}", remedy="leave it out for the stricter one")
    return threshold

"""The gate: every image of some collections judged as they stand now, counted, and kept on record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, time
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provenance.chunks import batched
from provenance.copies.near_duplicates import is_kept_up, keep_up
from provenance.copies.screen import screen
from provenance.errors import LedgerError, LedgerLocked, NothingToCheck
from provenance.gate import decide, tallies
from provenance.gate.decide import PolicyVersion
from provenance.gate.disk import compare
from provenance.gate.gated import GONE, Gated, Record, tallied, unregistered_verdict
from provenance.gate.image import NOTHING, PASSING, Judging, Overlay, images_query
from provenance.gate.near_duplicates import copies, neighbours
from provenance.gate.run_findings import run_findings
from provenance.gate.snapshot import attempts, snapshot, stands
from provenance.gate.staleness import require_own_taken, require_taken
from provenance.gate.tallies import Counts
from provenance.gate.verdicts import Verdicts
from provenance.keys import collection_name
from provenance.ledger import checks, evidence, idle_records, reviews, schema, schema_kept
from provenance.ledger import collections as held
from provenance.ledger.database import Database
from provenance.ledger.gates import DECISIONS, NewGate, bind_waivers, bound_waivers, record_gate
from provenance.ledger.holds import reached_items, require_placed
from provenance.ledger.overview import require_clock
from provenance.ledger.screening import listed_items, require_screened
from provenance.ledger.signatures import Signatories
from provenance.model import Context, RunFinding, Verdict, to_micros
from provenance.policy.overrides import Uses
from provenance.policy.packs import PackSet
from provenance.policy.waivers import Waivers
from provenance.run.places import held_at
from provenance.run.progress import Progress
from provenance.sources.interface import Source
from provenance.vocabulary import Decision, Purpose

_CHUNK: Final = 2_000

_COUNTED: Final = (
    *tallies.KEPT,
    schema_kept.idle_record,
    schema_kept.idle_record_upto,
    schema.derivation_validity,
    schema.pending,
    schema.near_duplicate,
    schema.near_duplicate_upto,
    schema.screening,
    schema.list_match,
    schema.not_screened,
)
"""The derived tables that a gate counts by. Those of single images are checked when these are read."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a gate is asked for: collections, and all that their verdicts depend on beside what is known of them.

    `scanned` says that this very run has scanned them: an image that is gone since then is no image less, but a fault.
    """

    sources: tuple[Source, ...]
    context: Context
    packs: PackSet
    waivers: Waivers | None = None
    scanned: bool = False


def gate(database: Database, asked: Asked, progress: Progress) -> Verdicts:
    """Judge every image of the collections, as they lie on disk and as the ledger knows them.

    Raises NothingToCheck, SourceError, LedgerError where something was not taken in whole or has been tampered with.
    """
    began = datetime.now(UTC)
    if not asked.context.clock_given:
        with database.reading() as connection:
            require_clock(connection, database.name, began)
    with database.reading() as connection:
        numbers = [number for source in asked.sources if (number := held_at(connection, source)) is not None]
    for _ in attempts():
        policy = PolicyVersion.now(database, asked.context, asked.packs)
        with settled(database, policy, numbers, progress) as connection:
            if not is_kept_up(connection, numbers):
                continue
            # Last of all that takes long, so that little can change on disk behind it.
            gated = [_compared(database, source) for source in asked.sources]
            require_taken(connection, numbers)
            for one in gated:
                if one.number is not None:
                    require_own_taken(connection, one.number, one.source)
            waivers = checked(connection, asked.waivers, policy.context.purpose)
            judging = Judging(policy, waivers, bound_waivers(connection))
            counts = tallies.counts_of(connection, policy, numbers)
            _require_all_derived(connection, database.name, counts, numbers)
            outcome = _outcome(connection, judging, gated, counts, scanned=asked.scanned)
            revisions = held.revisions(connection, numbers)
            beside = neighbours(connection, numbers)
        with database.writing() as connection:
            # What was judged must still be so at the moment at which it is put on record.
            if held.revisions(connection, numbers) != revisions or not stands(connection, policy, numbers, beside):
                continue
            if not policy.stands(connection):
                continue
            new = NewGate(
                policy=policy.text,
                context=decide.context_text(asked.context),
                as_of=asked.context.as_of,
                waivers=f"{asked.waivers.source} {asked.waivers.digest.hex()}" if asked.waivers else "",
                started_at=began,
                collections=revisions,
                counts=outcome.by_decision,
                findings=[asdict(finding) for finding in outcome.findings],
                exceptions=[(item, *_stored(policy, found)) for item, found in outcome.alone.items()],
            )
            record = Record(record_gate(connection, new), revisions)
            bind_waivers(
                connection, [one.digest for one in outcome.uses.without_purpose], policy.context.purpose, record.number
            )
        summed = tallied(outcome.counts, policy.reasons_catalogue)
        return Verdicts(database, judging, gated, record, summed, outcome.findings, outcome.uses.findings())
    raise LedgerLocked(
        f"the ledger {database.name} keeps changing while it is judged", remedy="gate again when nothing else runs"
    )


@contextmanager
def settled(
    database: Database, policy: PolicyVersion, collections: Sequence[int], progress: Progress
) -> Iterator[Connection]:
    """The state of the ledger in which a gate counts: evidence looked at, all compared, derived, decided and checked.

    Raises LedgerError as `gate` does.
    """
    look_again(database, collections)
    screen(database, progress)
    # A scan does so at its end, which one that was killed has not reached.
    keep_up(database)
    idle_records.keep_up(database)
    with snapshot(database, policy, collections, progress) as connection:
        require_taken(connection, collections)
        require_screened(connection, database.name, collections)
        require_placed(connection, database.name)
        # Where nothing can be kept, counts come of the fact sets.
        checks.verify(connection, database.name, *_COUNTED, *((schema.fact_set_count,) if database.read_only else ()))
        yield connection


@contextmanager
def judging(
    database: Database, policy: PolicyVersion, waivers: Waivers | None, collections: Sequence[int], progress: Progress
) -> Iterator[tuple[Connection, Judging]]:
    """What gives the verdicts on images of these collections as a gate would give them now, and the state they hold in.

    Raises LedgerError as `gate` does. Nothing is put on record.
    """
    with settled(database, policy, collections, progress) as connection:
        checks.verify(connection, database.name, schema.item_facts)
        yield (
            connection,
            Judging(policy, checked(connection, waivers, policy.context.purpose), bound_waivers(connection)),
        )


def checked(connection: Connection, waivers: Waivers | None, purpose: Purpose | None) -> Waivers | None:
    """Waivers with what is wrong with their signatures."""
    if waivers is None or not any(one.signature for one in waivers.entries):
        return waivers
    known = Signatories.of(connection, datetime.now(UTC))
    entries = []
    for one in waivers.entries:
        given_at = datetime.combine(one.date, time(), UTC)
        said = known.fault(one.approver, one.statement, one.signature, given_at=given_at, purpose=purpose)
        entries.append(replace(one, fault=said) if one.signature else one)
    return Waivers.of(waivers.source, waivers.digest, tuple(entries))


def look_again(database: Database, collections: Sequence[int]) -> None:
    """Compare every evidence file that these collections rest on with what was last seen of it."""
    for look in (evidence.changed, evidence.claims):
        with database.reading() as connection:
            looks = look(connection, collections)
        if looks:
            with database.writing() as connection:
                evidence.record_looks(connection, looks, to_micros(datetime.now(UTC)))


def _compared(database: Database, source: Source) -> Gated:
    with database.reading() as connection:
        number = held_at(connection, source)
    return Gated(number, source, source.uri, collection_name(source.uri), compare(database, source, number))


def _require_all_derived(connection: Connection, ledger: str, counts: Counts, numbers: Sequence[int]) -> None:
    if counts.total() != held.count(connection, numbers):
        # Whatever the cause, an image without a verdict must not pass unseen.
        raise LedgerError(
            f"the ledger {ledger}: its derived tables do not cover every image",
            remedy="`provenance db rebuild` makes them anew",
        )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of the images: how many have each decision and reason, and those whose verdict is their own.

    Their verdict is None where an image is gone, and none of this gate's.
    """

    counts: Mapping[tuple[Decision, str], int]
    alone: Mapping[int, Verdict | None]
    findings: tuple[RunFinding, ...]
    uses: Uses

    @property
    def by_decision(self) -> dict[Decision, int]:
        """How many images have each decision."""
        found: Counter[Decision] = Counter()
        for (decision, _), images in self.counts.items():
            found[decision] += images
        return dict(+found)


def _stored(policy: PolicyVersion, verdict: Verdict | None) -> tuple[int, int, str]:
    if verdict is None:
        return DECISIONS.index(Decision.INFO), 0, GONE
    return decide.stored_verdict(policy, verdict)


def _outcome(
    connection: Connection, judging: Judging, gated: Sequence[Gated], counts: Counts, *, scanned: bool
) -> _Outcome:
    """Put right in the counts of what images share what is known of single ones."""
    policy = judging.policy
    numbers = [one.number for one in gated if one.number is not None]
    overlays = _overlays(connection, judging, gated, scanned=scanned)
    left_out = {number for one in gated for number in one.disk_diff.gone if not scanned}
    uses = Uses(judging.overrides, policy.context)
    alone = _put_right(connection, judging, numbers, _Known(overlays, left_out, uses), counts)
    for one in gated:
        for key in one.disk_diff.unregistered:
            found = unregistered_verdict(one, key, judging)
            counts[found.decision, found.reason] += 1
    if not counts.total():
        raise NothingToCheck("no image was found", remedy="check the path of the collection")
    findings = run_findings(connection, numbers, to_micros(policy.context.as_of), policy.reasons_catalogue)
    return _Outcome(+counts, alone, findings, uses)


def counts_now(connection: Connection, judging: Judging, numbers: Sequence[int]) -> Counts:
    """How many images of these collections have each decision and reason, as a gate counts that looks at no file."""
    counts = tallies.counts_of(connection, judging.policy, numbers)
    known = _Known(copies(connection, judging, numbers), frozenset(), Uses(judging.overrides, judging.policy.context))
    _put_right(connection, judging, numbers, known, counts)
    return +counts


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of single images: overlays, those that are gone, and which waivers served."""

    overlays: Mapping[int, Overlay]
    gone: Collection[int]
    uses: Uses


def _put_right(
    connection: Connection,
    judging: Judging,
    numbers: Sequence[int],
    known: _Known,
    counts: Counts,
) -> dict[int, Verdict | None]:
    """The verdicts of images that are not those of their facts alone, which are put right in `counts`."""
    alone: dict[int, Verdict | None] = {}
    for some in batched(_known_alone(connection, judging, numbers, known.overlays), _CHUNK):
        rows = connection.execute(images_query().where(schema.item.c.id.in_(some))).all()
        shared = judging.of_facts_alone(connection, rows)
        own = judging.verdicts_of(connection, [n for n in some if n not in known.gone], known.overlays, known.uses)
        for number, verdict in shared.items():
            mine = own.get(number)
            if mine != verdict:
                alone[number] = mine
                counts[verdict.decision, verdict.reason] -= 1
                if mine is not None:
                    counts[mine.decision, mine.reason] += 1
    return alone


def _overlays(connection: Connection, judging: Judging, gated: Sequence[Gated], *, scanned: bool) -> dict[int, Overlay]:
    numbers = [one.number for one in gated if one.number is not None]
    overlays = copies(connection, judging, numbers)
    for one in gated:
        for number in one.disk_diff.other_bytes:
            overlays[number] = replace(overlays.get(number, NOTHING), other_bytes=True)
        for number in one.disk_diff.gone:
            overlays[number] = replace(overlays.get(number, NOTHING), vanished=scanned)
    return overlays


def _known_alone(
    connection: Connection, judging: Judging, numbers: Sequence[int], overlays: Mapping[int, Overlay]
) -> Iterator[int]:
    """The images of which more is known than the facts that they share with others, each once."""
    found = set(overlays)
    found.update(number for number, _, _ in listed_items(connection, numbers))
    found.update(reached_items(connection, numbers))
    found.update(reviews.reviewed_items(connection, numbers))
    yield from sorted(found)
    if judging.overrides:
        yield from (number for number in _waivable(connection, judging, numbers) if number not in found)


def _waivable(connection: Connection, judging: Judging, numbers: Sequence[int]) -> Iterator[int]:
    """The images that do not pass by their facts: those that a waiver may be meant for."""
    facts, decided = schema.item_facts.c, schema.cached_decision.c
    query = (
        sa.select(facts.item_id)
        .join(
            schema.cached_decision,
            sa.and_(decided.fact_set_id == facts.fact_set_id, decided.policy_version == judging.policy.digest),
        )
        .where(facts.collection_id.in_(numbers), decided.decision.not_in([DECISIONS.index(d) for d in PASSING]))
        .order_by(facts.item_id)
    )
    yield from list(connection.execute(query).scalars())

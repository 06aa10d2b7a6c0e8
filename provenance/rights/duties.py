"""The front door of duties: what has to be assessed, kept, destroyed and reported, over one open ledger."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from provenance.errors import UsageError
from provenance.ledger import assessments, breaches, retention
from provenance.ledger.assessments import Assessed, NewAssessment
from provenance.ledger.breaches import Breach, BreachEvent, BreachState, NewBreach, Risk
from provenance.ledger.database import Database
from provenance.ledger.retention import Term
from provenance.model import Context
from provenance.policy.packs import PackSet
from provenance.rights import terms
from provenance.rights.deadlines import Deadline, report_deadline
from provenance.rights.terms import Kept
from provenance.rights.told import (
    digest_of_evidence,
    purpose_named,
    require_named,
    require_words,
    required_jurisdiction,
)
from provenance.run.progress import Progress, Silent
from provenance.vocabulary import Purpose

if TYPE_CHECKING:
    from provenance.rights.checked_sources import CheckedSources
    from provenance.rights.erasing import Erased
    from provenance.rights.reporting import Report


class Duties:
    """Duties over a ledger: `Ledger.duties`.

    >>> with pv.open("ledger.db") as ledger:  # doctest: +SKIP
    ...     ledger.duties.assessments()
    """

    def __init__(self, database: Database, packs: PackSet) -> None:
        self._database = database
        self._packs = packs

    def assess(
        self,
        ref: str,
        purpose: Purpose | str,
        *,
        approver: str,
        approved_at: datetime,
        evidence: Path,
        by: str,
        review_by: date | None = None,
        recipients: Iterable[str] = (),
        faces: bool = False,
    ) -> Assessed:
        """Record that a purpose was assessed (DPIA, PIA, PIPEDA s. 5(3)), for these recipients and nobody else.

        Until it is retired, or its review is overdue, it answers a gate for this purpose as one that the context names.
        Where the use measures faces it counts only with `faces`. Raises UsageError, InputError for the evidence.
        """
        require_named(by)
        require_named(approver)
        require_words(reference=ref)
        now = datetime.now(UTC)
        if approved_at > now:
            raise UsageError("nobody has approved it yet", remedy="record it when it is approved")
        if review_by is not None and review_by < approved_at.astimezone(UTC).date():
            raise UsageError("its review would be due before its approval", remedy="correct the dates")
        new = NewAssessment(
            ref=ref,
            purpose=purpose_named(purpose),
            recipients=tuple(recipients),
            faces=faces,
            approver=approver,
            approved_at=approved_at,
            review_by=review_by,
            evidence=str(evidence),
            evidence_sha256=digest_of_evidence(evidence),
            by=by,
        )
        with self._database.writing() as connection:
            return assessments.add(connection, new, now)

    def assessments(self) -> list[Assessed]:
        """Every assessment, in the order in which they were recorded."""
        with self._database.reading() as connection:
            return assessments.listed(connection)

    def retire_assessment(self, ref: str, *, by: str, reason: str) -> Assessed:
        """Let an assessment count no more, under any clock. Raises UsageError."""
        require_named(by)
        require_words(reason=reason)
        with self._database.writing() as connection:
            one = assessments.named(connection, ref)
            assessments.retire(connection, one, by=by, reason=reason, at=datetime.now(UTC))
            return assessments.named(connection, ref)

    def record_breach(
        self,
        *,
        found_at: datetime,
        occurred: str,
        what: str,
        information: str,
        by: str,
        persons: int | None = None,
        risk: Risk | str = Risk.UNKNOWN,
        jurisdictions: Iterable[str] = (),
    ) -> Breach:
        """Record a breach of security safeguards: what SOR/2018-64 s. 2(1) and GDPR Art. 33(5) ask for.

        The `jurisdictions` whose law asks for a report set its term, and for how long the record is kept.
        No name and no pseudonym belongs into it: it is kept longer than what may be erased. Raises UsageError.
        """
        require_named(by)
        require_words(occurred=occurred, what=what, information=information)
        now = datetime.now(UTC)
        if found_at > now:
            raise UsageError("a breach cannot have been found later than now", remedy="correct the time")
        if persons is not None and persons < 0:
            raise UsageError("it cannot affect fewer than no people", remedy="leave the number out where nobody knows")
        laws = tuple(dict.fromkeys(map(required_jurisdiction, jurisdictions)))
        new = NewBreach(found_at, occurred, what, information, persons, Risk(risk), by, laws)
        with self._database.writing() as connection:
            return breaches.add(connection, new, now)

    def note_breach(self, ref: str, state: BreachState | str, *, by: str, note: str) -> Breach:
        """Record that a breach was REPORTED, its people TOLD, or that it is CLOSED. Raises UsageError."""
        require_named(by)
        require_words(note=note)
        with self._database.writing() as connection:
            event = BreachEvent(BreachState(state), datetime.now(UTC), by, note)
            return breaches.add_event(connection, breaches.named(connection, ref), event)

    def report_deadline(self, breach: Breach) -> Deadline:
        """By when an authority has to be told of a breach, and the rule that says so."""
        return report_deadline(self._packs, breach.jurisdictions, breach.found_at)

    def breaches(self) -> list[Breach]:
        """Every breach, in the order in which they were recorded."""
        with self._database.reading() as connection:
            return breaches.listed(connection)

    def prune(self, kind: str, ref: str, *, by: str) -> Erased:
        """Take a `breach` or an `assessment` away that was kept long enough. Raises UsageError where it was not."""
        from provenance.rights import keeping

        return keeping.prune(self._database, self._packs, kind, ref, by=by)

    def keep_until(self, kept: Kept) -> Term:
        """Record until when an image, those of a record or of a collection, or all under a purpose may be kept.

        Of several terms the earliest counts; the gate blocks what was kept for longer. Raises UsageError.
        """
        return terms.keep_until(self._database, kept)

    def terms(self) -> list[Term]:
        """Every term that was recorded, in order; those of manifests stand in their rows."""
        with self._database.reading() as connection:
            return retention.listed(connection)

    def take_back_term(self, ref: str, *, by: str, reason: str) -> Term:
        """Let a term count no more. Raises UsageError."""
        return terms.take_back(self._database, ref, by=by, reason=reason)

    def take_source_checks(self, path: Path, *, by: str) -> tuple[CheckedSources, int]:
        """Take in what somebody found at the addresses of sources; gives it, and how many images came from there.

        An image whose source is gone, or no longer public, is for a person to look at. Raises RowErrors, InputError.
        """
        return terms.take_checks(self._database, path, by=by)

    def report(
        self,
        kind: str,
        context: Context,
        *,
        release: str | None = None,
        by: str = "",
        recipient: str = "",
        progress: Progress | None = None,
    ) -> Report:
        """The figures as of now: for a `regulator`, or as `training-content`, `ab2013` or `aims` ask for them.

        With `release` only what of it is held is counted. With `by` and `recipient` it is kept as one that was given,
        and the next says what has changed since. Raises NothingToCheck, UsageError.
        """
        from provenance.rights import reporting

        if kind not in reporting.KINDS:
            raise UsageError(f"there is no report {kind}", remedy=f"name one of {', '.join(reporting.KINDS)}")
        asked = reporting.Asked(kind, context, release, by, recipient)
        return reporting.report(self._database, self._packs, asked, progress or Silent())

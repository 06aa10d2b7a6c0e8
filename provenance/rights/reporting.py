"""A report: the figures as of now, for a regulator or as a form asks for them, and what changed since the last one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from provenance.ledger import reports
from provenance.ledger.database import Database
from provenance.ledger.reports import GivenReport
from provenance.model import Context
from provenance.policy.packs import PackSet
from provenance.rights.figures import Figure, Figures, figures
from provenance.rights.forms import Answer, Form, FormKind, changes, filled, load_form
from provenance.rights.told import require_named, require_words
from provenance.run.progress import Progress

REGULATOR: Final = "regulator"
KINDS: Final = (REGULATOR, *(kind.value for kind in FormKind))


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be reported: the kind, under which context findings are counted, of which release (None: of all).

    With `by` and `recipient` the report is one that was given, and the next of its kind says what has changed since.
    """

    kind: str
    context: Context
    release: str | None = None
    by: str = ""
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A report to be written. `form` and `answers` are empty for a regulator, who gets every figure.

    `changes` tell by how much each figure is more or less than in the last that was given, at `since`.
    """

    kind: str
    figures: Figures
    form: Form | None
    answers: tuple[Answer, ...]
    changes: tuple[Figure, ...]
    since: datetime | None


def report(database: Database, packs: PackSet, asked: Asked, progress: Progress) -> Report:
    """Make a report. Raises NothingToCheck where the ledger has no collection, UsageError."""
    if asked.by or asked.recipient:
        require_named(asked.by)
        require_words(recipient=asked.recipient)
    found = figures(database, packs, asked.context, progress, release=asked.release)
    form = load_form(FormKind(asked.kind)) if asked.kind != REGULATOR else None
    answers = filled(form, found) if form is not None else ()
    shown = {(one.section, one.name): one.value for answer in answers for one in answer.figures}
    told = found.by_name if form is None else shown
    subject = found.release or found.purpose
    with database.reading() as connection:
        last = reports.last(connection, asked.kind, subject)
    if asked.by:
        with database.writing() as connection:
            reports.add(connection, GivenReport(asked.kind, asked.recipient, subject, told, asked.by, found.at))
    changed = changes(told, last.figures) if last is not None else []
    return Report(asked.kind, found, form, answers, tuple(changed), last.at if last is not None else None)

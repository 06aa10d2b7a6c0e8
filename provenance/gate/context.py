"""The gate context with what the ledger holds beside it: the assessment of its purpose, and until when it may be kept.

It is worked out for each gate anew and never put on record as if it had been given: an assessment that is retired
tomorrow answers nothing the day after, also for what was released under it.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.engine import Connection

from provenance.ledger import assessments, retention
from provenance.model import Assessment, Context
from provenance.policy.purposes import load_purposes
from provenance.policy.rules.evaluation import evaluation_of, is_made


def with_what_is_held(connection: Connection, context: Context) -> Context:
    """The context under which a gate judges now."""
    if context.purpose is None:
        return context
    terms = (context.retain_until, retention.of_purpose(connection, context.purpose))
    ends = [at for at in terms if at is not None]
    return replace(context, assessment=_assessment(connection, context), retain_until=min(ends) if ends else None)


def _assessment(connection: Connection, context: Context) -> Assessment | None:
    """What the context names, unless the ledger knows better; else the newest in the ledger that was made for this use.

    One that the ledger holds under the same id counts as it stands there: retired, or made for another use, it is none.
    """
    assert context.purpose is not None
    every = assessments.listed(connection)
    measures = evaluation_of(context, load_purposes()).measures_faces
    fitting = {
        one.ref: one.stated
        for one in every
        if one.covers(context.purpose, context.recipients, measures_faces=measures)
        and is_made(one.stated, context.as_of)
    }
    given = context.assessment
    if given is None or any(one.ref == given.id for one in every):
        wanted = fitting.get(given.id or "") if given is not None else None
        return wanted or next(reversed(fitting.values()), None)
    if is_made(given, context.as_of):
        return given
    return next(reversed(fitting.values()), given)

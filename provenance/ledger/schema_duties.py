"""The tables of what has to be shown, kept for a time, destroyed or reported.

They follow the rules of `ledger.schema`: their rows are appended and chained. None is derived.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text

from provenance.ledger.columns import among, chained, end_of, metadata, number, to

assessment: Final = Table(
    "assessment",
    metadata,
    number(),
    Column("ref", Text, nullable=False, unique=True),
    Column("purpose", Text, nullable=False),
    Column("recipients", Text, nullable=False),
    Column("faces", Boolean, nullable=False),
    Column("approver", Text, nullable=False),
    Column("approved_at", BigInteger, nullable=False),
    Column("review_by", Integer),
    Column("evidence", Text, nullable=False),
    Column("evidence_sha256", LargeBinary, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    *chained(),
)
"""That a purpose was assessed: for which recipients (none: the controller alone), and whether with measured faces."""

assessment_end: Final = Table(
    "assessment_end",
    metadata,
    number(),
    end_of("assessment_id", "assessment"),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    *chained(),
)

breach: Final = Table(
    "breach",
    metadata,
    number(),
    Column("ref", Text, nullable=False, unique=True),
    Column("found_at", BigInteger, nullable=False),
    Column("occurred", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("information", Text, nullable=False),
    Column("persons", BigInteger),
    Column("risk", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    *chained(),
    Column("jurisdictions", Text),
    among("risk", "yes", "no", "unknown"),
)
"""A breach of security safeguards. `found_at` is when it was determined that it had occurred; `persons` is how many
people it affects, where that is known; `risk` is whether it is a real risk of significant harm to them. `jurisdictions`
(a JSON list) are the laws under which it is reported, NULL where that is not known."""

breach_event: Final = Table(
    "breach_event",
    metadata,
    number(),
    to("breach_id", "breach"),
    Column("state", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("note", Text, nullable=False),
    *chained(),
    Index("ix_breach_event_breach_id", "breach_id"),
    among("state", "REPORTED", "TOLD", "CLOSED"),
)
"""That it was reported to an authority, that the people were told, or that nothing is left to do."""

retention: Final = Table(
    "retention",
    metadata,
    number(),
    to("item_id", "item", optional=True),
    to("record", "record", optional=True),
    to("collection_id", "collection", optional=True),
    Column("purpose", Text),
    Column("until_at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    *chained(),
)
"""Until when images may be kept: one image, those of a basis record, of a collection, or all under a purpose. Image and
record are named by a row of theirs, and meant in every version."""

retention_end: Final = Table(
    "retention_end",
    metadata,
    number(),
    end_of("retention_id", "retention"),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    *chained(),
)

source_check: Final = Table(
    "source_check",
    metadata,
    number(),
    Column("digest", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("checked_at", BigInteger, nullable=False),
    Column("file_sha256", LargeBinary, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    *chained(),
    Index("ix_source_check_digest", "digest"),
    among("state", "THERE", "GONE", "PRIVATE", "UNKNOWN"),
)
"""What somebody found at an address. `digest` is keyed by the ledger's secret, so that an erased address cannot be read
here."""

report: Final = Table(
    "report",
    metadata,
    number(),
    Column("kind", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("figures", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    *chained(),
)
"""The figures of a report as it was given to somebody: what changed is told from them the next time."""

RECORDED: Final = (
    assessment,
    assessment_end,
    breach,
    breach_event,
    retention,
    retention_end,
    source_check,
    report,
)
"""The tables of this file, whose rows are chained."""

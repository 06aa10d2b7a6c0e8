"""The tables of what people and authorities ask for, of who got what, and of the log that proves both.

They follow the rules of `ledger.schema`: recorded rows are appended and chained, derived ones can be made anew.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, SmallInteger, Table, Text

from provenance.ledger.columns import among, chained, end_of, metadata, number, number_type, to

# --- requests, orders, and the holds that they put on images --------------------------------------------------------

request: Final = Table(
    "request",
    metadata,
    number(),
    Column("ref", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("purposes", Text, nullable=False),
    Column("targets", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    *chained(),
    among("kind", "withdraw", "object", "erase", "restrict", "access"),
)
"""What a person asks for. `requester` is their reference, never a name; an erasure keeps no `targets` in words."""

request_event: Final = Table(
    "request_event",
    metadata,
    number(),
    to("request_id", "request"),
    Column("state", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("due_at", BigInteger),
    *chained(),
    Index("ix_request_event_request_id", "request_id"),
    among("state", "IDENTIFIED", "EXTENDED", "ANSWERED", "DECLINED", "LIFTED"),
)

legal_order: Final = Table(
    "legal_order",
    metadata,
    number(),
    Column("ref", Text, nullable=False, unique=True),
    Column("authority", Text, nullable=False),
    Column("targets", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("evidence_sha256", LargeBinary, nullable=False),
    Column("from_at", BigInteger, nullable=False),
    Column("until_at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    *chained(),
)

legal_order_end: Final = Table(
    "legal_order_end",
    metadata,
    number(),
    end_of("order_id", "legal_order"),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    *chained(),
)
"""That an authority lifted its order, or it was recorded by mistake."""

hold: Final = Table(
    "hold",
    metadata,
    number(),
    to("request_id", "request", optional=True),
    to("order_id", "legal_order", optional=True),
    to("person_id", "person", optional=True),
    Column("purposes", Text, nullable=False),
    Column("from_at", BigInteger, nullable=False),
    Column("until_at", BigInteger, nullable=False),
    *chained(),
    Index("ix_hold_request_id", "request_id"),
    Index("ix_hold_order_id", "order_id"),
)
"""That images may not be used, for a request or under an order. Images that show `person_id` are left to the refusal
that stands among the basis records: a later consent of the person ends it there."""

hold_target: Final = Table(
    "hold_target",
    metadata,
    number(),
    to("hold_id", "hold"),
    Column("kind", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("place", Text, nullable=False),
    *chained(),
    Index("ix_hold_target_digest", "digest"),
    Index("ix_hold_target_hold_id", "hold_id"),
    among("kind", "item", "address", "person", "collection", "jurisdiction"),
)
"""What a hold names. `digest` is keyed by the ledger's secret, so that an erased name can be known again and not read;
`place` is the jurisdiction, or the number of the collection."""

suppression: Final = Table(
    "suppression",
    metadata,
    number(),
    to("hold_id", "hold"),
    Column("sha256", LargeBinary),
    Column("wholes", LargeBinary, nullable=False),
    Column("parts", LargeBinary, nullable=False),
    *chained(),
    Index("ix_suppression_hold_id", "hold_id"),
    Index("ix_suppression_sha256", "sha256"),
)
"""One picture that a hold keeps out: the digest of its bytes, the hashes of it as a whole (32 bytes each; of its turns
too where it was at hand), which meet any part of another picture, and those of its parts, which meet another as a
whole, framed or not."""

hold_reach: Final = Table(
    "hold_reach",
    metadata,
    to("item_id", "item", key=True),
    to("hold_id", "hold", key=True),
    Index("ix_hold_reach_hold_id", "hold_id"),
    sqlite_with_rowid=False,
)
"""The images that the targets of a hold name."""

suppression_match: Final = Table(
    "suppression_match",
    metadata,
    to("content_id", "content", key=True),
    to("hold_id", "hold", key=True),
    Column("distance", SmallInteger, nullable=False),
    Column("place", BigInteger, nullable=False),
    Index("ix_suppression_match_hold_id", "hold_id"),
    sqlite_with_rowid=False,
)
"""The contents that show a picture which a hold keeps out, and how many bits away (0 for the same bytes)."""

hold_progress: Final = Table(
    "hold_progress",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("targets", BigInteger, nullable=False),
    Column("items", BigInteger, nullable=False),
    Column("suppressions", BigInteger, nullable=False),
    Column("contents", BigInteger, nullable=False),
)
"""How far holds were compared: every target up to one with every item up to another, and suppressions with contents."""

# --- erasure ------------------------------------------------------------------------------------------

erasure: Final = Table(
    "erasure",
    metadata,
    number(),
    to("request_id", "request", optional=True),
    Column("cause", Text, nullable=False),
    Column("images", BigInteger, nullable=False),
    Column("report", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    *chained(),
)
"""That content was erased: of how many images, and how many rows of which tables. The digest covers the rows."""

erased_row: Final = Table(
    "erased_row",
    metadata,
    Column("name", Text, primary_key=True),
    Column("row", number_type, primary_key=True, autoincrement=False),
    to("erasure_id", "erasure"),
    Column("row_digest", LargeBinary, nullable=False),
    Index("ix_erased_row_erasure_id", "erasure_id"),
    sqlite_with_rowid=False,
)
"""A row whose content was erased, with the digest that keeps its place in the chain of its table."""

# --- releases, accounts, disclosures --------------------------------------------------------------------------------

account: Final = Table(
    "account",
    metadata,
    number(),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("purposes", Text, nullable=False),
    Column("jurisdictions", Text, nullable=False),
    Column("until_at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    *chained(),
    among("kind", "person", "organisation"),
)
"""Who may be given something, for which purposes (none: any), where (none: anywhere), and until when."""

account_end: Final = Table(
    "account_end",
    metadata,
    number(),
    end_of("account_id", "account"),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    *chained(),
)

account_key: Final = Table(
    "account_key",
    metadata,
    number(),
    to("account_id", "account"),
    Column("public", LargeBinary, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    *chained(),
    Index("ix_account_key_account_id", "account_id"),
)
"""An Ed25519 key (32 bytes) by which an account signs what it decides."""

release: Final = Table(
    "release",
    metadata,
    number(),
    Column("name", Text, nullable=False, unique=True),
    to("gate_id", "gate"),
    Column("images", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("file_sha256", LargeBinary, nullable=False),
    Column("header", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    *chained(),
)
"""What a gate allowed, frozen under a name. The digest covers the numbers of its images."""

release_chunk: Final = Table(
    "release_chunk",
    metadata,
    to("release_id", "release", key=True),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    Column("items", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""Numbers of items in ascending order, packed (`ledger.numbers`)."""

disclosure: Final = Table(
    "disclosure",
    metadata,
    number(),
    Column("kind", Text, nullable=False),
    to("account_id", "account"),
    Column("recipient", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    to("release_id", "release"),
    Column("images", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    *chained(),
    Index("ix_disclosure_release_id", "release_id"),
    among("kind", "release", "sample"),
)
"""That an account was given something, for whom and for what. The digest covers the numbers of the images."""

disclosure_chunk: Final = Table(
    "disclosure_chunk",
    metadata,
    to("disclosure_id", "disclosure", key=True),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    Column("items", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""The images of a disclosure that is no whole release."""

search: Final = Table(
    "search",
    metadata,
    number(),
    to("account_id", "account"),
    Column("recipient", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("images", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    *chained(),
)
"""That a photo was looked for on behalf of an account. The digest covers the numbers of the images it was told of."""

search_chunk: Final = Table(
    "search_chunk",
    metadata,
    to("search_id", "search", key=True),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    Column("items", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""The images that a search found. Of the photo itself nothing is kept."""

# --- the log --------------------------------------------------------------------------------------------------------

log_entry: Final = Table(
    "log_entry",
    metadata,
    number(),
    Column("entry", Text, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
)
"""The leaves of the log, in order: one for each transaction that recorded something (`ledger.log`)."""

checkpoint: Final = Table(
    "checkpoint",
    metadata,
    number(),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""Signed checkpoints of the log as they were given out, and as witnesses cosigned them."""

RECORDED: Final = (
    account,
    account_end,
    account_key,
    request,
    request_event,
    legal_order,
    legal_order_end,
    hold,
    hold_target,
    suppression,
    erasure,
    release,
    disclosure,
    search,
)
"""The tables of this file whose rows are chained."""

DERIVED: Final = (hold_reach, suppression_match, hold_progress)
"""The tables of this file whose rows are covered by a checksum."""

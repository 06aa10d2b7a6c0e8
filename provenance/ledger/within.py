"""Asking for the images of some collections that something else names: a list, a hold, a refusal, a copy.

No ledger holds statistics of itself. Without them SQLite takes a collection for a handful of images, goes through all
of it, and looks for each image in the other table, which is mostly empty. So it does where one image is named by its
collection and its key, of which only the current row has an index of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from provenance.ledger import schema


def within(column: sa.ColumnElement[int], numbers: Sequence[int]) -> sa.ColumnElement[bool]:
    """That a column holds one of these numbers, which no index serves: to be tested, not to begin from.

    >>> str(within(schema.item.c.collection_id, [1]).compile(compile_kwargs={"literal_binds": True}))
    'item.collection_id + 0 IN (1)'
    """
    return unindexed(column).in_(numbers)


def unindexed(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """A column as no index serves it: to be compared where another is to begin from."""
    plain: sa.ColumnElement[Any] = column + sa.literal_column("0")
    return plain


def current_within(collections: Sequence[int]) -> sa.ColumnElement[bool]:
    """That a row is a current image of one of these collections.

    To stand beside the condition that names images, by a list of their numbers or contents (`IN`), to begin from.
    """
    return sa.and_(within(schema.item.c.collection_id, collections), schema.item.c.current)

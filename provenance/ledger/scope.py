"""Which images a basis record with a scope of its own reaches. Pure.

A record without a scope reaches every image that shows its person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ITEM = "item"
SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Scope:
    """One entry of a record's scope: a file name, or a prefix of source URLs."""

    record: int
    person: int
    kind: str
    value: str

    def covers(self, file_name: str, source_url: str | None) -> bool:
        """Whether this entry reaches an image.

        >>> Scope(1, 1, SOURCE, "https://a.example/u1/").covers("x.jpg", "https://a.example/u1/7.jpg")
        True
        """
        if self.kind == ITEM:
            return self.value == file_name
        return source_url is not None and source_url.startswith(self.value)


def reached(scopes: Iterable[Scope], people: Iterable[int], file_name: str, source_url: str | None) -> set[int]:
    """The scoped records of these people that reach one image."""
    shown = set(people)
    return {s.record for s in scopes if s.person in shown and s.covers(file_name, source_url)}

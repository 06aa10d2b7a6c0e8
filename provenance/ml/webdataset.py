"""WebDataset: a predicate for `.select`, and shards written anew with nothing in them but what may be used.

A sample is asked for by the SHA-256 of its images' bytes, before anything decodes them. Where shards lie at the path at
which they were gated, asking by name is faster; a shard that has changed since is an error then.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Literal

from provenance.errors import UsageError, VerdictsStale
from provenance.gate.verdicts import Verdicts
from provenance.keys import same_spelling
from provenance.ml.answers import UNSEEN, Answer, Answers, strictest
from provenance.ml.file_state import FileState, state_of
from provenance.sources.interface import MEMBER
from provenance.sources.kinds import is_image_name, looks_like_image

_LOG: Final = logging.getLogger(__name__)
_BETWEEN: Final = MEMBER.decode()
_HEAD: Final = 64


class Allowed:
    """Whether a sample may be used: for `.select`, before `.decode`. Picklable.

    All images of a sample must pass, and a sample without one is left out. `by="name"` asks for shards on a local disk
    by their path and the sample's key, and reads no bytes.

    A sample that the gate has not seen never passes. If it is the first of its shard, and the shard is not one that
    lies as it was gated, then the shard was not gated: UsageError, at once. Otherwise a line in the log names it.
    Raises UsageError too where an image was decoded already; VerdictsStale where `by="name"` meets a shard that is no
    longer the one that was gated.

    >>> import webdataset
    >>> allowed = Allowed(verdicts)
    >>> dataset = webdataset.WebDataset("shards/00000.tar", shardshuffle=False).select(allowed).decode("pil")
    """

    def __init__(self, verdicts: Verdicts, *, by: Literal["bytes", "name"] = "bytes") -> None:
        if by not in ("bytes", "name"):
            raise UsageError(f"by is {by!r}", remedy='give "bytes" or "name"')
        self._answers = Answers.of(verdicts)
        self._by = by
        self._shards = _shards(verdicts)
        self._shard = ""
        self._is_gated = False
        self._met: set[str] = set()
        self._told: set[str] = set()

    def __call__(self, sample: Mapping[str, Any]) -> bool:
        """Whether a sample may be used, as `webdataset` gives it before `.decode`."""
        images = [(name, value) for name, value in sample.items() if _is_image(name, value)]
        if not images:
            return False
        self._enter(sample)
        by_name = self._is_gated and self._by == "name"
        found = self._by_name(sample, images) if by_name else self._by_bytes(images)
        if UNSEEN in found:
            self._tell(sample, is_any_seen=any(answer is not UNSEEN for answer in found))
        else:
            self._met.add(self._shard)
        return strictest(found).may_be_used

    def _by_bytes(self, images: list[tuple[str, Any]]) -> list[Answer]:
        for name, value in images:
            if not isinstance(value, bytes | bytearray | memoryview):
                raise UsageError(
                    f"the image {name} was decoded before the gate was asked", remedy="put .select before .decode"
                )
        return [self._answers.of_bytes(value) for _, value in images]

    def _by_name(self, sample: Mapping[str, Any], images: list[tuple[str, Any]]) -> list[Answer]:
        base = f"{self._shard}{_BETWEEN}{sample['__key__']}"
        if len(images) == 1:
            return [self._answers.of_path(base)]
        return [self._answers.of_path(f"{base}.{name}") for name, _ in images]

    def _enter(self, sample: Mapping[str, Any]) -> None:
        """Note the shard of a sample, and whether it lies, unchanged, where it was gated."""
        shard = str(sample.get("__local_path__") or sample.get("__url__", "")).removeprefix("file:")
        if shard == self._shard:
            return
        known = self._shards.get(same_spelling(shard)) if shard else None
        is_changed = known is not None and known != state_of(shard)
        if is_changed and self._by == "name":
            raise VerdictsStale(f"the shard {shard} has changed since the gate", remedy="scan and gate again")
        self._shard = shard
        self._is_gated = known is not None and not is_changed

    def _tell(self, sample: Mapping[str, Any], *, is_any_seen: bool) -> None:
        """Say that a sample was not seen: the first of a shard that was not gated is an error."""
        shard, key = self._shard or "the stream", sample.get("__key__")
        if not (is_any_seen or self._is_gated or self._shard in self._met):
            raise UsageError(
                f"no path was seen by the gate: {shard} is no shard that was gated, and {key}, its first, is unknown",
                remedy="gate the shard, or leave it out of the dataset",
            )
        if self._shard not in self._told:
            self._told.add(self._shard)
            _LOG.warning(
                "%s of %s was not seen by the gate and may not be used; neither may others like it", key, shard
            )


def _shards(verdicts: Verdicts) -> dict[str, FileState]:
    """The shards that were gated, and how their files lie."""
    found = {one.path.partition(_BETWEEN)[0] for one in verdicts.decided() if MEMBER in one.key}
    return {same_spelling(path): state_of(path) for path in found if os.path.isfile(path)}  # noqa: PTH113


def _is_image(name: str, value: Any) -> bool:
    if name.startswith("__"):
        return False
    return _named_so(name) or (isinstance(value, bytes) and looks_like_image(value[:_HEAD]))


@lru_cache(1_000)
def _named_so(name: str) -> bool:
    return is_image_name(f"x.{name}".encode("utf-8", "surrogateescape"))

"""WebDataset: a predicate for `.select`, and shards written anew with nothing in them but what may be used.

A sample is asked for by the SHA-256 of its images' bytes, before anything decodes them. Where shards lie at the path at
which they were gated, asking by name is faster; a shard that has changed since is an error then.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, Literal

from provenance.errors import UsageError, VerdictsStale
from provenance.gate.verdicts import Verdicts
from provenance.keys import same_spelling
from provenance.ml.answers import GRACE, Answer, Answers, Watch, strictest
from provenance.ml.file_state import FileState, state_of
from provenance.sources.interface import MEMBER
from provenance.sources.kinds import is_image_name, looks_like_image

_BETWEEN: Final = MEMBER.decode()
_HEAD: Final = 64


class Allowed:
    """Whether a sample may be used: for `.select`, or as a stage by `.compose(allowed.stage)`. Picklable.

    All images of a sample must pass, and a sample without one is left out. `by="name"` asks for shards on a local disk
    by their path and the sample's key, and reads no bytes.

    Raises UsageError where the gate has seen nothing of the first 64 images, or with `stage` of all of them, and where
    an image was decoded already; VerdictsStale where a shard is no longer the one that was gated.

    >>> import webdataset
    >>> allowed = Allowed(verdicts)
    >>> dataset = webdataset.WebDataset("shards/00000.tar", shardshuffle=False).select(allowed).decode("pil")
    """

    def __init__(self, verdicts: Verdicts, *, by: Literal["bytes", "name"] = "bytes") -> None:
        if by not in ("bytes", "name"):
            raise UsageError(f"by is {by!r}", remedy='give "bytes" or "name"')
        self._answers = Answers.of(verdicts)
        self._shards = _shards(verdicts) if by == "name" else {}
        self._shard = ""
        self._is_gated = False
        self._watch = Watch("the shards", grace=GRACE)

    def __call__(self, sample: Mapping[str, Any]) -> bool:
        """Whether a sample may be used, as `webdataset` gives it before `.decode`."""
        images = [(name, value) for name, value in sample.items() if _is_image(name, value)]
        if not images:
            return False
        answer = self._by_name(sample, images) if self._lies_where_it_was_gated(sample) else self._by_bytes(images)
        self._watch.note(answer, sample.get("__key__"))
        return answer.may_be_used

    def stage(self, samples: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """The samples that may be used. At the end it is an error if the gate saw none of them."""
        yield from filter(self, samples)
        self._watch.end()

    def _by_bytes(self, images: list[tuple[str, Any]]) -> Answer:
        for name, value in images:
            if not isinstance(value, bytes | bytearray | memoryview):
                raise UsageError(
                    f"the image {name} was decoded before the gate was asked", remedy="put .select before .decode"
                )
        return strictest(self._answers.of_bytes(value) for _, value in images)

    def _by_name(self, sample: Mapping[str, Any], images: list[tuple[str, Any]]) -> Answer:
        base = f"{self._shard}{_BETWEEN}{sample['__key__']}"
        if len(images) == 1:
            return self._answers.of_path(base)
        return strictest(self._answers.of_path(f"{base}.{name}") for name, _ in images)

    def _lies_where_it_was_gated(self, sample: Mapping[str, Any]) -> bool:
        """Whether names vouch for a sample: it comes from a shard that lies, unchanged, where it was gated."""
        if not self._shards:
            return False
        shard = str(sample.get("__local_path__") or sample.get("__url__", "")).removeprefix("file:")
        if shard != self._shard:
            self._shard = shard
            known = self._shards.get(same_spelling(shard)) if shard else None
            if known is not None and known != state_of(shard):
                raise VerdictsStale(f"the shard {shard} has changed since the gate", remedy="scan and gate again")
            self._is_gated = known is not None
        return self._is_gated


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

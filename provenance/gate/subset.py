"""The positions in a dataset whose images may be used. Pure."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from provenance.errors import UsageError
from provenance.gate.image import PASSING
from provenance.gate.recorded import Decided
from provenance.keys import same_spelling


def passing_positions(
    decided: Iterable[Decided], dataset: Any, path_of: Callable[[int], str | os.PathLike[str]] | None
) -> list[int]:
    """The positions whose images may be used. A path that the gate did not see is left out.

    Raises UsageError where it saw none of them, TypeError for a dataset that does not tell its paths.
    """
    place = path_of or paths_of(dataset)
    allowed = {same_spelling(one.path): one.decision in PASSING for one in decided}
    paths = [same_spelling(os.fsdecode(place(index))) for index in range(len(dataset))]
    require_seen(paths, allowed)
    return [index for index, path in enumerate(paths) if allowed.get(path, False)]


def require_seen(names: list[str], seen: Iterable[str]) -> None:
    """Raise UsageError where the gate saw none of these names: a wrong folder must not pass for an empty subset."""
    if names and set(seen).isdisjoint(names):
        raise UsageError(
            f"no path was seen by the gate: none of the dataset's {len(names)} images, such as {names[0]}",
            remedy="gate the folder that the dataset reads, or pass path_of",
        )


def paths_of(dataset: Any) -> Callable[[int], str]:
    """The path of an index, as torchvision's `ImageFolder` and `DatasetFolder` have it. Raises TypeError."""
    samples = getattr(dataset, "samples", None) or getattr(dataset, "imgs", None)
    if samples is None:
        raise TypeError("the dataset has neither `samples` nor `imgs`; pass path_of")
    return lambda index: samples[index][0]

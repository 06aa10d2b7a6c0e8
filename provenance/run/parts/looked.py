"""What parts saw, in place of reading: for an image that lies as it lay then, and where nothing more is asked of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from operator import attrgetter
from typing import Final

from provenance.chunks import bounded
from provenance.run.examine import Seen
from provenance.run.hidden import NOT_COMPARED
from provenance.run.parts.columns import Looked
from provenance.run.parts.take import Parts
from provenance.run.shard import NOT_READ, Task, Work
from provenance.run.told import anonymised_by

_CHUNK: Final = 500


def looked_at(tasks: Iterable[Task], parts: Parts, work: Work) -> Iterator[Task]:
    """The tasks in their order, each with what a part saw of its image; those without are read."""
    for some in bounded(tasks, _CHUNK, attrgetter("length")):
        seen = parts.of_keys(work.source.uri, [task.staged.listed.key for task in some if task.is_read])
        for task in some:
            looked = seen.get(task.staged.listed.key)
            yield replace(task, looked=_seen(looked, task, work)) if looked is not None else task


def _seen(looked: Looked, task: Task, work: Work) -> Seen | None:
    """What reading an image would give, or None where it has to be read."""
    if looked.reading is None or looked.beside == NOT_READ or not looked.is_of(task.staged.listed):
        return None
    # A part was made without the rows, and so without comparing what only a row asks to compare.
    asked = any(signal.name == NOT_COMPARED for signal in looked.signals)
    if asked and anonymised_by(work.sources.stated(task.declared)):
        return None
    return Seen.of(looked.reading, looked.signals, looked.beside)

"""Whatever a caller gives as `progress=`, as the observer that the work reports to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol, TypeAlias

from provenance.errors import UsageError
from provenance.run.progress import Progress, Silent


class TqdmLike(Protocol):
    """A bar in the shape of tqdm's, such as one of `tqdm.auto`, which shows itself in notebooks."""

    total: Any

    def update(self, n: int = 1) -> Any:
        """So many more are done."""

    def set_description(self, desc: str) -> Any:
        """What is being done."""


Watching: TypeAlias = bool | Progress | TqdmLike | type[Any] | Callable[[str, int, int | None], Any] | None
"""True for a bar, the class `tqdm` or one of its bars, a callable of (task, done, total), or an observer of one's own.

None and False stand for no report; `total` is None while it is unknown.
"""


@contextmanager
def observer(given: Watching) -> Iterator[Progress]:
    """The observer that a `progress=` argument stands for. Raises UsageError for what is none.

    >>> steps = []
    >>> with observer(lambda task, done, total: steps.append((task, done, total))) as progress:
    ...     progress.begin("reading images", 2)
    ...     progress.advance(2)
    ...     progress.end()
    >>> steps
    [('reading images', 0, 2), ('reading images', 2, 2)]
    """
    if given is None or given is False:
        yield Silent()
    elif given is True:
        from provenance.run.bar import Bar

        with Bar() as bar:
            yield bar
    elif all(hasattr(given, name) for name in ("begin", "advance", "end")):
        yield given  # type: ignore[misc] # it has the methods
    elif isinstance(given, type) and hasattr(given, "update"):
        yield _OwnBars(given)
    elif hasattr(given, "update"):
        yield _GivenBar(given)
    elif callable(given):
        yield _Told(given)
    else:
        raise UsageError(f"progress cannot be {given!r:.80}", remedy="give True, tqdm, or a callable")


class _OwnBars:
    """A new bar of a class such as `tqdm` for every task."""

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make: Final = make
        self._bar: Any = None

    def begin(self, task: str, total: int | None) -> None:
        self.end()
        self._bar = self._make(total=total, desc=task)

    def advance(self, count: int = 1) -> None:
        if self._bar is not None:
            self._bar.update(count)

    def end(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class _GivenBar:
    """One bar for all tasks; whoever gave it closes it."""

    def __init__(self, bar: Any) -> None:
        self._bar: Final = bar

    def begin(self, task: str, total: int | None) -> None:
        if hasattr(self._bar, "reset"):
            self._bar.reset(total=total)
        self._bar.set_description(task)

    def advance(self, count: int = 1) -> None:
        self._bar.update(count)

    def end(self) -> None:
        """It stays as it is."""


class _Told:
    """Tells a callable, as often as something is done."""

    def __init__(self, tell: Callable[[str, int, int | None], Any]) -> None:
        self._tell: Final = tell
        self._task = ""
        self._total: int | None = None
        self._done = 0

    def begin(self, task: str, total: int | None) -> None:
        self._task, self._total, self._done = task, total, 0
        self._tell(task, 0, total)

    def advance(self, count: int = 1) -> None:
        self._done += count
        self._tell(self._task, self._done, self._total)

    def end(self) -> None:
        """The last report said it."""

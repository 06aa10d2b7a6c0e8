"""The bytes that readers hold at once never exceed the budget, and nobody waits for ever."""

import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.budget import Budget, default_limit, usable_memory


@given(st.integers(1, 50), st.lists(st.integers(0, 50), max_size=30))
def test_what_is_held_together_fits_or_is_one_alone(limit: int, sizes: list[int]) -> None:
    budget = Budget(limit)
    taken = [size for size in sizes if budget.try_take(size)]
    assert budget.held == sum(taken)
    assert budget.held <= limit or [size for size in taken if size][1:] == []
    for size in taken:
        budget.give(size)
    assert budget.held == 0


@given(st.lists(st.integers(1, 20), min_size=1, max_size=12))
def test_threads_wait_for_room_and_all_come_through(sizes: list[int]) -> None:
    budget = Budget(10)
    seen: list[int] = []

    def read(size: int) -> None:
        with budget.hold(size):
            seen.append(budget.held)

    threads = [threading.Thread(target=read, args=(size,)) for size in sizes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(seen) == len(sizes)
    assert all(held <= 10 or held in sizes for held in seen)
    assert budget.held == 0


def test_a_full_budget_is_waited_for() -> None:
    budget = Budget(10)
    budget.take(10)
    came = threading.Event()
    waiting = threading.Thread(target=lambda: (budget.take(1), came.set()))
    waiting.start()
    assert not came.wait(0.05)
    budget.give(10)
    assert came.wait(30)
    waiting.join()


def test_a_budget_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one byte"):
        Budget(0)


def test_a_limit_that_was_set_on_the_process_counts() -> None:
    resource = pytest.importorskip("resource")
    limit = min(1 << 30, usable_memory())
    code = "from provenance.budget import default_limit; print(default_limit())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (limit, limit)),
    )
    assert int(done.stdout) == max(limit // 4, 64 << 20)
    assert default_limit() <= usable_memory()

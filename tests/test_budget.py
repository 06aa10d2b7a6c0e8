"""The bytes that are held at once never exceed the budget, save by one file alone."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.budget import Budget, default_limit, usable_memory


@given(st.integers(1, 50), st.lists(st.integers(0, 50), max_size=30))
def test_what_is_held_together_fits_or_is_one_alone(limit: int, sizes: list[int]) -> None:
    budget = Budget(limit)
    held: list[int] = []
    for size in sizes:
        if budget.try_take(size):
            held.append(size)
            assert sum(held) <= limit or [one for one in held if one] == [size]
        else:
            assert sum(held) + size > limit
            budget.give(held.pop(0))
    for size in held:
        budget.give(size)
    assert budget.try_take(limit)
    assert not budget.try_take(1)


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

"""Many images: the order is kept, memory is bounded, no image is lost, whatever happens to a worker."""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.fingerprint import pool
from provenance.fingerprint.pool import WINDOW, read_many
from provenance.fingerprint.read import read_image
from provenance.fingerprint.stderr import c_stderr_discarded
from provenance.fingerprint.wanted import Wanted
from provenance.model import ProblemKind


@given(delays=st.lists(st.sampled_from([0, 0, 0, 0.002, 0.004]), max_size=40), workers=st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_the_order_is_that_of_the_jobs(delays, workers):
    def job(number, delay):
        def fetch():
            time.sleep(delay)
            return b"%d" % number

        return number, fetch

    found = list(read_many([job(n, delay) for n, delay in enumerate(delays)], workers=workers))
    assert [key for key, _ in found] == list(range(len(delays)))
    assert [reading.sha256 for _, reading in found] == [hashlib.sha256(b"%d" % n).digest() for n in range(len(delays))]


@pytest.mark.parametrize("processes", [False, True])
def test_no_more_than_the_window_is_taken_ahead(processes):
    taken = []

    def jobs():
        for number in range(100):
            taken.append(number)
            yield number, lambda: b"x"

    readings = read_many(jobs(), workers=2, processes=processes)
    assert taken == []
    for done in range(20):
        next(readings)
        assert len(taken) <= done + 2 * WINDOW
    readings.close()
    assert len(taken) < 100


@pytest.mark.parametrize("processes", [False, True])
def test_large_files_shrink_the_window(monkeypatch, processes):
    """Whoever keeps the bytes until a reading was dealt with, as a scan does, never has more than the bound and one."""
    monkeypatch.setattr(pool, "MAX_WINDOW_BYTES", 1000)
    kept: dict[int, int] = {}
    most = []

    def job(number):
        def fetch():
            kept[number] = 600
            most.append(sum(kept.values()))
            return b"x" * 600

        return number, fetch

    done = 0
    for number, reading in read_many(map(job, range(40)), workers=4, processes=processes):
        assert (number, reading.size) == (done, 600)
        time.sleep(0.001)
        del kept[number]
        done += 1
    assert done == 40
    assert 600 < max(most) <= 1000 + 600


def test_a_file_beyond_the_bound_is_read_on_its_own(monkeypatch):
    monkeypatch.setattr(pool, "MAX_WINDOW_BYTES", 1000)
    sizes = [10, 5000, 10, 5000, 5000, 10]
    jobs = [(n, lambda size=size: b"x" * size) for n, size in enumerate(sizes)]
    assert [reading.size for _, reading in read_many(jobs, workers=3)] == sizes


def test_whoever_stops_while_threads_wait_for_room_is_not_held_up(monkeypatch):
    monkeypatch.setattr(pool, "MAX_WINDOW_BYTES", 100)
    before = threading.active_count()
    readings = read_many(((n, lambda: b"x" * 200) for n in range(50)), workers=4)
    next(readings)
    readings.close()
    assert threading.active_count() == before


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(exact=True, windows=False)])
def test_threads_and_processes_say_the_same(picture, encode, wanted):
    data = [encode(picture(seed=seed), format_) for seed in (1, 2) for format_ in ("JPEG", "PNG", "WEBP")]
    data += [b"", b"nothing", data[0][:5000]]
    expected = [read_image(one, wanted) for one in data]
    for processes in (False, True):
        jobs = [(n, lambda one=one: one) for n, one in enumerate(data)]
        found = list(read_many(jobs, workers=2, processes=processes, wanted=wanted))
        assert found == list(enumerate(expected))


@pytest.mark.parametrize("processes", [False, True])
def test_what_cannot_be_fetched_is_a_finding(tmp_path, processes):
    def forbidden():
        raise PermissionError(13, "Permission denied", "a.jpg")

    def broken_archive():
        raise EOFError("Compressed file ended\nbefore the end-of-stream marker was reached")

    jobs = [
        ("missing", (tmp_path / "no.jpg").read_bytes),
        ("folder", tmp_path.read_bytes),
        ("forbidden", forbidden),
        ("archive", broken_archive),
    ]
    found = dict(read_many(jobs, workers=2, processes=processes))
    assert {key: reading.problem.kind for key, reading in found.items()} == {
        "missing": ProblemKind.MISSING,
        "folder": ProblemKind.NOT_A_FILE if sys.platform != "win32" else ProblemKind.IO_ERROR,
        "forbidden": ProblemKind.IO_ERROR,
        "archive": ProblemKind.IO_ERROR,
    }
    assert all(reading.sha256 == b"" and not reading.fingerprints for reading in found.values())
    assert "\n" not in found["archive"].problem.detail


def test_an_error_of_the_jobs_themselves_is_raised():
    def jobs():
        yield 1, lambda: b"x"
        raise RuntimeError("the listing broke")

    with pytest.raises(RuntimeError, match="the listing broke"):
        list(read_many(jobs(), workers=2))


def test_fewer_than_one_worker_is_refused():
    with pytest.raises(ValueError, match="at least one worker"):
        read_many([], workers=0)


def test_stopping_early_leaves_no_thread_behind():
    before = threading.active_count()
    readings = read_many(((n, lambda: b"x") for n in range(100)), workers=3)
    next(readings)
    readings.close()
    assert threading.active_count() == before


class Crashing(bytes):
    """Bytes whose arrival ends the worker, as a fault in a C decoder would."""

    def __reduce__(self):
        return os._exit, (139,)


def test_a_crash_costs_one_image(picture, encode):
    good = encode(picture(), "JPEG")
    data = [good, Crashing(b"\xff\xd8\xff bad"), good, good, Crashing(b"worse"), good]
    found = [reading for _, reading in read_many([(0, lambda one=one: one) for one in data], workers=2, processes=True)]
    assert [reading.problem is None for reading in found] == [True, False, True, True, False, True]
    assert found[1].problem.kind is ProblemKind.DAMAGED
    assert found[1].format == "JPEG"
    assert found[4].sha256 == hashlib.sha256(b"worse").digest()


NOISY = """
    import os, sys
    from provenance.fingerprint.stderr import c_stderr_discarded

    with c_stderr_discarded():
        os.write(2, b"from C\\n")
        print("from Python", file=sys.stderr)
    os.write(2, b"after\\n")
    print("Python after", file=sys.stderr)
"""


def test_c_code_is_silenced_and_python_is_not():
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(NOISY)], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines() == ["from Python", "after", "Python after"]


def test_a_stream_of_ones_own_is_left_alone(capsys):
    own = sys.stderr
    with c_stderr_discarded():
        assert sys.stderr is own
        sys.stderr.write("heard\n")
    assert capsys.readouterr().err == "heard\n"


CHATTER = """
    import io, sys
    from PIL import Image
    from provenance.fingerprint.pool import read_many

    if __name__ == "__main__":
        data = bytes.fromhex(sys.argv[1])
        found = list(read_many([(1, lambda: data)], workers=1, processes=sys.argv[2] == "processes"))
        print(found[0][1].problem.kind)
"""


def test_libtiff_is_quiet_in_worker_processes(picture, encode, tmp_path):
    data = bytearray(encode(picture(16, 16), "TIFF", compression="tiff_adobe_deflate"))
    (strip,) = struct.unpack_from("<L", data, data.index(struct.pack("<HHL", 273, 4, 1)) + 8)
    data[strip + 2 : strip + 12] = b"\xff" * 10
    script = tmp_path / "chatter.py"
    script.write_text(textwrap.dedent(CHATTER))
    chatter = {}
    for way in ("threads", "processes"):
        done = subprocess.run(
            [sys.executable, script, data.hex(), way],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        )
        assert done.stdout.strip() == "DAMAGED"
        chatter[way] = done.stderr
    assert chatter["processes"] == ""
    assert "ZIPDecode" in chatter["threads"]  # the file does make libtiff speak

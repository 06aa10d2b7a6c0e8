"""What C libraries write to standard error is discarded where that is asked for, and nothing else is."""

from __future__ import annotations

import subprocess
import sys
import textwrap

from provenance.fingerprint.stderr import c_stderr_discarded

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

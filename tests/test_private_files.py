"""Files of one's own: made for nobody else, refused where others may write them, and cleaned up after the dead."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from provenance.errors import UntrustedFile
from provenance.private_files import create, create_folder, require_own, working_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no POSIX modes here")


@pytest.fixture(params=[0o000, 0o022, 0o277, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_and_folder_are_their_owners_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    os.close(create(tmp_path / "file"))
    create_folder(tmp_path / "one" / "two")
    assert mode(tmp_path / "file") == 0o600
    assert mode(tmp_path / "one") == mode(tmp_path / "one" / "two") == 0o700


def test_nothing_is_made_where_a_link_lies(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "link").symlink_to("victim")
    with pytest.raises(FileExistsError):
        create(tmp_path / "link")
    assert (tmp_path / "victim").read_text() == "precious"


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir(mode=0o755)
    create_folder(tmp_path / "there")
    assert mode(tmp_path / "there") == 0o755


@pytest.mark.parametrize("bits", [0o600, 0o400, 0o644, 0o640])
def test_a_file_that_others_may_only_read_is_believed(tmp_path: Path, bits: int) -> None:
    path = tmp_path / "ledger.db"
    path.touch()
    path.chmod(bits)
    require_own(path, "the ledger")


@pytest.mark.parametrize("bits", [0o602, 0o622, 0o666, 0o777])
def test_a_file_that_everybody_may_write_is_refused(tmp_path: Path, bits: int) -> None:
    path = tmp_path / "ledger.db"
    path.touch()
    path.chmod(bits)
    with pytest.raises(UntrustedFile, match=r"ledger\.db"):
        require_own(path, "the ledger")


def test_a_file_of_a_foreign_group_is_refused(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root may give files away")
    path = tmp_path / "ledger.db"
    path.touch()
    os.chown(path, 0, 12345)
    path.chmod(0o660)
    with pytest.raises(UntrustedFile, match="group 12345"):
        require_own(path, "the ledger")


def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root may give files away")
    path = tmp_path / "ledger.db"
    path.touch()
    os.chown(path, 12345, 12345)
    with pytest.raises(UntrustedFile, match="another user"):
        require_own(path, "the ledger")


def test_a_folder_in_which_others_may_replace_the_file_is_refused_unless_it_is_sticky(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    path = folder / "ledger.db"
    path.touch()
    folder.chmod(0o777)
    with pytest.raises(UntrustedFile, match="folder"):
        require_own(path, "the ledger")
    folder.chmod(0o1777)
    require_own(path, "the ledger")


def test_a_link_is_looked_at_where_it_lies_and_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "ledger.db").touch()
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    (open_to_all / "ledger.db").symlink_to(tmp_path / "real" / "ledger.db")
    with pytest.raises(UntrustedFile):
        require_own(open_to_all / "ledger.db", "the ledger")


def test_what_is_not_there_yet_is_nobodys_fault(tmp_path: Path) -> None:
    require_own(tmp_path / "nothing" / "here", "the ledger")


# --- working folders -------------------------------------------------------------------------------------------------

HOLD = """
import sys
from provenance.private_files import working_folder
with working_folder() as folder:
    (folder / "data").write_text("x")
    print(folder, flush=True)
    sys.stdin.read()
"""


def hold(place: Path) -> tuple[subprocess.Popen[str], Path]:
    env = {**os.environ, "TMPDIR": str(place)}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_a_working_folder_is_private_and_goes_with_its_run(place: Path) -> None:
    with working_folder() as folder:
        assert mode(folder) == 0o700
        assert folder.parent == place
    assert list(place.iterdir()) == []


def test_what_a_killed_run_left_is_removed_by_the_next_and_what_a_living_one_has_is_not(place: Path) -> None:
    killed, dead = hold(place)
    living, alive = hold(place)
    killed.kill()
    killed.wait()
    assert dead.is_dir()
    with working_folder():
        assert not dead.exists()
        assert (alive / "data").read_text() == "x"
    living.communicate("")
    assert list(place.iterdir()) == []


def test_what_is_not_of_this_user_or_not_ours_stays(place: Path) -> None:
    theirs, link, other = place / "provenance-run-theirs", place / "provenance-run-link", place / "something-else"
    for folder in (theirs, other):
        folder.mkdir()
    link.symlink_to(other)
    if os.geteuid() == 0:
        os.chown(theirs, 12345, 12345)
    else:
        theirs.rmdir()
    with working_folder():
        assert other.is_dir()
        assert link.is_symlink()
        assert theirs.is_dir() or os.geteuid()


def test_a_folder_that_is_just_being_made_is_left_for_an_hour(place: Path) -> None:
    unborn = place / "provenance-new-abc"
    unborn.mkdir()
    with working_folder():
        assert unborn.is_dir()
    old = time.time() - 7200
    os.utime(unborn, (old, old))
    with working_folder():
        assert not unborn.exists()

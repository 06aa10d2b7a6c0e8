"""Disks that are full or read-only, for real."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """`disk(options)` mounts a small disk in memory, or mounts it anew with other options; gives its folder."""
    folder = tmp_path / "disk"
    mounted = False

    def mount(options: str) -> Path:
        nonlocal mounted
        if not sys.platform.startswith("linux") or os.geteuid() != 0:
            pytest.skip("only root may mount a disk")
        folder.mkdir(exist_ok=True)
        wanted = f"remount,{options}" if mounted else options
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", wanted, "tmpfs", folder], capture_output=True, text=True)
        if done.returncode and not mounted:
            pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
        assert done.returncode == 0, done.stderr
        mounted = True
        return folder

    yield mount
    if mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)

"""Flags of `os.open` that some systems lack, where they are nothing: then what they guard against is not guarded."""

from __future__ import annotations

import os
from typing import Final

DIRECTORY: Final[int] = getattr(os, "O_DIRECTORY", 0)
"""Fail on what is no folder."""
NOFOLLOW: Final[int] = getattr(os, "O_NOFOLLOW", 0)
"""Fail on a link."""
NONBLOCK: Final[int] = getattr(os, "O_NONBLOCK", 0)
"""Do not wait for the other end of a pipe."""
NOCTTY: Final[int] = getattr(os, "O_NOCTTY", 0)
"""Do not take a terminal."""
CLOEXEC: Final[int] = getattr(os, "O_CLOEXEC", 0)
"""Do not hand the file to other programs."""

"""The options of the command that stand in `[tool.provenance]` of a `pyproject.toml`, beside the gate context."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

from provenance.errors import ContextError
from provenance.files import open_regular

OPTIONS: Final = (
    "ledger", "manifest", "records", "as", "columns", "evidence_folder", "packs", "waivers", "fail_on", "format",
    "output", "workers", "engine", "address", "memory", "people", "exact", "windows", "all_frames", "pdq", "exclude",
    "show", "quiet", "verbose",
)  # fmt: skip
"""Keys that are options of the command and no part of the context; a `-` in a key is as good as a `_`."""

_MAX_BYTES: Final = 1 << 20


def is_option(key: str, value: object) -> bool:
    """Whether a key is an option of the command. A table `columns` is none, but the map itself.

    >>> is_option("fail-on", "block"), is_option("purpose", "MODEL_TRAINING"), is_option("columns", {})
    (True, False, False)
    """
    return key.replace("-", "_") in OPTIONS and not (key == "columns" and isinstance(value, dict))


def read_table(path: Path) -> dict[str, Any]:
    """The table `[tool.provenance]`, empty where there is none. Raises ContextError for a file that is not sound."""
    try:
        with open_regular(path) as file:
            values = tomllib.loads(file.read(_MAX_BYTES).decode("utf-8-sig"))
    except OSError as error:
        raise ContextError(f"{path} cannot be read: {error.strerror or error}", remedy="check the path") from error
    except (ValueError, RecursionError) as error:
        raise ContextError(f"{path} is not sound: {str(error)[:200]}", remedy="correct it and run again") from error
    tool = values.get("tool", {})
    table = tool.get("provenance", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise ContextError(f"{path}: tool.provenance must be a table", remedy="write [tool.provenance] above its keys")
    return table


def read_options(path: Path) -> dict[str, Any]:
    """The options that the table gives, by their names with `_`. Raises ContextError."""
    found = {key.replace("-", "_"): value for key, value in read_table(path).items() if is_option(key, value)}
    for key, value in found.items():
        texts = value if isinstance(value, list) else [value]
        if not all(isinstance(text, str | int | bool) for text in texts):
            raise ContextError(f"{path}: {key}: a text, a number, true or false is needed", remedy="correct it")
    return found

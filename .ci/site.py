"""What the documentation site makes of our sources: fences that mkdocs knows, and docstrings with their sessions."""

from __future__ import annotations

import re
from typing import Any

import griffe

_FENCE = re.compile(r"^(```\w+) \w+$", re.MULTILINE)
_DOCTEST = re.compile(r"(?:^|(?<=\n\n))(>>> .*?)(?=\n\n|\Z)", re.DOTALL)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Blocks whose second word tells the tests how they are read (`jsonl manifest`), as the site shows them."""
    return _FENCE.sub(r"\1", markdown)


class LinesOfUse(griffe.Extension):
    """Shows the lines of use in docstrings as sessions, and not as quotations of quotations."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Put fences around every doctest of one docstring."""
        if obj.docstring is not None:
            obj.docstring.value = _DOCTEST.sub(_session, obj.docstring.value)


def _session(found: re.Match[str]) -> str:
    lines = re.sub(r"  # doctest: .*$", "", found[1], flags=re.MULTILINE)
    return f"```pycon\n{lines}\n```"

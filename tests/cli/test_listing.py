"""Commands that list something: `jsonl` is a line each, `json` one list, and both hold the same."""

from __future__ import annotations

import json

import pytest


@pytest.mark.parametrize("words", ["ls", "find photos/a.png photos/b.png", "duplicates", "lists show"])
@pytest.mark.parametrize("images", [2, 0], ids=["some", "none"])
def test_json_is_one_list_of_what_jsonl_has(workspace, words, images):
    data = workspace.add("a.png").read_bytes()
    workspace.add("b.png", data)
    assert workspace.run(*workspace.scan_arguments()).status == 0
    if not images:
        for name in ("a.png", "b.png"):
            (workspace.photos / name).unlink()
        workspace.run(*workspace.scan_arguments())
        for name in ("a.png", "b.png"):
            workspace.add(name, data)
    arguments = [*words.split(), "--ledger", workspace.ledger, "--format"]
    lines = [json.loads(line) for line in workspace.run(*arguments, "jsonl").out.splitlines()]
    assert json.loads(workspace.run(*arguments, "json").out) == lines
    assert workspace.run(*arguments, "text").out == workspace.run(*arguments, "table").out

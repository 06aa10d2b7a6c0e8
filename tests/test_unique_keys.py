"""JSON of strangers is heard whole: what says one key twice says nothing, whichever of the two comes last."""

from __future__ import annotations

import io
import json
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

import provenance as pv
from provenance.signals.embedded import read_embedded
from provenance.signals.web.tdmrep import read_file as read_tdmrep
from provenance.unique_keys import json_value

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(_VALUES)
def test_what_says_each_key_once_is_read_as_it_is(value: object) -> None:
    assert json_value(json.dumps(value)) == value


@given(st.text(), _VALUES, _VALUES, st.dictionaries(st.text(), _VALUES))
def test_what_says_one_twice_is_not_read_wherever_it_stands(
    key: str, first: object, last: object, others: dict[str, object]
) -> None:
    pairs = [(key, first), *((name, value) for name, value in others.items() if name != key), (key, last)]
    text = "{" + ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in pairs) + "}"
    for whole in (text, f"[{text}]", '{"headers": ' + text + "}"):
        with pytest.raises(ValueError, match="stands twice"):
            json_value(whole)


REFUSES_THEN_NOT = [
    '{"headers": {"X-Robots-Tag": "noai", "X-Robots-Tag": "all"}}',
    '{"headers": {"X-Robots-Tag": "noai"}, "headers": {}}',
    '{"html": "<meta name=robots content=noai>", "html": ""}',
    '{"tdmrep": [{"location": "/", "tdm-reservation": 1, "tdm-reservation": 0}]}',
]
SOUND = [
    '{"headers": {"X-Robots-Tag": "all"}}',
    '{"headers": {}, "html": ""}',
    '{"tdmrep": [{"location": "/", "tdm-reservation": 0}, {"location": "/a", "tdm-reservation": 0}]}',
]


@pytest.mark.parametrize("page", [*REFUSES_THEN_NOT, *SOUND])
def test_a_captured_page_does_not_take_its_refusal_back(workspace, image, row, page):
    workspace.add("a.png", image(1))
    (workspace.root / "page.json").write_text(page)
    workspace.declare([row("a.png", web_evidence="page.json")])
    with pv.open(workspace.ledger) as ledger:
        verdicts = ledger.gate(workspace.photos, manifest=workspace.manifest, purpose="MODEL_TRAINING")
        assert verdicts.passed() is (page in SOUND)


def test_a_reservation_is_not_taken_back_in_its_own_file():
    """As text, which a capture may hold instead of its values."""
    rules = '[{"location": "/", "tdm-reservation": 1, "tdm-reservation": 0}]'
    assert [found.subject.value for found in read_tdmrep(rules, url="https://a.example/1.jpg")] == ["UNREADABLE"]


@pytest.mark.parametrize(("last", "passes"), [(', "license": "CC0-1.0"', False), ("", True)])
def test_a_sidecar_of_a_program_does_not_take_its_refusal_back(last, passes, image):
    said = "no AI training" if last else "CC0-1.0"
    sidecar = f'{{"license": "{said}"{last}}}'
    found = read_embedded(image(1), sidecars={"a.json": sidecar.encode()})
    assert any(signal.subject.value == "UNREADABLE" for signal in found) is not passes


@pytest.mark.parametrize(("last", "passes"), [(', "caption": "a hill"', False), ("", True)])
def test_a_row_in_a_shard_does_not_take_its_words_back(workspace, image, row, last, passes):
    caption = "not for AI training" if last else "a hill"
    said = f'{{"caption": "{caption}"{last}}}'
    with tarfile.open(workspace.photos / "s.tar", "w") as tar:
        for name, data in (("p.png", image(1)), ("p.json", said.encode())):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    workspace.declare([row("s.tar::p")])
    with pv.open(workspace.ledger) as ledger:
        verdicts = ledger.gate(workspace.photos, manifest=workspace.manifest, purpose="MODEL_TRAINING")
        assert verdicts.passed() is passes

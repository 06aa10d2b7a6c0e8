"""The HTML report: loads nothing, believes no name, hides what has to be hidden, and stays small."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from provenance.report import html, thumbnails
from provenance.report.gate_report import GateReport
from provenance.report.html import write_html

LIMIT = 3_000_000


class Page(HTMLParser):
    """What a browser would see: every tag with its attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def pictures(self) -> list[str]:
        """The alternative texts of the thumbnails."""
        return [attributes["alt"] or "" for tag, attributes in self.tags if tag == "img"]


def page_of(report: GateReport) -> Page:
    out = io.StringIO()
    write_html(report, out)
    assert len(out.getvalue().encode()) < LIMIT
    return Page(out.getvalue())


def test_it_loads_nothing_and_runs_nothing(report: GateReport) -> None:
    page = page_of(report)
    assert {tag for tag, _ in page.tags}.isdisjoint(
        {"script", "link", "iframe", "object", "embed", "base", "form", "a"}
    )
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        assert all((attributes.get(name) or "data:").startswith("data:") for name in ("src", "href", "srcset"))
    (policy,) = [a["content"] for _, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_hostile_names_are_text(report: GateReport) -> None:
    page = page_of(report)
    assert "<script>alert(1)</script>.png" in page.text
    assert "\\x1b[2J\\x07bell.png" in page.text
    assert "bidi\\u202egnp.png" in page.text


def test_it_draws_every_chart_and_shows_what_may_not_be_used(report: GateReport) -> None:
    page = page_of(report)
    labels = [attributes["aria-label"] or "" for tag, attributes in page.tags if tag == "svg"]
    assert [label.split(":")[0] for label in labels] == [
        "By reason",
        "By basis",
        "By jurisdiction",
        "By source",
        "By age",
    ]
    assert len(page.pictures) == 9
    assert "good.png" not in page.pictures
    assert "The refusal of \\x1b[31mR-7 reaches nothing." in page.text
    assert "approved by" in page.text


def test_without_a_ledger_there_is_still_a_report(report: GateReport) -> None:
    page = page_of(GateReport(report.verdicts))
    assert page.pictures == []
    assert "unsure.png" in page.text


def quarantine(ledger: Any, file: Path, listed: Path) -> None:
    from hashlib import sha256

    listed.write_text(sha256(file.read_bytes()).hexdigest() + "\n")
    ledger.add_list(listed, kind="sha256", purpose="illegal")


def test_a_quarantined_picture_is_never_opened_and_never_shown(
    report: GateReport, workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = report.ledger
    assert ledger is not None
    quarantine(ledger, workspace.photos / "unsure.png", workspace.root / "hashes.txt")
    opened = []
    real = thumbnails.small
    monkeypatch.setattr(thumbnails, "small", lambda data, **how: opened.append(data) or real(data, **how))
    verdicts = ledger.gate(workspace.photos, purpose="MODEL_TRAINING")
    page = page_of(GateReport(verdicts, ledger=ledger, shown=frozenset({"minors", "sensitive"})))
    assert (workspace.photos / "unsure.png").read_bytes() not in opened
    assert "unsure.png" not in page.pictures
    assert "ILLEGAL_CONTENT_SUSPECTED" in page.text
    assert len(page.pictures) == 8


def test_a_picture_that_was_changed_since_is_not_shown(report: GateReport, workspace: Any) -> None:
    workspace.add("unsure.png", workspace.add("other.png").read_bytes() + b"\0")
    assert "unsure.png" not in page_of(report).pictures


@pytest.fixture
def minor(workspace: Any, row: Any) -> Any:
    """A picture of a child without a guardian's consent."""
    import provenance as pv

    workspace.add("child.png")
    child = {"ref": "p1", "identifiable": True, "age": 9, "jurisdictions": ["CA"]}
    workspace.declare([row("child.png", persons_status="PRESENT", persons=[child], persons_determined_by=None)])
    with pv.open(workspace.ledger) as ledger:
        ledger.scan(workspace.photos, manifest=workspace.manifest, workers=1)
        yield ledger, ledger.gate(workspace.photos, purpose="MODEL_TRAINING")


def test_a_minors_picture_is_left_out_and_blurred_where_it_is_asked_for(minor: Any) -> None:
    ledger, verdicts = minor
    assert page_of(GateReport(verdicts, ledger=ledger)).pictures == []
    asked = page_of(GateReport(verdicts, ledger=ledger, shown=frozenset({"minors"})))
    assert asked.pictures == ["blurred: child.png"]
    assert page_of(GateReport(verdicts, ledger=ledger, shown=frozenset({"sensitive"}))).pictures == []


def test_blurring_leaves_no_detail() -> None:
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(1)
    out = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (96, 96, 3), np.uint8)).save(out, "PNG")
    spread = []
    for blurred in (False, True):
        small = thumbnails.small(out.getvalue(), side=96, quality=45, blurred=blurred)
        assert small is not None
        spread.append(np.asarray(Image.open(io.BytesIO(small)).convert("L"), np.float64).std())
    assert spread[1] < spread[0] / 5


def test_a_thumbnail_has_no_metadata(workspace: Any) -> None:
    from PIL import Image

    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "somebody's name"
    Image.new("RGB", (200, 100), "red").save(out, "JPEG", exif=exif)
    small = thumbnails.small(out.getvalue(), side=96, quality=45, blurred=False)
    assert small is not None
    assert b"somebody" not in small
    assert Image.open(io.BytesIO(small)).size == (96, 48)


def test_thumbnails_stop_at_their_number_and_their_weight_and_the_rest_is_listed(
    report: GateReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnails, "MOST", 4)
    page = page_of(report)
    assert len(page.pictures) == 4
    monkeypatch.setattr(thumbnails, "BYTES", 1)
    page = page_of(report)
    assert page.pictures == []
    assert page.text.count("PERSON_STATUS_UNKNOWN") + page.text.count("SOURCE_MISSING") >= 9


def test_a_page_of_the_greatest_size_stays_under_three_megabytes(
    report: GateReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names and sentences at their longest, as many as are listed, and thumbnails up to their weight."""
    from dataclasses import replace

    first = next(v for v in report.verdicts if v.item == "unsure.png")
    long = [replace(first, item="x" * 4000, collection="c" * 300) for _ in range(thumbnails.MOST + html.ROWS + 500)]
    monkeypatch.setattr(html, "worst", lambda _report, most: long[:most])
    one = thumbnails.Thumbnail(first, "data:image/webp;base64," + base64.b64encode(bytes(2600)).decode(), blurred=False)
    made = [replace(one, verdict=long[0]) for _ in range(thumbnails.BYTES // 2600)]
    monkeypatch.setattr(html, "thumbnails", lambda _report, flagged: (made, list(flagged)))
    out = io.StringIO()
    write_html(report, out)
    assert len(out.getvalue().encode()) < LIMIT
    assert len(re.findall("<img ", out.getvalue())) == len(made)

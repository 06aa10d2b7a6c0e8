"""Reports: their figures against what was done, and the fields of forms against what their sources ask."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest

import provenance as pv
from provenance.errors import NothingToCheck, UsageError
from provenance.printable import from_csv_cell
from provenance.report import figures as writing
from provenance.rights.about import About
from provenance.rights.figures import Figure, Figures
from provenance.rights.forms import Answer, FormKind, filled, load_form
from provenance.rights.reporting import Report

from .conftest import People
from .test_assessments import assess
from .test_breaches import breach
from .test_erasure import problems
from .test_orders import order
from .test_releases import release
from .test_requests import ask

NOW = datetime.now(UTC)


def test_the_figures_are_those_of_what_was_done(people: People) -> None:
    rights = people.ledger.rights
    (people.photos / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    rows = people.rows()
    rows[4] = people.shows("b0.png", "p3")
    rows[4]["persons"][0].update(age=9, age_status="MINOR_VERIFIED")
    people.scan([*rows, people.shows("bad.png")])
    release(people)
    rights.open_account("lab", "person", by="AB")
    rights.disclose("faces-1", account="lab", recipient="Lab", purpose="MODEL_TRAINING", jurisdiction="CA", by="AB")
    received = datetime.now(UTC) - timedelta(days=20)
    late = rights.file("restrict", About(items=("n0.png",)), requester="T", by="AB", received_at=received)
    rights.answer(late.request.ref, by="AB", note="letter")
    rights.file("restrict", About(items=("n1.png",)), requester="T", by="AB", received_at=received)
    order(people, items=("n1.png",))
    filed = ask(people, "erase", items=("a3.png",))
    rights.erase(filed.request.ref, by="AB")

    found = told(people)
    out = io.StringIO()
    writing.write_json(found, out)
    figures = json.loads(out.getvalue())["figures"]
    assert figures["images"] == {"held": 10, "collections": 1}
    assert figures["images by age of the youngest person"] == {
        "adult": 6,
        "nobody shown": 3,
        "minor": 1,
    }
    assert figures["images by basis"]["EXPLICIT_CONSENT"] == 6
    assert figures["images by source"] == {"photos.example": 10}
    assert sum(figures["not read or not looked into"].values()) == 1
    assert figures["requests: restrict"] == {
        "received": 2,
        "answered": 1,
        "open": 1,
        "overdue": 1,
        "days to an answer, median": 20.0,
        "days to an answer, most": 20,
    }
    assert figures["erasures"] == {"carried out": 1, "rows of images": 1}
    assert figures["orders"] == {"in force": 1, "over or not yet in force": 0}
    assert figures["releases"] == {"faces-1": 9}
    assert figures["images given to"] == {"Lab (lab), MODEL_TRAINING": 9}
    assert sum(figures["images by decision and reason"].values()) == 10

    assert figures["images by decision and reason"]["BLOCK SUPPRESSED_ERASURE_REQUEST"] == 2  # n0 and n1

    out = io.StringIO()
    writing.write_csv(found, out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert len(rows) == len(found.figures.rows)
    out = io.StringIO()
    writing.write_markdown(found, out)
    assert "| Lab \\(lab\\), MODEL\\_TRAINING | 9 |" in out.getvalue()


def told(people: People, kind: str = "regulator", **more: str) -> Report:
    return people.ledger.duties.report(kind, people.ledger.context(purpose="MODEL_TRAINING"), **more)


def by_number(report: Report) -> dict[str, Answer]:
    return {answer.field.number: answer for answer in report.answers}


def named(answer: Answer) -> dict[str, int | float]:
    return {one.name: one.value for one in answer.figures}


def test_ab_2013_asks_its_twelve_items_and_answers_from_the_ledger(people: People) -> None:
    report = told(people, "ab2013")
    answers = by_number(report)
    assert list(answers) == [f"(a)({number})" for number in range(1, 13)]
    assert named(answers["(a)(1)"])["photos.example"] == 10
    assert named(answers["(a)(3)"]) == {"held": 10}
    # Eight of ten show people; a CC0 licence says nothing of trademarks, and is no copyright either.
    assert (answers["(a)(7)"].said, named(answers["(a)(7)"])["somebody"]) == ("yes", 8)
    assert (answers["(a)(6)"].said, answers["(a)(5)"].said) == ("yes", "not known")
    assert named(answers["(a)(10)"]) == {"2026-06": 10}
    # No figure of the ledger is about consumers in aggregate, and nothing was released.
    assert (answers["(a)(8)"].figures, answers["(a)(8)"].said) == ((), "")
    assert answers["(a)(8)"].not_known != ()
    assert "nothing is recorded" in answers["(a)(11)"].not_known
    # That no row says that an image is generated does not show that none is.
    assert answers["(a)(12)"].said == "not known"


def test_the_public_summary_has_the_sections_of_the_template(people: People) -> None:
    rows = people.rows()
    rows[0] |= {"acquisition_method": "UNTARGETED_SCRAPE"}
    rows[1] |= {"acquisition_method": "USER_SUBMITTED"}
    rows[2] |= {"upstream_dataset": "big-set", "acquisition_method": "THIRD_PARTY_DATASET", "upstream_evidence": "e"}
    rows[3] |= {"synthetic": {"record": "gen-1", "depicts_real_person": False}}
    people.scan(rows)
    answers = by_number(told(people, "training-content"))
    assert list(answers) == [
        "1.1", "1.2", "1.3", "2.1", "2.2.1", "2.2.2", "2.3", "2.4", "2.5", "2.6", "3.1", "3.2", "3.3"
    ]  # fmt: skip
    assert answers["1.3"].said == "fewer than 1 million images"
    whether = {number: answers[number].said for number in ("2.1", "2.2.1", "2.2.2", "2.3", "2.4", "2.5")}
    # Whether anybody can get the dataset of others, or it is what a partner gave, no row says; a contract with the
    # photographer or an agency (LICENSED) is a licence of the rights holder.
    assert whether == {
        "2.1": "not known", "2.2.1": "yes", "2.2.2": "not known", "2.3": "yes", "2.4": "yes", "2.5": "yes"
    }  # fmt: skip
    assert named(answers["2.2.1"])["LICENSED"] == 7
    assert named(answers["2.1"])["big-set"] == 1
    assert named(answers["2.3"])["photos.example"] == 1
    assert answers["1.1"].figures == ()


def test_where_every_image_is_known_to_be_none_the_answer_is_no() -> None:
    """And "not known" as soon as one is not known, or where there is no image at all."""
    form = load_form(FormKind.AB2013)
    shown = {
        "no": [Figure("images by who is shown", "nobody", 3)],
        "not known": [Figure("images by who is shown", "nobody", 3), Figure("images by who is shown", "not known", 1)],
        "yes": [Figure("images by who is shown", "not known", 5), Figure("images by who is shown", "somebody", 1)],
    }
    for expected, rows in shown.items():
        answers = {one.field.number: one for one in filled(form, Figures(NOW, "", "", tuple(rows)))}
        assert answers["(a)(7)"].said == expected
    empty = {one.field.number: one.said for one in filled(form, Figures(NOW, "", "", ()))}
    assert {said for said in empty.values() if said} == {"not known"}


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (999_999, "fewer than 1 million images"),
        (1_000_000, "1 million to 1 billion images"),
        (1_000_000_000, "1 million to 1 billion images"),
        (1_000_000_001, "more than 1 billion images"),
    ],
)
def test_the_size_is_told_in_the_ranges_of_the_template(images: int, said: str) -> None:
    rows = (Figure("images", "held", images),)
    answers = {
        one.field.number: one for one in filled(load_form(FormKind.TRAINING_CONTENT), Figures(NOW, "", "", rows))
    }
    assert answers["1.3"].said == said


@pytest.mark.parametrize("kind", list(FormKind))
def test_every_field_of_a_form_is_filled_or_said_to_be_not_known(people: People, kind: FormKind) -> None:
    known = {figure.section for figure in told(people).figures.rows}
    for answer in told(people, kind.value).answers:
        assert answer.figures or answer.not_known, answer.field.number
    asked = {wanted.section for field in load_form(kind).field for wanted in (*field.figures, *field.yes, *field.open)}
    late = {
        "images by special category", "scraped images by domain", "releases", "orders", "breaches", "erasures",
        "released images that may be used no more", "images released by day", "images given to", "retention",
        "not read or not looked into", "assessments: in force", "assessments: overdue", "assessments: retired",
        *(f"requests: {kind}" for kind in ("withdraw", "object", "erase", "restrict", "access")),
    }  # fmt: skip
    assert asked - known <= late  # of which there is nothing yet here; a misspelt section would be another


def test_aims_shows_what_was_assessed_what_leaked_and_what_people_asked(people: People) -> None:
    assess(people)
    breach(people)
    people.ledger.rights.file("restrict", About(items=("n0.png",)), requester="T", by="AB")
    answers = by_number(told(people, "aims"))
    assert named(answers["8.4, A.5.2, A.5.3"]) == {"DPIA-7, MODEL_TRAINING": 1}
    assert named(answers["A.8.4"]) == {"recorded": 1, "open": 1, "reported to an authority": 0, "people told": 0}
    assert named(answers["A.8.3"])["received"] == 1


def test_a_release_is_reported_on_by_what_of_it_is_held(people: People) -> None:
    rows = people.rows()
    people.scan(rows[:6])
    release(people)
    people.scan(rows)
    assert named(by_number(told(people, "ab2013"))["(a)(3)"]) == {"held": 10}
    assert named(by_number(told(people, "ab2013", release="faces-1"))["(a)(3)"]) == {"held": 6, "released": 6}
    people.ledger.rights.file("restrict", About(items=("a0.png",)), requester="T", by="AB")
    left = named(by_number(told(people, "ab2013", release="faces-1"))["(a)(9)"])
    assert left == {"SUPPRESSED_ERASURE_REQUEST": 1}
    with pytest.raises(UsageError, match="there is no release"):
        told(people, release="faces-9")


def test_what_changed_since_the_last_report_that_was_given_is_told(people: People) -> None:
    rows = people.rows()
    people.scan(rows[:8])
    first = told(people, by="AB", recipient="OPC")
    assert (first.since, first.changes) == (None, ())
    assert told(people).changes == ()
    people.scan(rows)
    people.ledger.rights.file("restrict", About(items=("a0.png",)), requester="T", by="AB")
    after = told(people)
    changed = {(one.section, one.name): one.value for one in after.changes}
    assert changed["images by basis", "nobody shown"] == 2
    assert changed["images by basis", "not known who is shown"] == -2
    assert changed["requests: restrict", "received"] == 1
    assert ("images", "held") not in changed
    out = io.StringIO()
    writing.write_markdown(after, out)
    assert "nobody shown | +2 |" in out.getvalue()
    # A report of another kind, or about a release, is not compared with it.
    assert told(people, "ab2013").since is None
    assert problems(people.ledger) == []


def test_a_report_that_is_given_names_who_gives_it_and_to_whom(people: People) -> None:
    with pytest.raises(UsageError, match="nothing is said under recipient"):
        told(people, by="AB")
    with pytest.raises(UsageError, match="who does this"):
        told(people, by="a script", recipient="OPC")
    with pytest.raises(UsageError, match="there is no report gdpr"):
        told(people, "gdpr")


def test_a_formula_from_outside_stays_text_in_csv(people: People) -> None:
    rows = people.rows()
    rows[0]["upstream_dataset"] = '=HYPERLINK("https://evil.example")'
    people.scan(rows)
    for kind in ("regulator", "ab2013"):
        out = io.StringIO()
        writing.write_csv(told(people, kind), out)
        cells = [cell for row in csv.reader(io.StringIO(out.getvalue())) for cell in row]
        assert not [cell for cell in cells if cell.startswith("=")]
        assert rows[0]["upstream_dataset"] in [from_csv_cell(cell) for cell in cells]


def test_a_ledger_without_a_collection_has_no_report(ledger_url: str) -> None:
    with pv.open(ledger_url) as ledger, pytest.raises(NothingToCheck):
        ledger.duties.report("ab2013", ledger.context())

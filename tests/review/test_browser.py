"""The review page in a browser: decisions made by keyboard alone arrive in the ledger, and text stays text."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import HOSTILE_NAME

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture
def address(unsure: Any) -> Iterator[str]:
    """The page as `provenance review serve` serves it, in a process of its own."""
    asked = ("review", "serve", str(unsure.photos), "--ledger", str(unsure.ledger), "--purpose", "MODEL_TRAINING")
    process = unsure.start(*asked, "--reviewer", "J. Morin")
    try:
        yield process.stdout.readline().decode().strip()
    finally:
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 0, told.decode()


@pytest.fixture
def page(address: str) -> Iterator[Any]:
    """That page, open; a script error or a request to elsewhere fails the test."""
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        opened = browser.new_page(viewport={"width": 1280, "height": 800})
        wrong: list[str] = []
        opened.on("pageerror", lambda error: wrong.append(str(error)))
        opened.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        opened.on("request", lambda sent: wrong.append(sent.url) if not sent.url.startswith(address) else None)
        opened.goto(address)
        opened.wait_for_selector(".tile:focus")
        yield opened
        browser.close()
    assert wrong == []


def saved(page: Any) -> None:
    page.locator("#saving", has_text="all saved").wait_for()  # the page's policy forbids to evaluate text


def names(page: Any) -> list[str]:
    return [text for text in page.locator(".tile:not(.done) .name").all_text_contents() if text]


def verdicts(workspace: Any) -> dict[str, tuple[str, str]]:
    found = workspace.gate().by_item
    return {item: (verdict["decision"], verdict["reason"]) for item, verdict in found.items()}


def test_decisions_made_by_keyboard_alone_arrive_in_the_ledger(page: Any, unsure: Any) -> None:
    order = names(page)
    page.keyboard.press("n")  # nobody, for the first, then on to the second
    page.keyboard.press("2")  # two people on the second
    page.keyboard.press("m")  # a minor on the third
    page.keyboard.press("b")  # the fourth is blocked
    page.keyboard.press("n")
    page.keyboard.press("u")  # and the fifth taken back
    saved(page)
    found = verdicts(unsure)
    by_place = [found[name] for name in order]
    assert by_place[1][0] == "BLOCK"
    assert by_place[2][0] == "BLOCK"
    assert by_place[3][0] == "BLOCK"
    assert by_place[4] == ("REVIEW", "PERSON_STATUS_UNKNOWN")
    assert by_place[0] in [("ALLOW", "NO_PERSON_DEPICTED"), ("REVIEW", "LICENCE_MISSING")]
    ran = unsure.run("review", "list", "--ledger", unsure.ledger, "--format", "jsonl")
    told = {(one["item"], one["reviewer"], one["ended_by"]) for one in ran.verdicts}
    assert {(name, "J. Morin", None) for name in order[:4]} <= told
    assert (order[4], "J. Morin", "J. Morin") in told


def test_a_choice_of_pictures_is_decided_at_once(page: Any, unsure: Any) -> None:
    page.keyboard.press("*")
    page.keyboard.press("n")
    saved(page)
    found = verdicts(unsure)
    assert found["0.png"] == ("REVIEW", "LICENCE_MISSING")
    assert {decision for item, (decision, _) in found.items() if item != "0.png"} == {"ALLOW"}
    page.locator("#end", has_text="That is all.").wait_for()


def test_a_range_is_chosen_by_shift_and_arrows_and_only_that_is_decided(page: Any, unsure: Any) -> None:
    order = names(page)
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("n")
    saved(page)
    assert names(page) == order[2:]


def test_hostile_names_and_captions_are_shown_as_text(page: Any) -> None:
    assert HOSTILE_NAME in names(page)
    page.keyboard.press("Home")
    while HOSTILE_NAME not in page.locator("#evidence h3").first.text_content():
        page.keyboard.press("j")
    assert "</script><script>alert(2)</script>" in page.locator("#evidence").text_content()
    assert page.locator("#evidence script, .tile script, [onerror]").count() == 0


def test_another_page_cannot_read_or_decide(page: Any, address: str) -> None:
    other = page.context.browser.new_page()
    asked = f"fetch('{address}start').then(() => 'read', () => 'refused')"
    assert other.evaluate(asked) == "refused"
    sent = f"fetch('{address}decide', {{method: 'POST', mode: 'no-cors', body: '{{}}'}})"
    told = other.evaluate(f"{sent}.then((answer) => answer.type, () => 'refused')")
    assert told in ("opaque", "refused")  # whether it reached the server or not, the other page learns nothing
    without_token = address.rstrip("/").rpartition("/")[0]
    assert page.request.get(f"{without_token}/start").status == 403


def test_axe_finds_nothing(page: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page.keyboard.press("n")
    saved(page)
    script = Path(axe.__file__).with_name("axe.min.js")
    assert script.is_file()
    # The page's own policy lets no foreign script in, so it is put in by the debugger.
    page.evaluate(script.read_text("utf-8"))
    found = page.evaluate("axe.run()")
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
    page.keyboard.press("?")
    assert page.evaluate("axe.run()")["violations"] == []

"""The review page and the HTML report over photographs, as a person sees them: the pictures of the documentation.

    RENEW_PICTURES=1 pytest -n0 tests/review/test_pictures.py

writes them anew into `docs/pictures`; without it they are made and looked over, and nothing is kept. The photographs
come with scikit-image and scikit-learn: public domain, CC0 and CC BY 2.0, credited in NOTICE. Nobody is shown in them,
since nobody was asked.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageStat

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

DOCS = Path(__file__).resolve().parents[2] / "docs"
KEPT = DOCS / "pictures"
CREDITED = {
    "skimage": (
        "brick.png",
        "chelsea.png",
        "coffee.png",
        "grass.png",
        "gravel.png",
        "hubble_deep_field.jpg",
        "rocket.jpg",
    ),
    "sklearn": ("china.jpg", "flower.jpg"),
}
"""By package; each is named in NOTICE with its author and licence."""
PLACES = {"skimage": "data", "sklearn": "datasets/images"}
HOSTS = {"chelsea.png": "https://cats.example/7", "china.jpg": "https://www.flickr.com/photos/danielbuechele/"}


@pytest.fixture
def photographs(workspace: Any) -> dict[str, Path]:
    """Nine photographs and two copies, by name: a lake that was cut and a cat made small."""
    found = {}
    for package, names in CREDITED.items():
        module = pytest.importorskip(package)
        for name in names:
            data = (Path(module.__file__).parent / PLACES[package] / name).read_bytes()
            found[name] = workspace.add(name, data)
    with Image.open(found["china.jpg"]) as lake, Image.open(found["chelsea.png"]) as cat:
        found["lake-cut.jpg"] = workspace.photos / "lake-cut.jpg"
        lake.crop((64, 42, 576, 405)).save(found["lake-cut.jpg"], quality=85)
        found["cat-small.jpg"] = workspace.photos / "cat-small.jpg"
        cat.convert("RGB").resize((225, 150)).save(found["cat-small.jpg"], quality=85)
    return found


@pytest.fixture
def declared(photographs: dict[str, Path], row: Any) -> dict[str, dict[str, Any]]:
    """A row for each, in which nobody has said yet whether a person is shown."""
    rows = {
        name: row(
            name,
            persons_status="UNKNOWN",
            persons_determined_by=None,
            source_url=HOSTS.get(name, f"https://photos.example/{number}"),
        )
        for number, name in enumerate(photographs)
    }
    rows["coffee.png"]["licence"] = None
    rows["rocket.jpg"]["licence"] = "CC-BY-NC-4.0"
    rows["flower.jpg"]["caption"] = "for the school fair, picked by a 9-year-old pupil"
    return rows


@pytest.fixture
def take() -> Callable[[Any, str], None]:
    """`take(page, name)`: a picture of what a page shows; kept in the documentation where that is asked for."""

    def shoot(page: Any, name: str) -> None:
        data = page.screenshot(type="jpeg", quality=82)
        with Image.open(io.BytesIO(data)) as seen:
            assert min(ImageStat.Stat(seen.convert("L")).stddev) > 10  # neither empty nor one colour
        assert len(data) < 250_000
        if os.environ.get("RENEW_PICTURES"):
            KEPT.mkdir(exist_ok=True)
            (KEPT / f"{name}.jpg").write_bytes(data)

    return shoot


@pytest.fixture
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


def loaded(page: Any) -> None:
    """Wait until the pictures that are shown are there and decoded."""
    page.wait_for_load_state("networkidle")
    page.locator("#evidence img, .sheet img").evaluate_all("all => Promise.all(all.map((one) => one.decode()))")


def test_the_page_in_use(workspace: Any, declared: Any, browser: Any, take: Any) -> None:
    workspace.declare(declared.values())
    workspace.run(*workspace.scan_arguments())
    asked = ("review", "serve", str(workspace.photos), "--ledger", str(workspace.ledger))
    process = workspace.start(*asked, "--purpose", "MODEL_TRAINING", "--reviewer", "J. Morin")
    try:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(process.stdout.readline().decode().strip())
        page.wait_for_selector(".tile:focus")
        loaded(page)
        assert page.locator(".tile img").count() == len(declared)
        for key in ("n", "n", "2"):
            page.keyboard.press(key)
        page.locator("#saving", has_text="all saved").wait_for()
        count = page.locator("[aria-current=true] .count").text_content()
        assert count == f"{len(declared) - 3} of {len(declared)} open"
        page.keyboard.press("u")
        page.locator("#saving", has_text="all saved").wait_for()
        assert (
            page.locator("[aria-current=true] .count").text_content() == f"{len(declared) - 2} of {len(declared)} open"
        )
        page.keyboard.press("n")
        page.locator("#saving", has_text="all saved").wait_for()
        while page.locator(".tile:focus .name").text_content() != "lake-cut.jpg":
            page.keyboard.press("j")
        loaded(page)
        take(page, "review")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def test_the_report(workspace: Any, declared: Any, browser: Any, take: Any, row: Any) -> None:
    people = {"persons_status": "PRESENT", "persons": [{"ref": "p1", "age_status": "ADULT_DECLARED"}]}
    looked_at = {field: row("any")[field] for field in ("persons_status", "persons_determined_by")}
    for name in declared.keys() - {"flower.jpg"}:
        declared[name] |= people if name == "gravel.png" else looked_at
    del declared["grass.png"]  # it lies in the folder, and no row names it
    workspace.declare(declared.values())
    report = workspace.root / "gate.html"
    assert workspace.gate("--output", f"html:{report}").status == 1
    page = browser.new_page(viewport={"width": 1280, "height": 1240})
    page.goto(report.as_uri())
    loaded(page)
    # No code is cut in the middle of a word.
    assert page.locator("ul.sheet li").evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)")
    take(page, "report")


def test_every_picture_of_the_documentation_is_shown_and_credited() -> None:
    pages = "".join(page.read_text() for page in DOCS.glob("*.md"))
    assert [picture.name for picture in KEPT.iterdir() if f"pictures/{picture.name})" not in pages] == []
    notice = (DOCS.parent / "NOTICE").read_text()
    assert [name for names in CREDITED.values() for name in names if name not in notice] == []

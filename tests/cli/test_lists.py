"""`provenance lists` from end to end: given once, held against every image of every later gate."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter

import pytest
from PIL import Image

import provenance as pv
from pictures import encoded, photo
from provenance.errors import LedgerError, UsageError, VerdictsStale
from provenance.fingerprint.read import read_image
from provenance.fingerprint.wanted import Wanted

STRANGER = "ab" * 32
SUPPRESSED, ILLEGAL = "SUPPRESSED_ERASURE_REQUEST", "ILLEGAL_CONTENT_SUSPECTED"
NAMES = ("a.png", "b.png", "c.png")


def phash(data: bytes) -> str:
    return read_image(data, Wanted(exact=True, windows=False)).fingerprints[0].value.hex()


@pytest.fixture
def cleared(workspace):
    """Three photographs that pass the gate."""
    for seed, name in enumerate(NAMES):
        workspace.add(name, encoded(photo(seed)))
    workspace.clear(*NAMES)
    assert workspace.gate().status == 0
    return workspace


def add(workspace, *lines: str, kind: str = "sha256", purpose: str = "suppression", name: str = "list.txt", more=()):
    (workspace.root / name).write_text("".join(f"{line}\n" for line in lines))
    arguments = ("--kind", kind, "--for", purpose, "--ledger", workspace.ledger, *more)
    return workspace.run("lists", "add", workspace.root / name, *arguments)


def digest(workspace, name: str) -> str:
    return hashlib.sha256((workspace.photos / name).read_bytes()).hexdigest()


def decided(ran) -> dict[str, tuple[str, str]]:
    return {item: (verdict["decision"], verdict["reason"]) for item, verdict in ran.by_item.items()}


ALLOWED = ("ALLOW", "NO_PERSON_DEPICTED")


@pytest.mark.parametrize(("purpose", "code"), [("suppression", SUPPRESSED), ("illegal", ILLEGAL)])
def test_from_the_list_on_every_gate_blocks_what_is_on_it(cleared, purpose, code):
    added = add(cleared, STRANGER, digest(cleared, "b.png"), purpose=purpose)
    assert (added.status, added.err) == (0, "list.txt: 2 hashes taken\n")
    found = cleared.gate()
    assert found.status == 1
    assert decided(found) == {"a.png": ALLOWED, "b.png": ("BLOCK", code), "c.png": ALLOWED}
    (reason,) = (reason for reason in found.by_item["b.png"]["reasons"] if reason["code"] == code)
    assert "the list list.txt, line 2, 0 bits away" in reason["detail"]


def test_images_scanned_later_are_held_against_it_too(cleared):
    later = encoded(photo(7))
    assert add(cleared, hashlib.sha256(later).hexdigest()).status == 0
    assert cleared.gate().status == 0
    cleared.add("d.png", later)
    cleared.clear(*NAMES, "d.png")
    assert decided(cleared.gate())["d.png"] == ("BLOCK", SUPPRESSED)


def test_an_edited_copy_is_on_a_perceptual_list(cleared):
    """The list names the original, the collection holds it saved again as a small JPEG."""
    cleared.add("b.png", encoded(photo(7).resize((160, 120)), "JPEG", quality=60))
    cleared.clear(*NAMES)
    assert cleared.gate().status == 1  # other bytes under an old claim
    assert add(cleared, STRANGER, phash(encoded(photo(7))) + ",90", kind="phash256", purpose="illegal").status == 0
    found = cleared.gate()
    assert decided(found)["a.png"] == ALLOWED
    codes = {reason["code"]: reason["detail"] for reason in found.by_item["b.png"]["reasons"]}
    assert "the list list.txt, line 2, " in codes[ILLEGAL]


def test_a_pdq_list_stops_a_gate_that_did_not_compare_and_makes_scans_take_pdq(cleared):
    pytest.importorskip("pdqhash")
    hashed = read_image(encoded(photo(1)), Wanted(pdq=True)).fingerprints[-1]
    assert add(cleared, f"{hashed.value.hex()},{hashed.quality}", kind="pdq").status == 0
    with pv.open(cleared.ledger) as ledger, pytest.raises(LedgerError, match="3 images without a pdq") as stopped:
        ledger.gate(cleared.photos, purpose="MODEL_TRAINING")
    assert "--pdq" in str(stopped.value)
    explained = cleared.run("explain", "a.png", "--ledger", cleared.ledger, "--purpose", "MODEL_TRAINING")
    assert (explained.status, explained.out) == (2, "")
    assert "3 images without a pdq fingerprint" in explained.err
    assert decided(cleared.gate()) == {"a.png": ALLOWED, "b.png": ("BLOCK", SUPPRESSED), "c.png": ALLOWED}
    cleared.add("d.png", encoded(photo(4)))
    cleared.clear(*NAMES, "d.png")
    assert decided(cleared.gate())["d.png"] == ALLOWED


def test_a_pdq_list_without_the_extra_is_an_error(cleared):
    """Nothing can be compared where PDQ cannot be taken, so nothing passes."""
    assert add(cleared, STRANGER, kind="pdq").status == 0
    prelude = "import sys; sys.modules['pdqhash'] = None"
    with cleared.start(*cleared.gate_arguments(), prelude=prelude) as process:
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (2, b"")
    assert b"consent-provenance[pdq]" in err


def test_what_cannot_be_decoded_needs_no_fingerprint_and_does_not_pass(cleared):
    pytest.importorskip("pdqhash")
    cleared.add("broken.png", b"no picture")
    cleared.clear(*NAMES, "broken.png")
    cleared.run(*cleared.scan_arguments("--pdq"))
    assert add(cleared, STRANGER, kind="pdq").status == 0
    found = cleared.gate()
    assert decided(found) == dict.fromkeys(NAMES, ALLOWED) | {"broken.png": ("BLOCK", "IMAGE_UNREADABLE")}


def test_counts_without_a_walk_are_those_of_a_walk(cleared):
    """Images of one combination, of which some are on one list, some on both, and one is unreadable beside."""
    for number in range(3, 9):
        cleared.add(f"{number}.png", encoded(photo(number)))
    cleared.add("broken.png", b"no picture")
    names = [*NAMES, *(f"{n}.png" for n in range(3, 9)), "broken.png"]
    cleared.clear(*names)
    add(cleared, *(digest(cleared, name) for name in ("a.png", "3.png", "broken.png")), name="one")
    add(cleared, *(digest(cleared, name) for name in ("3.png", "4.png")), purpose="illegal", name="two")
    with pv.open(cleared.ledger) as ledger:
        ledger.scan(cleared.photos, manifest=cleared.manifest)
        verdicts = ledger.gate(cleared.photos, purpose="MODEL_TRAINING")
        walked = Counter((verdict.decision, verdict.reason) for verdict in verdicts)
        assert {(tally.decision, tally.code): tally.images for tally in verdicts.tallies} == walked
        assert walked["BLOCK", SUPPRESSED] == 2  # a.png, and 3.png, whose lower number decides
        assert walked["BLOCK", ILLEGAL] == 1
        assert walked["BLOCK", "IMAGE_UNREADABLE"] == 1


def test_no_subset_for_training_has_it(cleared):
    add(cleared, digest(cleared, "b.png"), purpose="illegal")
    with pv.open(cleared.ledger) as ledger:
        verdicts = ledger.gate(cleared.photos, purpose="MODEL_TRAINING")
        paths = [str(cleared.photos / name) for name in NAMES]
        assert verdicts.allowed() == [paths[0], paths[2]]
        assert verdicts.indices(paths, path_of=paths.__getitem__) == [0, 2]
        # A list that comes while the verdicts are read makes them stale.
        (cleared.root / "late").write_text(digest(cleared, "c.png"))
        ledger.add_list(cleared.root / "late", kind="sha256", purpose="illegal")
        with pytest.raises(VerdictsStale):
            verdicts.allowed()
        assert ledger.gate(cleared.photos, purpose="MODEL_TRAINING").allowed() == [paths[0]]


def test_nothing_lifts_it(cleared):
    add(cleared, digest(cleared, "a.png"), name="one")
    add(cleared, digest(cleared, "b.png"), purpose="illegal", name="two")
    waivers = cleared.root / "waivers.toml"
    for code, item in ((SUPPRESSED, "a.png"), (ILLEGAL, "b.png")):
        waivers.write_text(
            f'[[waiver]]\ncode = "{code}"\nitems = ["{item}"]\nreason = "r"\napprover = "A"\nticket = "T"\n'
            "date = 2026-10-01\nexpires = 2027-01-31\n"
        )
        refused = cleared.gate("--waivers", waivers)
        assert refused.status == 2
        assert code in refused.err
    exported = cleared.run(
        "review", "export", cleared.photos, "--ledger", cleared.ledger, "--purpose", "MODEL_TRAINING"
    )
    assert exported.status == 0
    assert SUPPRESSED not in exported.out
    assert ILLEGAL not in exported.out


def test_explain_names_list_line_and_distance(cleared):
    add(cleared, STRANGER, digest(cleared, "b.png"), purpose="illegal")
    cleared.gate()
    text = cleared.run("explain", "b.png", "--ledger", cleared.ledger)
    assert text.status == 1
    assert "    fact     the list list.txt, line 2, 0 bits away" in text.out
    found = json.loads(cleared.run("explain", "b.png", "--ledger", cleared.ledger, "--format", "json").out)
    assert found["lists"] == [{"list": "list.txt", "purpose": "illegal", "line": 2, "distance": 0, "place": ""}]
    assert found["facts"]["item"]["illegal_suspected"] is True
    assert (found["decision"], found["reason"]) == ("BLOCK", ILLEGAL)
    other = cleared.run("explain", "a.png", "--ledger", cleared.ledger, "--full")
    assert other.status == 0
    assert "Lists of hashes that the picture is on\n  none\n" in other.out


def test_a_retired_list_counts_no_more_and_its_successor_does(cleared):
    add(cleared, digest(cleared, "a.png"))
    taken = add(cleared, digest(cleared, "b.png"))
    assert taken.status == 2  # two lists need two names: the second would end the first in silence
    assert "--replace" in taken.err
    assert [item for item, (decision, _) in decided(cleared.gate()).items() if decision == "BLOCK"] == ["a.png"]
    assert add(cleared, digest(cleared, "b.png"), more=("--replace",)).status == 0
    assert [item for item, (decision, _) in decided(cleared.gate()).items() if decision == "BLOCK"] == ["b.png"]
    assert cleared.run("lists", "retire", "list.txt", "--ledger", cleared.ledger).err == "list.txt retired\n"
    assert cleared.gate().status == 0
    again = cleared.run("lists", "retire", "list.txt", "--ledger", cleared.ledger)
    assert (again.status, again.out) == (2, "")
    assert "no current list is called list.txt" in again.err


def test_show_counts_images_on_each_list(cleared):
    add(cleared, STRANGER, digest(cleared, "b.png"), name="one")
    add(
        cleared,
        f"{STRANGER},50",
        f"{STRANGER},49",
        kind="phash256",
        purpose="illegal",
        name="two",
        more=("--radius", "9"),
    )
    cleared.add("copy.png", (cleared.photos / "b.png").read_bytes())
    cleared.run(*cleared.scan_arguments())
    shown = cleared.run("lists", "show", "--ledger", cleared.ledger, "--format", "jsonl")
    keys = ("name", "kind", "for", "radius", "entries", "left_out", "images")
    assert [tuple(row[key] for key in keys) for row in shown.verdicts] == [
        ("one", "sha256", "suppression", 0, 2, 0, 2),
        ("two", "phash256", "illegal", 9, 1, 1, 0),
    ]
    table = cleared.run("lists", "show", "--ledger", cleared.ledger)
    assert table.status == 0
    assert [line.split()[0] for line in table.out.splitlines()] == ["name", "one", "two"]


def test_a_faulty_list_is_refused_whole_with_every_line_named(cleared):
    refused = add(cleared, digest(cleared, "a.png"), "short", STRANGER, f"{STRANGER},80")
    assert (refused.status, refused.out) == (2, "")
    assert "list.txt:2: hash: not 64 hexadecimal digits" in refused.err
    assert "list.txt:4: " in refused.err
    assert cleared.gate().status == 0


def test_quarantined_items_are_marked_where_items_are_shown(cleared):
    cleared.add("copy.png", (cleared.photos / "b.png").read_bytes())
    cleared.run(*cleared.scan_arguments())
    add(cleared, digest(cleared, "b.png"), purpose="illegal")
    add(cleared, digest(cleared, "a.png"), name="other")
    marks = {}
    for name in NAMES:
        ran = cleared.run("find", cleared.photos / name, "--ledger", cleared.ledger, "--format", "jsonl")
        marks |= {match["item"]: match["quarantined"] for match in ran.verdicts[0]["matches"]}
    assert marks == {"a.png": False, "b.png": True, "copy.png": True, "c.png": False}
    groups = cleared.run("duplicates", "--ledger", cleared.ledger, "--format", "jsonl").verdicts
    assert [(copy["item"], copy["quarantined"]) for copy in groups[0]["items"]] == [("b.png", True), ("copy.png", True)]
    assert "; quarantined" in cleared.run("find", cleared.photos / "b.png", "--ledger", cleared.ledger).out


def test_no_detector_looks_at_bytes_on_a_list_of_illegal_content(cleared):
    from provenance.ledger.database import Database
    from provenance.ledger.screening import barred_by
    from provenance.run.people import Lookout

    class Detector:
        """Remembers how often it was shown a picture."""

        name = "counting@1"
        seen = 0

        def faces(self, image):
            self.seen += 1
            return ()

    later = encoded(photo(9))
    add(cleared, hashlib.sha256(later).hexdigest(), purpose="illegal", name="one")
    add(cleared, phash((cleared.photos / "a.png").read_bytes()), purpose="illegal", kind="phash256", name="two")
    add(cleared, digest(cleared, "b.png"), name="three")
    cases = [(later, True)] + [((cleared.photos / name).read_bytes(), name == "a.png") for name in NAMES]
    database = Database.open(cleared.ledger)
    try:
        barred = barred_by(database)
        assert [barred(hashlib.sha256(data).digest()) for data, _ in cases] == [shut for _, shut in cases]
        detector = Detector()
        lookout = Lookout(detector, barred=barred)  # type: ignore[arg-type]
        assert lookout.signals(later, hashlib.sha256(later).digest()) == ()
        assert detector.seen == 0
    finally:
        database.close()


def test_what_is_exported_is_read_back_and_blocks(cleared):
    for kind in ("sha256", "phash256"):
        file = cleared.root / kind
        done = cleared.run(
            "lists", "export", "--item", "b.png", "--kind", kind, "--output", file, "--ledger", cleared.ledger
        )
        assert (done.status, done.out) == (0, "")
        arguments = ("--kind", kind, "--for", "suppression", "--ledger", cleared.ledger)
        assert cleared.run("lists", "add", file, *arguments).status == 0
        assert decided(cleared.gate())["b.png"] == ("BLOCK", SUPPRESSED)
        again = cleared.run("lists", "export", kind, "--ledger", cleared.ledger)
        assert again.out == file.read_text()
        assert cleared.run("lists", "retire", kind, "--ledger", cleared.ledger).status == 0
        assert cleared.gate().status == 0


def test_a_photo_that_is_not_held_is_exported_as_pdq_writes_it(cleared):
    pdqhash = pytest.importorskip("pdqhash")
    import numpy as np

    data = encoded(photo(11))
    (cleared.root / "shot.png").write_bytes(data)
    bits, quality = pdqhash.compute(np.asarray(Image.open(io.BytesIO(data))))
    value = f"{int(''.join(map(str, bits)), 2):064x}"
    arguments = ("lists", "export", "--photo", "shot.png", "--kind", "pdq")
    assert cleared.run(*arguments).out == f"{value},{quality}\n"
    assert cleared.run(*arguments, "--bare").out == f"{value}\n"
    flat = encoded(Image.new("RGB", (200, 150), "grey"))
    (cleared.root / "shot.png").write_bytes(flat)
    assert cleared.run(*arguments).out.endswith(",0\n")
    assert cleared.run(*arguments, "--bare").out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("list.txt", "--item", "a.png"),
        ("--item", "a.png"),
        ("--item", "a.png", "--kind", "pdq"),
        ("--photo", "none.png", "--kind", "sha256"),
        ("unknown",),
        ("list.txt", "--kind", "pdq"),
        ("list.txt", "--output", "no/such/folder"),
    ],
)
def test_what_cannot_be_exported_is_an_error(cleared, arguments):
    add(cleared, STRANGER)
    ran = cleared.run("lists", "export", *arguments, "--ledger", cleared.ledger)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("error: ")


def test_a_call_with_what_no_list_can_be_is_refused(cleared):
    (cleared.root / "list.txt").write_text(STRANGER)
    with pv.open(cleared.ledger) as ledger:
        for wrong in ({"kind": "md5", "purpose": "illegal"}, {"kind": "pdq", "purpose": "fun"}):
            with pytest.raises(UsageError, match="kinds: sha256, phash256, pdq; for: suppression, illegal"):
                ledger.add_list(cleared.root / "list.txt", **wrong)
        assert ledger.lists() == ()


def test_a_copy_of_a_listed_picture_is_held_for_review(cleared):
    """Only the very bytes are on the list; the copy that was grouped with them says what it says of them."""
    cleared.add("copy.png", encoded(photo(1), "JPEG", quality=80))
    cleared.clear(*NAMES, "copy.png")
    assert cleared.run(*cleared.scan_arguments()).status == 0
    assert cleared.run("duplicates", "--keep", "--ledger", cleared.ledger).status == 0
    add(cleared, digest(cleared, "b.png"))
    found = decided(cleared.gate())
    assert found["b.png"] == ("BLOCK", SUPPRESSED)
    assert found["copy.png"] == ("REVIEW", "NEAR_DUPLICATE_OF_BLOCKED")
    assert found["a.png"] == ALLOWED


@pytest.mark.parametrize(("purpose", "code"), [("suppression", SUPPRESSED), ("illegal", ILLEGAL)])
def test_nor_does_the_fingerprint_of_the_finding(cleared, purpose, code):
    """Neither a waiver of that very finding nor a reviewer's decision about it."""
    add(cleared, digest(cleared, "a.png"), purpose=purpose)
    listed = cleared.gate("--as-of", "2026-11-22T12:00:00Z").by_item["a.png"]
    [mark] = [reason["finding"] for reason in listed["reasons"] if reason["code"] == code]
    waivers = cleared.root / "waivers.toml"
    waivers.write_text(
        f'[[waiver]]\nfinding = "{mark}"\nreason = "r"\napprover = "A"\nticket = "T"\n'
        "date = 2026-10-01\nexpires = 2027-01-31\n"
    )
    reviews = cleared.root / "reviews.csv"
    reviews.write_text(
        "finding,sha256,code,decision,reviewer,at,reason,expires\n"
        f"{mark},{digest(cleared, 'a.png')},{code},ALLOW,JM,2026-11-22T10:00:00Z,looked,2027-01-31\n"
    )
    taken = cleared.run("review", "import", reviews, "--ledger", cleared.ledger)
    assert taken.err == "1 decision taken\n"
    found = cleared.gate("--waivers", waivers, "--as-of", "2026-11-22T12:00:00Z")
    assert found.status == 1
    assert decided(found)["a.png"] == ("BLOCK", code)

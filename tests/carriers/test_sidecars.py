"""Which files speak of an image, by the names in its folder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.carriers import BlockKind
from provenance.carriers.sidecars import MAX_SIDECARS, Sidecars, is_sidecar, sidecar_blocks


@pytest.mark.parametrize(
    ("image", "sidecar"),
    [
        ("a01.jpg", "a01.xmp"),
        ("a01.jpg", "a01.jpg.xmp"),
        ("a01.jpg", "a01.JPG.xmp"),
        ("a01.JPG", "A01.jpg.XMP"),
        ("a01.jpg", "a01.Xmp"),
        ("Zo\u00eb.jpg", "Zoe\u0308.xmp"),
        ("stra\u00dfe.jpg", "STRASSE.JPG.xmp"),
        (".hidden", ".hidden.xmp"),
        ("no-extension", "no-extension.xmp"),
        # darktable's duplicates
        ("IMG_1.jpg", "IMG_1_01.jpg.xmp"),
        ("IMG_1.jpg", "IMG_1_02.xmp"),
        # Google Takeout
        ("IMG_1.jpg", "IMG_1.jpg.json"),
        ("IMG_1.jpg", "IMG_1.jpg.supplemental-metadata.json"),
        ("IMG_1(2).jpg", "IMG_1.jpg(2).json"),
        ("IMG_1(2).jpg", "IMG_1.jpg.supplemental-metadata(2).json"),
        ("IMG_1.jpg", "IMG_1.jpg.supplemental-meta.json"),
        ("IMG_1-edited.jpg", "IMG_1.jpg.json"),
        ("PXL_20230101_120000000_a_long_name.jpg", "PXL_20230101_120000000_a_long_name.jpg.supplem.json"),
        ("a" * 47 + ".jpg", "a" * 46 + ".json"),
        # captions and licences
        ("a01.jpg", "a01.json"),
        ("a01.jpg", "a01.txt"),
        ("a01.jpg", "a01.caption"),
        ("a01.jpg", "a01.jpg.license"),
        ("a01.jpg", "a01.md"),
        # raw converters
        ("a01.nef", "a01.nef.dop"),
        ("a01.jpg", "a01.jpg.pp3"),
        ("a01.jpg", "a01.jpg.cos"),
        ("a01.jpg", "a01.on1"),
        ("a01.nef", "NKSC_PARAM/a01.nef.nksc"),
        # what goes on behind the full name, and what programs add to the short one
        ("a01.jpg", "a01.jpg.acr.xmp"),
        ("a01.jpg", "a01.jpg.supplier.json"),
        ("a01.jpg", "a01.jpg.one.two.txt"),
        ("a01.jpg", "a01.info.json"),
        ("a01.jpg", "a01_metadata.json"),
        ("a01.jpg", "A01-Caption.TXT"),
        ("IMG_1-edited(1).jpg", "IMG_1.jpg(1).json"),
        ("IMG_1-edited(1).jpg", "IMG_1.jpg.supplemental-metadata(1).json"),
        # of the raw file or of another spelling of the same format
        ("a01.jpg", "a01.CR2.xmp"),
        ("a01.jpg", "a01.heic.json"),
        ("a01.png", "a01.tif.txt"),
        ("a01.jpeg", "a01.jpg.xmp"),
        ("a01.JPG", "a01.jpeg.xmp"),
        # backups of sidecars that are gone, and a name with a blank
        ("a01.jpg", "a01.xmp~"),
        ("a01.jpg", "a01.jpg.xmp.bak"),
        ("a01.jpg", "a01.xmp_original"),
        ("a01.jpg", "a01.json.orig"),
        ("a01.jpg", "a01 .xmp"),
        # kinds that are searched and named
        ("a01.jpg", "a01.c2pa"),
        ("a01.jpg", "a01.jpg.exv"),
        ("a01.jpg", "a01.mie"),
        # folders of sidecars
        ("a01.jpg", "xmp/a01.xmp"),
        ("a01.jpg", "XMP/A01.JPG.xmp"),
        ("b/a01.jpg", "b/captions/a01.txt"),
        ("a01.jpg", "json/a01.jpg.json"),
    ],
)
def test_what_belongs_to_an_image(image, sidecar):
    assert Sidecars([image, sidecar]).of(image) == (sidecar,)


@pytest.mark.parametrize(
    ("image", "other"),
    [
        ("a01.jpg", "a01-2.xmp"),
        ("a01.jpg", "a011.xmp"),
        ("a01.jpg", "ba01.xmp"),
        ("a01.jpg", "a01.png"),
        ("IMG_1(2).jpg", "IMG_1.jpg.json"),
        ("IMG_1.jpg", "IMG_1.jpg(2).json"),
        ("IMG_1.jpg", "IMG_1_2021.xmp"),
        ("a" * 45 + ".jpg", "a" * 46 + ".json"),
        ("a01.jpg", "other/a01.xmp"),
        ("a01.jpg", "a01.png.xmp"),
        ("a01.png", "a01.jpg.xmp"),
        ("a01.jpg", "a02.cr2.xmp"),
        ("a01.jpg", "a01.jpg~"),
        ("a01.jpg", "a01.jpg_original"),
        ("a01.jpg", "a01.words.xmp"),
        ("a01.jpg", "a01-information.json"),
        ("IMG_1-edited(2).jpg", "IMG_1.jpg(1).json"),
    ],
)
def test_what_belongs_to_another(image, other):
    assert Sidecars([image, other]).of(image) == ()


def test_a_version_that_is_an_image_of_its_own_keeps_its_sidecar():
    names = ["IMG_1.jpg", "IMG_1_01.jpg", "IMG_1_01.xmp"]
    assert Sidecars(names).of("IMG_1.jpg") == ()
    assert Sidecars(names).of("IMG_1_01.jpg") == ("IMG_1_01.xmp",)


@pytest.mark.parametrize(
    ("longer", "sidecar"),
    [
        ("a.jpg.png", "a.jpg.png.xmp"),
        ("a.info.jpg", "a.info.json"),
        ("a_metadata.jpg", "a_metadata.json"),
        ("a_metadata.jpg", "a_metadata.jpg.txt"),
    ],
)
def test_an_image_of_a_longer_name_keeps_its_sidecar(longer, sidecar):
    assert Sidecars(["a.jpg", longer, sidecar]).of(longer) == (sidecar,)
    assert Sidecars(["a.jpg", longer, sidecar]).of("a.jpg") == ()


def test_the_more_specific_comes_first():
    assert Sidecars(["a.xmp", "a.jpg.xmp", "a.jpg"]).of("a.jpg") == ("a.jpg.xmp", "a.xmp")


def test_a_backup_counts_for_nothing_beside_its_sidecar():
    """ExifTool leaves one at each change, so that what was taken back would count for ever."""
    assert Sidecars(["a.jpg", "a.xmp", "a.xmp_original", "A.XMP~"]).of("a.jpg") == ("a.xmp",)
    assert Sidecars(["a.jpg", "a.json", "a.xmp~"]).of("a.jpg") == ("a.json", "a.xmp~")


def test_a_sidecar_has_no_sidecar():
    assert Sidecars(["a.xmp", "a.json"]).of("a.xmp") == ()
    assert is_sidecar("b/A.XMP")
    assert not is_sidecar("b/A.jpg")


@given(st.lists(st.text(st.characters(exclude_characters="/\0"), max_size=12), max_size=8))
def test_the_order_of_a_folder_never_matters(names):
    for name in names:
        found = Sidecars(names).of(name)
        assert found == Sidecars(reversed(names)).of(name)
        assert set(found) <= {each for each in names if is_sidecar(each)}


def test_hundreds_of_sidecars_are_a_finding():
    names = [f"a_{number:03}.xmp" for number in range(999)]
    found = Sidecars(names).of("a.jpg")
    assert len(found) == MAX_SIDECARS
    blocks = list(sidecar_blocks("", dict.fromkeys(found, b"<x/>")))
    assert blocks[-1].problem == f"{MAX_SIDECARS} sidecars or more"


def test_a_sidecar_of_a_kind_that_is_not_read_is_named():
    [block] = sidecar_blocks("a.jpg", {"a.c2pa": b"jumb"})
    assert (block.kind, block.problem) == (BlockKind.UNKNOWN, "a sidecar of a kind that is not read")


def test_the_kind_of_a_block_is_told_by_its_suffix():
    given_ = {"f/a.xmp": b"<x/>", "f/a.JSON": b"{}", "f/a.txt": b"words", "g/a.xmp": b"<other/>", "f/b.txt": b"no"}
    found = [(block.kind, block.location) for block in sidecar_blocks("f/a.jpg", given_)]
    assert found == [
        (BlockKind.JSON, "sidecar:f/a.JSON"),
        (BlockKind.TEXT, "sidecar:f/a.txt"),
        (BlockKind.XMP, "sidecar:f/a.xmp"),
    ]

"""Which licence a text names, what it conditions, and what grants nothing, argued from the licences' own texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.licences import LicenceClass, declared_licence, licence_in, licence_of_id

PERMISSIVE, CONDITIONAL, REFERENCE = LicenceClass.PERMISSIVE, LicenceClass.CONDITIONAL, LicenceClass.REFERENCE
NOTHING, UNKNOWN, MISSING = LicenceClass.GRANTS_NOTHING, LicenceClass.UNRECOGNISED, LicenceClass.MISSING

BY_KIND = {
    PERMISSIVE: [
        "CC0-1.0", "cc0", "CC0 1.0 Universal", "https://creativecommons.org/publicdomain/zero/1.0/", "CC-BY-4.0",
        "CC BY 4.0", "CC BY 4", "cc-by", "ccby4.0", "Attribution License", "CC-BY-3.0-DE", "CC-BY-3.0-IGO",
        "https://creativecommons.org/licenses/by/3.0/igo/", "https://creativecommons.org/licenses/by/4.0/deed.es",
        "Creative Commons Attribution 4.0 International", "Namensnennung 4.0 International", "Public Domain", "PD",
        "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication", "CC-PDM-1.0", "Public Domain Mark 1.0", "MIT",
        "the mit license", "Apache-2.0", "https://opensource.org/licenses/MIT", "https://spdx.org/licenses/MIT.html",
        "PDDL-1.0", "ODC-By-1.0", "OGL-UK-3.0", "etalab-2.0", "C-UDA-1.0", "CDLA-Permissive-2.0", "0BSD",
        "http://flickr.com/commons/usage/", "http://www.usa.gov/copyright.shtml", "No known copyright restrictions",
        "CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)", "MIT OR CC-BY-NC-4.0", "(MIT AND CC-BY-4.0)",
        "CC BY 2.0, via Wikimedia Commons",
    ],
    REFERENCE: [
        "LicenseRef-contract-17", "LicenseRef-photographer-contract-17", "licenseref-house", "LicenseRef-Getty-2026",
        "LicenseRef-private-agreement-4", "DocumentRef-deal:LicenseRef-A7", "LicenseRef-a AND MIT",
    ],
    NOTHING: [
        "All rights reserved", "ALL RIGHTS RESERVED.", "Studio North. All rights reserved.",
        "Alle Rechte vorbehalten", "Tous droits réservés", "Todos os direitos reservados", "無断転載禁止",
        "(c) 2019 Jane Doe", "© Jane Doe", "Copyright ACME 2020", "http://rightsstatements.org/vocab/InC/1.0/",
        "In Copyright", "InC-EDU", "https://rightsstatements.org/page/InC-NC/1.0/?language=en",
        "http://www.europeana.eu/rights/rr-f/", "Editorial use only", "nur redaktionelle Nutzung",
        "Rights managed", "Getty Images", "Shutterstock, Inc.", "no AI training", "CC BY 4.0, no AI training",
        "CC-BY-4.0 except machine learning", "KI-Training verboten", "pas d'entraînement d'IA", "proprietary",
        "unlicensed", "Used without permission", "LicenseRef-proprietary", "LicenseRef-AllRightsReserved",
        "LicenseRef-editorial-use-only", "fair use", "MIT AND all rights reserved",
    ],
    UNKNOWN: [
        "custom", "free", "royalty free", "see website", "other", "4", "CC", "Creative Commons", "CC BY 9.9",
        "CC BY-ND-SA 4.0", "licensed by", "by", "zero", "CC BY 4.0 for members",
        "https://example.org/licenses/by/4.0/", "https://creativecommons.org/", "MIT WITH something",
        "MIT OR whatever", "Free to use and share", "any-OSI", "LicenseRef-", "LicenseRef-unknown",
        "LicenseRef-research-only", "LicenseRef-until-2027", "LicenseRef-not-for-us", "CC0?", "CC BY 4.0 ?",
        "Some rights reserved", "yes", "© Jane Doe, CC BY 4.0",
    ],
    MISSING: ["", "  ", "n/a", "N/A", "unknown", "not known", "none", "TBD", "-", "\u200b", "unspecified", "null"],
}  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), [(text, kind) for kind, texts in BY_KIND.items() for text in texts], ids=str)
def test_each_declared_text_has_its_kind(text: str, kind: LicenceClass) -> None:
    licence = declared_licence(text)
    assert licence.kind is kind
    assert licence.conditions == ()


def test_no_text_is_no_licence() -> None:
    assert declared_licence(None).kind is MISSING


CONDITIONS = {
    "CC-BY-NC-4.0": "NC",
    "cc-by-nc-2.0": "NC",
    "CC BY\u2011NC 4.0": "NC",
    "CC_BY_NC_4_0": "NC",
    "\uff23\uff23 \uff22\uff39\uff0d\uff2e\uff23 4.0": "NC",
    "CC-BY-NC-4.0-International": "NC",
    "CC-BY-NC-3.0-DE": "NC",
    "CC-BY-NC-SA-2.0-UK": "NC SA",
    "ccbyncsa": "NC SA",
    "BY-NC-ND": "NC ND",
    "Attribution-NonCommercial License": "NC",
    "Attribution-NoDerivs License": "ND",
    "Attribution-ShareAlike 2.0 Generic": "SA",
    "Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International (CC BY-NC-SA 4.0)": "NC SA",
    "Namensnennung - Nicht kommerziell - Keine Bearbeitungen 4.0 International": "NC ND",
    "Attribution - Pas d'Utilisation Commerciale - Partage dans les Mêmes Conditions 3.0 France": "NC SA",
    "Reconocimiento-NoComercial-CompartirIgual 4.0 Internacional": "NC SA",
    "Atribuição-NãoComercial-SemDerivações 4.0 Internacional": "NC ND",
    "https://creativecommons.org/licenses/by-nd-nc/1.0/": "NC ND",
    "https://creativecommons.org/licenses/by-nc-nd/3.0/de/legalcode": "NC ND",
    "//creativecommons.org/licenses/by-sa/3.0/deed.fr": "SA",
    "creativecommons.org/licenses/by-nc/2.0": "NC",
    "http://creativecommons.org/licenses/nc-sa/1.0/": "NC SA",
    "http://creativecommons.org/licenses/sampling+/1.0/": "SAMPLING",
    "http://creativecommons.org/licenses/devnations/2.0/": "DEVELOPING-NATIONS",
    "https://spdx.org/licenses/CC-BY-NC-4.0.html": "NC",
    "LicenseRef-CC-BY-NC": "NC",
    "CC-BY-4.0 AND CC-BY-NC-4.0": "NC",
    "CC-BY-4.0 and (CC-BY-SA-4.0 or CC-BY-NC-SA-4.0)": "SA",
    "CC-BY-NC-4.0; MIT": "NC",
    "ODbL-1.0": "SA",
    "GFDL-1.3-or-later": "SA",
    "GPL-2.0-or-later WITH Classpath-exception-2.0": "SA",
    "PolyForm-Noncommercial-1.0.0": "NC",
    "BUSL-1.1": "RESTRICTED",
    "https://unsplash.com/license": "OWN-TERMS",
    "https://rightsstatements.org/page/NoC-NC/1.0/": "NC",
    "No Copyright - United States": "US-ONLY",
    "http://rightsstatements.org/vocab/CNE/1.0/": "UNDETERMINED",
}


@pytest.mark.parametrize("text", CONDITIONS)
def test_conditions_by_id_address_and_name(text: str) -> None:
    licence = declared_licence(text)
    assert licence.kind is CONDITIONAL
    assert licence.conditions == tuple(CONDITIONS[text].split())


CODES = ["BY", "BY-SA", "BY-NC", "BY-ND", "BY-NC-SA", "BY-NC-ND"]


@pytest.mark.parametrize("version", ["1.0", "2.0", "2.1", "2.5", "3.0", "4.0"])
@pytest.mark.parametrize("code", CODES)
def test_one_creative_commons_licence_however_it_is_written(code: str, version: str) -> None:
    """Separators, letter case, the order of the parts, the country and the way of naming change nothing."""
    wanted = tuple(part for part in code.split("-") if part != "BY")
    words = {"BY": "Attribution", "NC": "NonCommercial", "ND": "NoDerivatives", "SA": "ShareAlike"}
    turned = "-".join(reversed(code.split("-")))
    spellings = [
        f"CC-{code}-{version}",
        f"cc_{code.lower()}_{version}".replace("-", "_"),
        f"CC {code} {version}".replace("-", "\u2010"),
        f"CC {code} v{version} Unported",
        f"CC {turned} {version}",
        "-".join(words[part] for part in code.split("-")) + f" {version} Generic",
        f"https://creativecommons.org/licenses/{code.lower()}/{version}/",
        f"http://www.creativecommons.org/licenses/{turned.lower()}/{version}/br/deed.pt?x=1",
        f"LicenseRef-CC-{code}-{version}",
    ]
    assert {spelling: declared_licence(spelling).conditions for spelling in spellings} == dict.fromkeys(
        spellings, wanted
    )
    assert {declared_licence(spelling).kind for spelling in spellings} == {CONDITIONAL if wanted else PERMISSIVE}


_PARTS = st.sampled_from(
    [
        "MIT",
        "CC-BY-4.0",
        "CC-BY-NC-4.0",
        "CC-BY-SA-4.0",
        "LicenseRef-x",
        "CC BY-NC-ND 3.0",
        "All rights reserved",
        "odd",
    ]
)
_STRICTNESS = [PERMISSIVE, REFERENCE, CONDITIONAL, UNKNOWN, NOTHING]


@given(st.lists(_PARTS, min_size=1, max_size=4))
def test_and_is_never_milder_than_any_of_its_parts(parts: list[str]) -> None:
    whole = declared_licence(" AND ".join(parts))
    for part in map(declared_licence, parts):
        assert _STRICTNESS.index(whole.kind) >= _STRICTNESS.index(part.kind)
        assert whole.kind is not CONDITIONAL or set(part.conditions) <= set(whole.conditions)


@given(st.lists(_PARTS, min_size=2, max_size=4))
def test_or_gives_what_one_of_its_parts_gives(parts: list[str]) -> None:
    whole, each = declared_licence(" OR ".join(parts)), [declared_licence(part) for part in parts]
    if any(part.kind in (UNKNOWN, NOTHING) for part in each):
        assert whole.kind in (UNKNOWN, NOTHING)  # a choice that is not understood is none
    else:
        assert (whole.kind, whole.conditions) in [(part.kind, part.conditions) for part in each]


@given(st.sampled_from(["CC-BY-4.0", "MIT", "CC0", "Public Domain"]), st.text(min_size=1, max_size=30))
def test_a_word_that_is_not_understood_never_leaves_a_licence_permissive(name: str, more: str) -> None:
    licence = declared_licence(f"{name} qxzv{more}qxzv")
    assert licence.kind is not PERMISSIVE


@given(st.text(max_size=200))
def test_any_text_has_a_kind_and_reading_it_again_changes_nothing(text: str) -> None:
    licence = declared_licence(text)
    assert (licence.kind is CONDITIONAL) == bool(licence.conditions)
    if licence.spdx is not None and licence.kind is not REFERENCE:
        assert declared_licence(licence.spdx).kind is licence.kind


@pytest.mark.parametrize("text", ["(" * 490, "MIT AND " * 60, "no " * 1300, "// " * 1300, "((MIT))" * 60, ") AND ("])
def test_hostile_texts_end(text: str) -> None:
    assert declared_licence(text).kind in (UNKNOWN, MISSING, PERMISSIVE)


def test_of_two_licences_in_a_sentence_the_stricter_one() -> None:
    text = "https://creativecommons.org/licenses/by/4.0/ or https://creativecommons.org/licenses/by-nc-nd/4.0/"
    licence = licence_in(f"This work is licensed under {text}.")
    assert licence is not None
    assert licence.spdx == "CC-BY-NC-ND-4.0"


@pytest.mark.parametrize(
    "text", ["", "mine", "public domain", "CC", "Getty Images", "http://example.com/licenses/by/4.0/", "commercial"]
)
def test_what_names_no_licence(text: str) -> None:
    assert licence_in(text) is None


@pytest.mark.parametrize("spdx", ["Proprietary", "CC-BY-XX-4.0", "", "LicenseRef"])
def test_an_unknown_id_is_not_recognised(spdx: str) -> None:
    assert licence_of_id(spdx).kind is UNKNOWN

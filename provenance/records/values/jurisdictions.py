"""Jurisdictions as people name them: codes of ISO 3166-1 and 3166-2 in any letter case, and names of countries.

Names come from the ISO lists in English, French, German, Spanish and Portuguese (`pycountry`). A name that several
places share is not resolved: Georgia is a country and a state.

>>> [jurisdiction_of(text) for text in ("ca-qc", "UK", "Québec", "Deutschland", "DEU", "n/a")]
['CA-QC', 'GB', 'CA-QC', 'DE', 'DE', 'UNKNOWN']
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Collection
from functools import cache
from typing import Final

from provenance.placeholders import folded, is_placeholder
from provenance.tables import table
from provenance.vocabulary import UNKNOWN_JURISDICTION, is_jurisdiction

_LANGUAGES: Final = ("fr", "de", "es", "pt")
_PART: Final = re.compile(r"([A-Z]{2})-[A-Z0-9]{1,3}", re.ASCII)
_MAX: Final = 100
"""Characters of a name; a longer one is none."""

_LISTED: Final = 60
"""Codes of one country's parts that are listed where one of them is misspelt."""


def jurisdiction_of(text: str, own: Collection[str] = ()) -> str | None:
    """The code of a jurisdiction, however it is named; UNKNOWN for a placeholder, None where it is not known.

    `own` are codes of packs of the user's own.
    """
    if text in own:
        return text
    if is_placeholder(text):
        return UNKNOWN_JURISDICTION
    code = text.strip().upper().replace("_", "-")
    if code in own or is_jurisdiction(code):
        return code
    return None if len(text) > _MAX else _names().get(folded(text)) or _code_of_three(code)


def parts_near(text: str) -> tuple[str, ...]:
    """The codes of the parts of a country, where `text` is the code of a part that it does not have.

    >>> parts_near("CA-QU")[:3]
    ('CA-AB', 'CA-BC', 'CA-MB')
    """
    match = _PART.fullmatch(text.strip().upper().replace("_", "-")[:_MAX])
    if match is None:
        return ()
    import pycountry

    codes: list[str] = sorted(part.code for part in pycountry.subdivisions if part.country_code == match[1])
    return tuple(codes[:_LISTED])


def _code_of_three(code: str) -> str | None:
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        return None
    import pycountry

    country = pycountry.countries.get(alpha_3=code)
    return str(country.alpha_2) if country is not None else None


@cache
def _names() -> dict[str, str]:
    """Code by folded name, of names that mean one place only."""
    import pycountry

    found: dict[str, set[str]] = {}
    translations = {
        domain: [
            gettext.NullTranslations(),
            *(gettext.translation(domain, pycountry.LOCALES_DIR, [lang], fallback=True) for lang in _LANGUAGES),
        ]
        for domain in ("iso3166-1", "iso3166-2")
    }
    for country in pycountry.countries:
        told = [getattr(country, kind, None) for kind in ("name", "official_name", "common_name")]
        for name in filter(None, told):
            for translation in translations["iso3166-1"]:
                found.setdefault(folded(translation.gettext(name)), set()).add(country.alpha_2)
    for part in pycountry.subdivisions:
        for translation in translations["iso3166-2"]:
            for name in re.split(r"[\[\]]", translation.gettext(part.name)):
                found.setdefault(folded(name), set()).add(part.code)
    known = {name: next(iter(codes)) for name, codes in found.items() if name and len(codes) == 1}
    places: dict[str, str] = table("provenance.records.values", "aliases.toml")["places"]
    return known | places

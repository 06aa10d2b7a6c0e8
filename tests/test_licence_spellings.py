"""Licences in Debian's and in people's spelling: which SPDX licence each means, argued from the two lists of names.

Debian's are those of the machine-readable copyright format 1.0, section 7.1; conditions are those of each licence.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.licence_spellings import spdx_expression, spdx_ids
from provenance.licences import LicenceClass, declared_licence

SPELLED = {
    "GPL-1+": "GPL-1.0-or-later",
    "GPL-2": "GPL-2.0-only",
    "GPL-2+": "GPL-2.0-or-later",
    "GPL-2.0.0": "GPL-2.0-only",  # trailing noughts say nothing
    "GPL-2 or-later": "GPL-2.0-or-later",
    "LGPL-2+": "LGPL-2.0-or-later",
    "LGPL-2.1+": "LGPL-2.1-or-later",
    "AGPL-3": "AGPL-3.0-only",
    "GFDL-1.2+": "GFDL-1.2-or-later",
    "GFDL-NIV-1.3+": "GFDL-1.3-no-invariants-or-later",
    "Artistic-1": "Artistic-1.0",
    "MPL-2": "MPL-2.0",
    "Zope-2.1": "ZPL-2.1",
    "Apache-2": "Apache-2.0",
    "BSD-3-clause": "BSD-3-Clause",
    "Expat": "MIT",
    "CC-BY-SA-3.0": "CC-BY-SA-3.0",
    "CC-BY-4": "CC-BY-4.0",
    "CC0": "CC0-1.0",
    "GPLv2": "GPL-2.0-only",
    "gpl2": "GPL-2.0-only",
    "GPLv3+": "GPL-3.0-or-later",
    "LGPL v2.1 or later": "LGPL-2.1-or-later",
    "GNU General Public License v2.0": "GPL-2.0-only",
    "the GNU GPL, version 3 or any later version": "GPL-3.0-or-later",
    "GNU Lesser General Public License, version 2.1": "LGPL-2.1-only",
    "Mozilla Public License 2.0": "MPL-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Free Art License 1.3": "LAL-1.3",
    "Expat or GPL-2+": "MIT OR GPL-2.0-or-later",
    "GPL v2 or later or MIT": "GPL-2.0-or-later OR MIT",
    "GPL-3+ with Font exception": "GPL-3.0-or-later",  # an exception permits something more
    "GPL-2+ with OpenSSL exception": "GPL-2.0-or-later",
}


@pytest.mark.parametrize("text", SPELLED)
def test_each_spelling_means_one_licence_and_its_conditions(text: str) -> None:
    meant = declared_licence(SPELLED[text])
    read = declared_licence(text)
    assert meant.kind in (LicenceClass.PERMISSIVE, LicenceClass.CONDITIONAL)
    assert (read.kind, read.conditions, read.spdx) == (meant.kind, meant.conditions, SPELLED[text])


@pytest.mark.parametrize(
    "text",
    [
        "GPL-9+",  # there is no such version
        "GPL-2.1",
        "LGPL-2.0.1",
        "MIT-like",
        "GPL-2+-like",
        "GPL-2++",
        "GPL 2 for members",
        "other-2+",
        "GPL-3+ with strange exception",
        "GPL-2+ or custom",
        "Expat, and GPL-2+, or CC-BY-4.0",  # which comma binds the other?
        "non-free",
    ],
)
def test_what_nobody_could_look_up_is_not_recognised(text: str) -> None:
    assert declared_licence(text).kind is LicenceClass.UNRECOGNISED


def test_a_comma_binds_least() -> None:
    """Section 7.2: `A or B, and C` is `(A or B) and C`, while without the comma `and` binds more."""
    freely = declared_licence("Expat or CC-BY-NC-4.0 and GPL-2+")  # Expat alone may be chosen
    bound = declared_licence("Expat or CC-BY-NC-4.0, and GPL-2+")  # GPL-2+ holds in any case
    assert (freely.kind, freely.conditions) == (LicenceClass.PERMISSIVE, ())
    assert (bound.kind, bound.conditions) == (LicenceClass.CONDITIONAL, ("SA",))
    assert spdx_expression("A or B, and C or D, and E") == "(A or B) and (C or D) and E"


@given(st.text(max_size=120))
def test_any_text_is_put_somehow_and_stays_bounded(text: str) -> None:
    assert len(list(spdx_ids(text))) <= 6
    assert len(spdx_expression(text)) <= 2 * len(text) + 80 * text.count("xception") + 2 * text.count(",") + 2


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["a" * 400, "gpl" + "-" * 400 + "2", "1." * 300, ", and " * 80, "with a " * 70])
def test_hostile_texts_end(text: str) -> None:
    assert declared_licence(text).kind is LicenceClass.UNRECOGNISED

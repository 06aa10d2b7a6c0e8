"""Whether the check digits of a number are right, by which a number of a person's is told from another as long.

Sources: ISO/IEC 7812-1 annex B (Luhn), ISO/IEC 7064 (MOD 97-10), Orden INT/2058/2008 (DNI and NIE), INSEE (NIR), NHS
Data Dictionary (NHS NUMBER).

>>> luhn("046 454 286"), luhn("046 454 287")
(True, False)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

_DNI: Final = "TRWAGMYFPDXBNJZSQVHLCKE"
_NIE: Final = {"X": "0", "Y": "1", "Z": "2"}


def _bare(text: str) -> str:
    return "".join(character for character in text.upper() if character.isalnum())


def luhn(text: str) -> bool:
    """Canada's social insurance number, payment cards."""
    digits = [int(digit) for digit in reversed(_bare(text))]
    return sum(digits[::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0


def iban(text: str) -> bool:
    """Bank accounts, ISO 13616."""
    bare = _bare(text)
    return int("".join(str(int(one, 36)) for one in bare[4:] + bare[:4])) % 97 == 1


def dni(text: str) -> bool:
    """Spain's numbers of identity cards and of foreigners."""
    bare = _bare(text)
    return _DNI[int(_NIE.get(bare[0], bare[0]) + bare[1:-1]) % len(_DNI)] == bare[-1]


def nir(text: str) -> bool:
    """France's social security number. Corsica's departments 2A and 2B count as 19 and 18."""
    bare = _bare(text).replace("2A", "19").replace("2B", "18")
    return 97 - int(bare[:-2]) % 97 == int(bare[-2:])


def nhs(text: str) -> bool:
    """The number of the National Health Service in England."""
    digits = [int(digit) for digit in _bare(text)]
    rest = 11 - sum((10 - place) * digit for place, digit in enumerate(digits[:9])) % 11
    return rest % 11 == digits[9]


CHECKS: Final[Mapping[str, Callable[[str], bool]]] = {"luhn": luhn, "iban": iban, "dni": dni, "nir": nir, "nhs": nhs}
"""By the name under which `personal.toml` asks for them."""

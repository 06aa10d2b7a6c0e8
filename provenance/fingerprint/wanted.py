"""Which fingerprints to take of an image."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from provenance.fingerprint.pdq import PDQ, require
from provenance.fingerprint.perceptual import DRAFT, EXACT


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to take beside the hash of the whole picture, which is always taken.

    `exact` takes that hash from a full decode, as ImageHash does, instead of one that is scaled by the JPEG decoder;
    `windows` adds the hashes of 27 windows, by which larger crops are found; `pdq` adds PDQ, which needs the full
    decode too and so makes the hash exact. `all_frames` takes them of every frame and page, not of 16 spread over the
    file.

    >>> Wanted(pdq=True).full
    True
    """

    exact: bool = False
    windows: bool = True
    pdq: bool = False
    all_frames: bool = False

    @property
    def full(self) -> bool:
        """Whether the whole picture is decoded."""
        return self.exact or self.pdq

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The ids of the fingerprints that come of it, in the order in which a reading has them."""
        from provenance.fingerprint.windows import WINDOWS  # loads NumPy

        parts = ((self.windows, WINDOWS), (self.pdq, PDQ))
        return (EXACT if self.full else DRAFT, *(algorithm for wanted, algorithm in parts if wanted))

    def missing(self, held: Collection[str]) -> tuple[str, ...]:
        """The ids that are not among those held. An exact hash stands for a drafted one, and older windows for newer.

        >>> Wanted().missing([EXACT])
        ('phash256-windows@2',)
        """
        from provenance.fingerprint.windows import WINDOWS, WINDOWS_BEFORE

        stands_for = {DRAFT: EXACT, WINDOWS: WINDOWS_BEFORE}
        return tuple(a for a in self.algorithms if a not in held and stands_for.get(a) not in held)

    def check(self) -> None:
        """Raises MissingExtra where a fingerprint cannot be taken here."""
        if self.pdq:
            require()

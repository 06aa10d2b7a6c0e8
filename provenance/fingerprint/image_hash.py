"""To and from ImageHash, whose `phash` with `hash_size=16` the fingerprints are: hashes that people have already.

>>> import imagehash
>>> theirs = imagehash.hex_to_hash("8f" * 32)
>>> from_image_hash(theirs).hex() == str(theirs), to_image_hash(from_image_hash(theirs)) == theirs
(True, True)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from provenance.errors import UsageError
from provenance.fingerprint.perceptual import HASH_SIZE

if TYPE_CHECKING:
    from imagehash import ImageHash

_BYTES: Final = HASH_SIZE * HASH_SIZE // 8
_HEX: Final = re.compile(r"[0-9a-fA-F]{64}")
_REMEDY: Final = "take it with `imagehash.phash(image, hash_size=16)`: 64 digits, 256 bits"


def to_image_hash(value: bytes) -> ImageHash:
    """The 32 bytes of a fingerprint as ImageHash has them, to be subtracted from theirs. Raises UsageError.

    >>> to_image_hash(bytes(32)) - to_image_hash(b"\\x01" + bytes(31))
    1
    """
    import imagehash
    import numpy as np

    if len(value) != _BYTES:
        raise UsageError(f"a fingerprint of {len(value)} bytes is not one of ImageHash's", remedy=_REMEDY)
    bits = np.unpackbits(np.frombuffer(value, np.uint8)).astype(np.bool_)
    return imagehash.ImageHash(bits.reshape(HASH_SIZE, HASH_SIZE))


def from_image_hash(given: ImageHash | str) -> bytes:
    """The 32 bytes of a fingerprint from an ImageHash, or from what `str()` makes of one: 64 hexadecimal digits.

    Raises UsageError for a hash of another size. Which function took it cannot be seen: it must be `phash` of the
    upright picture.

    >>> from_image_hash("0F" * 32).hex() == "0f" * 32
    True
    """
    text = str(given)
    if not _HEX.fullmatch(text):
        raise UsageError(f"{text[:80]!a} cannot be compared with fingerprints of 256 bits", remedy=_REMEDY)
    return bytes.fromhex(text)

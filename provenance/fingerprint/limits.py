"""The bounds that a hostile image meets. Each is far above what honest photographs need."""

from __future__ import annotations

from typing import Final

MAX_BYTES: Final = 512 * 1024 * 1024
"""Largest file that is decoded. A 100-megapixel raw TIFF has 300 to 600 MB, a JPEG of that size 60 MB."""

MAX_PIXELS: Final = 120_000_000
"""Largest picture that is decoded: 12,000 x 10,000. A 108-megapixel phone fits; RGB takes 4 bytes a pixel here."""

MAX_FRAMES: Final = 10_000
"""Frames are counted up to here; a larger count is reported as this one."""

MAX_SCAN_PIXELS: Final = 3_000_000_000
"""Scans times pixels of a JPEG. A progressive photograph has about 10 scans; thousands of them stall a decoder."""

MAX_JPEG_STRAY: Final = 1 << 16
"""Bytes between the segments before a JPEG's pixels: Pillow passes over them one by one, at every opening."""

MAX_JPEG_SEGMENTS: Final = 20_000
"""Segments before a JPEG's pixels. A large colour profile has 255, extended XMP some hundred."""

MAX_PPM_HEAD: Final = 1 << 16
"""Bytes of a netpbm file's head with its comments, which Pillow reads one by one."""

MAX_PPM_COMMENTS: Final = 1_000
"""Comments among the numbers of a netpbm file in ASCII: Pillow takes each out of all that it has read."""

MAX_GIF_BLOCKS: Final = 2_000_000
"""Data blocks of a GIF, of up to 255 bytes each, that are walked to count its frames."""

MAX_GIF_COMMENT_BLOCKS: Final = 20_000
"""Blocks of GIF comments: Pillow joins them one by one, so that their cost grows with the square of the number."""

MAX_DETAIL: Final = 200
"""Characters of a problem's detail, which may quote the file."""

COMPARED_FRAMES: Final = 16
"""Pictures of a film or a stack of pages that are fingerprinted unless every one is asked for."""

MAX_FRAME_PIXELS: Final = 600_000_000
"""Pixels that a decoder is made to go through for the frames behind the first: 5 pictures of the largest size, or 300
frames of a film in full high definition. A frame needs those before it, so a spread over a film takes all of it."""

MAX_EVERY_FRAME_PIXELS: Final = 20 * MAX_FRAME_PIXELS
"""The same where every frame is asked for: some minutes."""

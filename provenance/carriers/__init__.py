"""What a file holds and where: its metadata blocks, its pictures, its end, and the bytes that nobody knows.

>>> walk(b"GIF89a" + bytes(7) + b";").family
'gif'
"""

from provenance.carriers.parts import Block, BlockKind, Picture, PictureRole, Private, Rest
from provenance.carriers.walk import Walk, sniff, walk

__all__ = ["Block", "BlockKind", "Picture", "PictureRole", "Private", "Rest", "Walk", "sniff", "walk"]

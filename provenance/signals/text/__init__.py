"""Signals of minors and people in the text beside an image: captions, keywords, file names, paths, URLs."""

from provenance.signals.text.language import language_of
from provenance.signals.text.read import read_text, read_texts

__all__ = ["language_of", "read_text", "read_texts"]

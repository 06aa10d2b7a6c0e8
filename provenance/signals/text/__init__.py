"""Signals of minors and people in the text beside an image: captions, keywords, file names, paths, URLs."""

from provenance.signals.text.language import language_of
from provenance.signals.text.read import is_from_path, read_path, read_text, read_texts

__all__ = ["is_from_path", "language_of", "read_path", "read_text", "read_texts"]

"""The rules: which facts, under which law and for which purpose, let an image be used."""

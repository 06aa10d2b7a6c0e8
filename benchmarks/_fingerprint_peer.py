"""Times one other library on one file at a time, in that library's own environment.

Run by `benchmarks.fingerprint` as `PYTHON _fingerprint_peer.py NAME`. Imports nothing of this project: pins conflict.
Says `ready VERSION`, then reads a path a line and answers with seconds.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
import types
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path


def imagededup() -> Callable[[str], object]:
    # The package imports torch for its neural method; its perceptual hash never uses it.
    for module, name in (("imagededup.methods.cnn", "CNN"), ("imagededup.utils.models", "CustomModel")):
        sys.modules[module] = types.ModuleType(module)
        setattr(sys.modules[module], name, None)
    from imagededup.methods import PHash

    hasher = PHash(verbose=False)
    return lambda path: hasher.encode_image(image_file=path)


def perception() -> Callable[[str], object]:
    from perception.hashers import PHash

    hasher = PHash(hash_size=16, highfreq_factor=4)
    return hasher.compute  # type: ignore[no-any-return]


def imgdd() -> Callable[[str], object]:
    import imgdd as library

    # It hashes folders only, so each file is given a folder of its own before the clock starts.
    return lambda folder: library.hash(folder, filter="Lanczos3", algo="phash")


def pdqhash() -> Callable[[str], object]:
    import numpy as np
    import pdqhash as library
    from PIL import Image

    return lambda path: library.compute(np.asarray(Image.open(path).convert("RGB")))


PEERS = {"imagededup": imagededup, "perception": perception, "imgdd": imgdd, "pdqhash": pdqhash}


def main(name: str) -> None:
    with contextlib.redirect_stdout(sys.stderr), tempfile.TemporaryDirectory() as folder:
        hash_file = PEERS[name]()
        sys.__stdout__.write(f"ready {version(name)}\n")  # type: ignore[union-attr]
        sys.__stdout__.flush()  # type: ignore[union-attr]
        for line in sys.stdin:
            path = line.strip()
            if name == "imgdd":
                for old in Path(folder).iterdir():
                    old.unlink()
                copy = Path(folder) / Path(path).name
                copy.write_bytes(Path(path).read_bytes())
                path = folder
            started = time.perf_counter()
            hash_file(path)
            sys.__stdout__.write(f"{time.perf_counter() - started!r}\n")  # type: ignore[union-attr]
            sys.__stdout__.flush()  # type: ignore[union-attr]


if __name__ == "__main__":
    main(sys.argv[1])

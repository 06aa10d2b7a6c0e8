"""What frames, transparency and other views cost beside the same picture still, opaque and of eight bits."""

from __future__ import annotations

import io
import statistics
import time
from pathlib import Path

from benchmarks.report import Figure, Ratio
from provenance.fingerprint.read import read_image

SIZE = (320, 240)
_TURNED = b'<x tiff:Orientation="6" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"/>'
BESIDE = {
    "PNG with transparency": "still PNG",
    "grey PNG of 16 bits": "grey PNG",
    "grey PNG of 12 bits in 16": "grey PNG",
    "JPEG that XMP alone turns": "still JPEG",
    "JPEG with another behind it": "still JPEG",
    "MPO of two pictures": "still JPEG",
    "GIF of 16 frames": "still GIF",
    "TIFF of 10 pages": "still TIFF",
}
"""Each file that holds more, and the plain one that it is held against."""


def costs(photograph: Path, repetitions: int) -> tuple[list[Figure], list[Ratio]]:
    """Milliseconds of processor time for each file, with windows, and how many times its plain one each other takes."""
    files = _files(photograph)
    taken: dict[str, list[float]] = {name: [] for name in files}
    for _ in range(repetitions):  # in turn, so that a slow moment of the machine hits all of them
        for name, data in files.items():
            started = time.process_time()
            read_image(data)
            taken[name].append(time.process_time() - started)
    figures = [
        Figure(name, repetitions, statistics.median(seconds) * 1e3, "ms/file", "of processor time")
        for name, seconds in taken.items()
    ]
    ratios = []
    for name, plain in BESIDE.items():
        times = statistics.median(more / less for more, less in zip(taken[name], taken[plain], strict=True))
        ratios.append(Ratio(f"time of {name} over {plain}", times, None, "lower"))
    return figures, ratios


def _files(photograph: Path) -> dict[str, bytes]:
    import numpy as np
    from PIL import Image, ImageOps

    with Image.open(photograph) as image:
        still = ImageOps.fit(image.convert("RGB"), SIZE)
    frames = [Image.blend(still, ImageOps.mirror(still), share / 15) for share in range(16)]
    clear = still.copy()
    clear.putalpha(Image.linear_gradient("L").resize(still.size))
    grey = np.asarray(still.convert("L")).astype(np.uint16)

    def saved(image: Image.Image, kind: str, *behind: Image.Image, **options: object) -> bytes:
        stream = io.BytesIO()
        # Copies, since Pillow leaves the settings of one format with a picture that it saved.
        copies = [each.copy() for each in behind]
        image.copy().save(stream, kind, save_all=bool(copies), append_images=copies, **options)
        return stream.getvalue()

    return {
        "still PNG": saved(still, "PNG"),
        "PNG with transparency": saved(clear, "PNG"),
        "grey PNG": saved(still.convert("L"), "PNG"),
        "grey PNG of 16 bits": saved(Image.fromarray(grey * 257), "PNG"),
        "grey PNG of 12 bits in 16": saved(Image.fromarray(grey * 16), "PNG"),
        "still JPEG": saved(still, "JPEG"),
        "JPEG that XMP alone turns": saved(still, "JPEG", xmp=_TURNED),
        "JPEG with another behind it": saved(still, "JPEG") + saved(frames[8], "JPEG"),
        "MPO of two pictures": saved(still, "MPO", frames[8]),
        "still GIF": saved(still, "GIF"),
        "GIF of 16 frames": saved(still, "GIF", *frames[1:]),
        "still TIFF": saved(still, "TIFF"),
        "TIFF of 10 pages": saved(still, "TIFF", *frames[1:10]),
    }

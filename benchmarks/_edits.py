"""What people do to a picture before they post it again: 37 common edits, and 24 harder ones."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

Edit: TypeAlias = Callable[[Image.Image], Image.Image]
Enhancer: TypeAlias = Callable[[Image.Image], ImageEnhance.Color | ImageEnhance.Contrast | ImageEnhance.Brightness]

_TURN = Image.Transpose


def encoded(image: Image.Image, format_: str, quality: int = 75) -> Image.Image:
    """The image after a round through a file format."""
    stream = io.BytesIO()
    image.save(stream, format_, quality=quality)
    return Image.open(stream).convert("RGB")


def scaled(image: Image.Image, factor: float) -> Image.Image:
    width, height = (max(1, round(side * factor)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BICUBIC)


def cropped(image: Image.Image, share: float) -> Image.Image:
    """Without that share of width and of height, half of it on each side."""
    across, down = image.width * share / 2, image.height * share / 2
    return image.crop((round(across), round(down), round(image.width - across), round(image.height - down)))


def cropped_anywhere(image: Image.Image, keep: float) -> Image.Image:
    """A part that keeps that share of width and of height, at a place drawn from the picture's own pixels."""
    draw = random.Random(image.resize((4, 4)).tobytes())
    left, top = (draw.random() * (1 - keep) * side for side in image.size)
    return image.crop((round(left), round(top), round(left + keep * image.width), round(top + keep * image.height)))


def bordered(image: Image.Image, share: float, colour: str) -> Image.Image:
    return ImageOps.expand(image, round(share * max(image.size)), colour)


def adjusted(
    kind: Enhancer,
    factor: float,
    image: Image.Image,
) -> Image.Image:
    return kind(image).enhance(factor)


def noisy(image: Image.Image) -> Image.Image:
    grain = np.random.default_rng(3).normal(0, 12, (image.height, image.width, 3))
    return Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))


def brighter_by_gamma(image: Image.Image) -> Image.Image:
    return image.point([round(255 * (level / 255) ** 0.6) for level in range(256)] * 3)


def watermarked(image: Image.Image) -> Image.Image:
    """Large outlined letters across the middle."""
    marked = image.copy()
    place = (image.width * 0.1, image.height * 0.4)
    ImageDraw.Draw(marked).text(
        place, "SAMPLE TEXT", fill="white", font_size=image.width // 6, stroke_width=2, stroke_fill="black"
    )
    return marked


def signed(image: Image.Image) -> Image.Image:
    """A small line of text in a corner."""
    marked = image.copy()
    place = (image.width * 0.7, image.height * 0.93)
    ImageDraw.Draw(marked).text(place, "(c) someone", fill="white", font_size=max(8, image.width // 24))
    return marked


def captioned(image: Image.Image) -> Image.Image:
    """A white band with words above, a fifth as high as the picture."""
    band = round(image.height * 0.2)
    whole = Image.new("RGB", (image.width, image.height + band), "white")
    whole.paste(image, (0, band))
    place = (image.width * 0.04, band * 0.3)
    ImageDraw.Draw(whole).text(place, "When nobody asked you", fill="black", font_size=max(8, round(band * 0.35)))
    return whole


def shown_in_a_browser(image: Image.Image) -> Image.Image:
    """A screenshot with a bar of the application above and below."""
    bar = round(image.height * 0.07)
    whole = Image.new("RGB", (image.width, image.height + 2 * bar), (250, 250, 250))
    whole.paste((230, 232, 236), (0, 0, image.width, bar))
    whole.paste(image, (0, bar))
    pen, size = ImageDraw.Draw(whole), max(8, bar // 2)
    pen.text((image.width * 0.05, bar * 0.2), "< Photos          12:41", fill="black", font_size=size)
    below = (image.width * 0.2, bar * 1.2 + image.height)
    pen.text(below, "Like   Comment   Share", fill=(60, 60, 60), font_size=size)
    return whole


def shown_on_a_phone(image: Image.Image) -> Image.Image:
    """A full-screen view on a phone: black above and below, a status bar, buttons."""
    width, height = image.width, max(round(image.width * 19.5 / 9), round(image.height * 1.2))
    whole = Image.new("RGB", (width, height))
    whole.paste(image, (0, (height - image.height) // 2))
    pen, size = ImageDraw.Draw(whole), width // 18
    pen.text((width * 0.06, size * 0.4), "12:41", fill="white", font_size=size)
    pen.rectangle((width * 0.82, size * 0.6, width * 0.92, size * 1.3), fill="white")
    pen.text((width * 0.06, height - size * 4), "Reply     Save     Share", fill="white", font_size=size)
    return whole


def tightly_shot(image: Image.Image) -> Image.Image:
    return scaled(cropped(image, 0.008), 0.8)


def letterboxed(image: Image.Image) -> Image.Image:
    bar = round(image.height * 0.12)
    return ImageOps.expand(image, (0, bar, 0, bar), "black")


def rotated(image: Image.Image, degrees: float) -> Image.Image:
    """In the same frame, so that the corners are cut and filled with black."""
    return image.rotate(degrees, Image.Resampling.BICUBIC)


def cropped_to(image: Image.Image, shape: float) -> Image.Image:
    """The largest part from the middle whose width is that many times its height, as sites that fix a shape cut it."""
    width = min(image.width, image.height * shape)
    height = min(image.height, image.width / shape)
    left, top = (image.width - width) / 2, (image.height - height) / 2
    return image.crop((round(left), round(top), round(left + width), round(top + height)))


def cut(image: Image.Image, left: float = 0, top: float = 0, right: float = 0, bottom: float = 0) -> Image.Image:
    """Without that share of the picture at each edge: a strip with a watermark or a date cut off."""
    width, height = image.size
    return image.crop(
        (round(left * width), round(top * height), round((1 - right) * width), round((1 - bottom) * height))
    )


def made_a_meme(image: Image.Image) -> Image.Image:
    """Large outlined words over the top and the bottom of the picture itself."""
    marked = image.copy()
    pen, size = ImageDraw.Draw(marked), image.width // 12
    for words, height in (("WHEN THEY SAID", 0.02), ("IT WAS PUBLIC", 0.97 - size / image.height)):
        place = (image.width * 0.2, image.height * height)
        pen.text(place, words, fill="white", font_size=size, stroke_width=3, stroke_fill="black")
    return marked


def stickered(image: Image.Image) -> Image.Image:
    """A round sticker a quarter as wide as the picture, in its lower right."""
    marked = image.copy()
    size = image.width * 0.25
    left, top = image.width * 0.62, image.height * 0.55
    pen = ImageDraw.Draw(marked)
    pen.ellipse((left, top, left + size, top + size), fill=(255, 221, 51), outline="black", width=3)
    pen.arc((left + size * 0.2, top + size * 0.3, left + size * 0.8, top + size * 0.8), 10, 170, fill="black", width=4)
    return marked


def shown_in_a_story(image: Image.Image) -> Image.Image:
    """In the middle of a tall frame that is filled with the picture itself, enlarged and blurred."""
    width, height = image.width, round(image.width * 16 / 9)
    filled = ImageOps.fit(image, (width, max(height, image.height))).filter(ImageFilter.GaussianBlur(25))
    filled.paste(image, (0, (filled.height - image.height) // 2))
    return filled


def beside_another(image: Image.Image) -> Image.Image:
    """The left of two pictures on one sheet; the other is a striped panel of the same size."""
    whole = Image.new("RGB", (2 * image.width, image.height), (40, 90, 120))
    pen = ImageDraw.Draw(whole)
    for at in range(image.width, 2 * image.width, max(8, image.width // 9)):
        pen.line((at, 0, at + image.width // 4, image.height), fill=(220, 190, 120), width=9)
    whole.paste(image, (0, 0))
    return whole


def with_round_corners(image: Image.Image) -> Image.Image:
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, image.width - 1, image.height - 1), image.width // 8, fill=255)
    return Image.composite(image, Image.new("RGB", image.size, "white"), mask)


def with_dark_corners(image: Image.Image) -> Image.Image:
    across, down = np.meshgrid(np.linspace(-1, 1, image.width), np.linspace(-1, 1, image.height))
    weight = 1 - 0.35 * (across**2 + down**2)
    return Image.fromarray((np.asarray(image) * weight[..., None]).astype(np.uint8))


def in_sepia(image: Image.Image) -> Image.Image:
    return ImageOps.colorize(image.convert("L"), "#2b1a0c", "#fff3d6", mid="#a5814f")


def photographed_from_a_screen(image: Image.Image) -> Image.Image:
    """Seen a little from the side, cut to the picture, with the lines of the screen and less contrast."""
    width, height = image.size
    corners = (0.02 * width, 0.015 * height, 0, 0.985 * height, width, height, 0.98 * width, 0)
    seen = image.transform(image.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)
    lines = 1 - 0.12 * (np.arange(height) % 3 == 0)
    dimmed = np.asarray(seen).astype(float) * 0.8 * lines[:, None, None] + 25
    return Image.fromarray(dimmed.astype(np.uint8))


COMMON: Final[dict[str, Edit]] = {
    **{f"JPEG {quality}": partial(encoded, format_="JPEG", quality=quality) for quality in (95, 75, 50, 30)},
    "WebP 80": partial(encoded, format_="WEBP", quality=80),
    "PNG": partial(encoded, format_="PNG"),
    "grey": lambda image: image.convert("L").convert("RGB"),
    "blur": lambda image: image.filter(ImageFilter.GaussianBlur(2)),
    "noise": noisy,
    "contrast +30 %": partial(adjusted, ImageEnhance.Contrast, 1.3),
    "contrast -30 %": partial(adjusted, ImageEnhance.Contrast, 0.7),
    "brightness +30 %": partial(adjusted, ImageEnhance.Brightness, 1.3),
    "brightness -30 %": partial(adjusted, ImageEnhance.Brightness, 0.7),
    "gamma 0.6": brighter_by_gamma,
    "saturation +50 %": partial(adjusted, ImageEnhance.Color, 1.5),
    **{f"scaled by {factor}": partial(scaled, factor=factor) for factor in (0.25, 0.5, 1.5)},
    "squeezed to a square": lambda image: image.resize((400, 400)),
    "large watermark": watermarked,
    "text in a corner": signed,
    "tight screenshot": tightly_shot,
    **{f"crop {share} %": partial(cropped, share=share / 100) for share in (2, 5, 10, 20)},
    "caption band 20 %": captioned,
    **{f"border {share} %": partial(bordered, share=share / 100, colour="white") for share in (2, 5)},
    **{f"rotated {degrees} degrees": partial(rotated, degrees=degrees) for degrees in (2, 5)},
    "screenshot with bars": shown_in_a_browser,
    "mirrored": ImageOps.mirror,
    "upside down mirrored": ImageOps.flip,
    "quarter turn": lambda image: image.transpose(_TURN.ROTATE_90),
    "half turn": lambda image: image.transpose(_TURN.ROTATE_180),
    "scaled, JPEG 50, crop 2 %": lambda image: encoded(scaled(cropped(image, 0.02), 0.5), "JPEG", 50),
}
"""The 37 edits that recall is stated for."""

HARDER: Final[dict[str, Edit]] = {
    "three quarters, anywhere": partial(cropped_anywhere, keep=0.75),
    "85 %, anywhere": partial(cropped_anywhere, keep=0.85),
    "two thirds, anywhere": partial(cropped_anywhere, keep=0.667),
    "phone screenshot": shown_on_a_phone,
    "letterbox": letterboxed,
    "black border 10 %": partial(bordered, share=0.1, colour="black"),
    "rotated 3 degrees, crop 12 %": lambda image: cropped(rotated(image, 3), 0.12),
    "mirrored, crop 10 %": lambda image: ImageOps.mirror(cropped(image, 0.1)),
    "mirrored, three quarters, anywhere": lambda image: ImageOps.mirror(cropped_anywhere(image, 0.75)),
    "cut to a square": partial(cropped_to, shape=1.0),
    "cut to four by five": partial(cropped_to, shape=0.8),
    "cut to sixteen by nine": partial(cropped_to, shape=16 / 9),
    "lowest 15 % cut off": partial(cut, bottom=0.15),
    "left fifth cut off": partial(cut, left=0.2),
    "words above and below": made_a_meme,
    "sticker": stickered,
    "story with a blurred frame": shown_in_a_story,
    "beside another picture": beside_another,
    "round corners": with_round_corners,
    "dark corners": with_dark_corners,
    "sepia": in_sepia,
    "photographed from a screen": photographed_from_a_screen,
    "screenshot with bars, mirrored": lambda image: ImageOps.mirror(shown_in_a_browser(image)),
    "letterbox, quarter turn": lambda image: letterboxed(image).transpose(_TURN.ROTATE_90),
}
"""Edits beyond those, reported beside them."""

"""Builds small image files with chosen metadata, byte by byte or with Pillow, for tests and the fuzzer."""

from __future__ import annotations

import binascii
import io
import struct
import zlib

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
PLUS = "http://ns.useplus.org/ldf/xmp/1.0/"
IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
VOCABULARY = "http://ns.useplus.org/ldf/vocab/"
_PREFIXES = {
    "plus": PLUS,
    "Iptc4xmpExt": IPTC_EXT,
    "dc": "http://purl.org/dc/elements/1.1/",
    "cc": "http://creativecommons.org/ns#",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "MP": "http://ns.microsoft.com/photo/1.2/",
    "MPRI": "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
    "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "GettyImagesGIFT": "http://xmp.gettyimages.com/gift/1.0/",
    "dcterms": "http://purl.org/dc/terms/",
    "tdm": "http://www.w3.org/ns/tdmrep/",
    "exif": "http://ns.adobe.com/exif/1.0/",
}


def packet(body: str, attributes: str = "") -> bytes:
    """An XMP packet around the property elements `body`, with every usual prefix declared."""
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _PREFIXES.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about="" {declared} {attributes}>{body}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def minor_packet() -> bytes:
    """A packet that forbids training and declares a fifteen-year-old, twice."""
    return packet(
        f"<plus:DataMining>{VOCABULARY}DMI-PROHIBITED-AIMLTRAINING</plus:DataMining>"
        f"<plus:MinorModelAgeDisclosure>{VOCABULARY}AG-A15</plus:MinorModelAgeDisclosure>"
        "<Iptc4xmpExt:ModelAge><rdf:Bag><rdf:li>15</rdf:li></rdf:Bag></Iptc4xmpExt:ModelAge>"
    )


def bomb() -> bytes:
    """An XMP packet whose entities would expand to a hundred thousand million letters."""
    entities = '<!ENTITY e0 "aaaaaaaaaa">' + "".join(
        f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 11)
    )
    return (
        f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><x:xmpmeta xmlns:x="adobe:ns:meta/">&e10;</x:xmpmeta>'.encode()
    )


# --- carriers, byte by byte -------------------------------------------------------------------------------------


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def jpeg(*segments: bytes, tail: bytes = b"") -> bytes:
    """A JPEG without pixels: the segments between SOI and an empty scan."""
    return b"\xff\xd8" + b"".join(segments) + b"\xff\xda\x00\x02\xff\xd9" + tail


def xmp_segment(xmp: bytes) -> bytes:
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)


def extended_segments(xmp: bytes, pieces: int = 2) -> list[bytes]:
    size = -(-len(xmp) // pieces)
    return [
        segment(
            0xE1,
            b"http://ns.adobe.com/xmp/extension/\0"
            + b"A" * 32
            + struct.pack(">II", len(xmp), at)
            + xmp[at : at + size],
        )
        for at in range(0, len(xmp), size)
    ]


def exif_segment(block: bytes) -> bytes:
    return segment(0xE1, b"Exif\0\0" + block)


def photoshop_segment(*resources: bytes) -> bytes:
    return segment(0xED, b"Photoshop 3.0\0" + b"".join(resources))


def resource(number: int, body: bytes) -> bytes:
    return b"8BIM" + struct.pack(">H", number) + b"\0\0" + struct.pack(">I", len(body)) + body + b"\0" * (len(body) % 2)


def iim(*sets: tuple[int, int, bytes]) -> bytes:
    return b"".join(
        bytes([0x1C, record, number]) + struct.pack(">H", len(body)) + body for record, number, body in sets
    )


def tiff(main: dict[int, bytes | int], exif: dict[int, bytes | int] | None = None, order: str = "<") -> bytes:
    """A TIFF structure: text values as bytes (type ASCII, or BYTE for XMP and the like), numbers as LONG."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    head = mark + struct.pack(f"{order}I", 8)
    if exif is not None:
        main = {**main, 0x8769: 0}
    first = directory(main, 8, order)
    if exif is None:
        return head + first
    second = directory(exif, 8 + len(first), order)
    return head + directory({**main, 0x8769: 8 + len(first)}, 8, order) + second


def directory(entries: dict[int, bytes | int], start: int, order: str) -> bytes:
    table, values = b"", b""
    room = start + 2 + 12 * len(entries) + 4
    for tag, value in sorted(entries.items()):
        if isinstance(value, int):
            table += struct.pack(f"{order}HHII", tag, 4, 1, value)
        else:
            kind = 1 if tag in {700, 0x9C9B, 0x9C9E} else 7 if tag in {33723, 34377, 0x9286} else 2
            body = value + b"\0" if kind == 2 else value
            if len(body) <= 4:
                table += struct.pack(f"{order}HHI", tag, kind, len(body)) + body.ljust(4, b"\0")
            else:
                table += struct.pack(f"{order}HHII", tag, kind, len(body), room + len(values))
                values += body + b"\0" * (len(body) % 2)
    return struct.pack(f"{order}H", len(entries)) + table + bytes(4) + values


def pages(*entries: dict[int, bytes | int], order: str = "<") -> bytes:
    """A TIFF structure of several directories, each leading to the next: pages of a file, or EXIF and its thumbnail."""
    found = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    for index, each in enumerate(entries):
        place = len(found)
        whole = directory(each, place, order)
        if index < len(entries) - 1:
            link = 2 + 12 * len(each)
            following = place + len(whole) + len(whole) % 2
            whole = whole[:link] + struct.pack(f"{order}I", following) + whole[link + 4 :]
            whole = whole.ljust(following - place, b"\0")
        found += whole
    return found


def with_thumbnail(entries: dict[int, bytes | int], thumbnail: bytes) -> bytes:
    """An EXIF block whose second directory points to a JPEG."""
    start = len(pages(entries, {0x0201: 0, 0x0202: 0}))
    return pages(entries, {0x0201: start, 0x0202: len(thumbnail)}) + thumbnail


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(*before: bytes, after: tuple[bytes, ...] = ()) -> bytes:
    """A 1 x 1 grey PNG with extra chunks before and after its pixel data."""
    start = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + start + b"".join(before) + pixels + b"".join(after) + chunk(b"IEND", b"")


def itxt(xmp: bytes, *, zipped: bool = False) -> bytes:
    head = b"XML:com.adobe.xmp\0" + (b"\1\0" if zipped else b"\0\0") + b"\0\0"
    return chunk(b"iTXt", head + (zlib.compress(xmp) if zipped else xmp))


def raw_profile(name: str, body: bytes) -> bytes:
    text = f"\n{name}\n{len(body):8}\n{binascii.hexlify(body).decode()}\n".encode()
    return chunk(b"zTXt", f"Raw profile type {name}".encode() + b"\0\0" + zlib.compress(text))


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif(xmp: bytes, comment: bytes = b"hello") -> bytes:
    """A GIF with a comment and an XMP packet behind Adobe's magic trailer."""
    trailer = b"\x01" + bytes(range(0xFF, -1, -1)) + b"\0"
    screen = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0, 0, 0)
    said = b"\x21\xfe" + bytes([len(comment)]) + comment + b"\0"
    return screen + said + b"\x21\xff\x0bXMP DataXMP" + xmp + trailer + b"\x3b"


def psd(*resources: bytes) -> bytes:
    body = b"".join(resources)
    head = b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 1, 1, 8, 3)
    return head + struct.pack(">I", 0) + struct.pack(">I", len(body)) + body


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def heif(xmp: bytes = b"", exif: bytes = b"", brand: bytes = b"heic") -> bytes:
    """A HEIF file with its metadata items in `idat`."""
    items = [(1, b"mime", b"\0application/rdf+xml\0", xmp), (2, b"Exif", b"\0", bytes(4) + exif)]
    items = [item for item in items if item[3].strip(b"\0")]
    infos = b"".join(
        box(b"infe", struct.pack(">IHH", 2 << 24, number, 0) + kind + rest) for number, kind, rest, _ in items
    )
    places, data = b"", b""
    for number, _, _, body in items:
        places += struct.pack(">HHHHII", number, 1, 0, 1, len(data), len(body))
        data += body
    location = struct.pack(">IBBH", 1 << 24, 0x44, 0, len(items)) + places
    meta = bytes(4) + box(b"hdlr", bytes(24)) + box(b"iinf", bytes(4) + struct.pack(">H", len(items)) + infos)
    return box(b"ftyp", brand + bytes(4)) + box(b"meta", meta + box(b"iloc", location) + box(b"idat", data))


def jxl(xmp: bytes = b"", exif: bytes = b"") -> bytes:
    head = b"\0\0\0\x0cJXL \r\n\x87\n" + box(b"ftyp", b"jxl \0\0\0\0jxl ")
    return head + (box(b"Exif", bytes(4) + exif) if exif else b"") + (box(b"xml ", xmp) if xmp else b"")


def jp2(xmp: bytes) -> bytes:
    head = b"\0\0\0\x0cjP  \r\n\x87\n" + box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    return head + box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + xmp)


def maker_note_trap(count: int = 0xFFFFFFFF) -> bytes:
    """A JPEG of under 200 bytes whose maker note claims `count` values."""
    main = struct.pack("<HHHIIHHII", 2, 0x010F, 2, 4, int.from_bytes(b"abc\0", "little"), 0x8769, 4, 1, 38) + bytes(4)
    note = struct.pack("<HHHII", 1, 0x927C, 7, count, 60) + bytes(4)
    return jpeg(exif_segment(b"II*\0\x08\0\0\0" + main + note + bytes(40)))


def carriers(xmp: bytes) -> dict[str, bytes]:
    """One file of each carrier that can hold `xmp`."""
    return {
        "jpeg": jpeg(xmp_segment(xmp)),
        "jpeg-extended": jpeg(xmp_segment(packet("")), *extended_segments(xmp)),
        "jpeg-second-picture": jpeg(tail=jpeg(xmp_segment(xmp))),
        "png": png(itxt(xmp)),
        "png-zipped": png(itxt(xmp, zipped=True)),
        "png-after-pixels": png(after=(itxt(xmp),)),
        "png-raw-profile": png(raw_profile("xmp", xmp)),
        "webp": webp((b"VP8 ", bytes(10)), (b"XMP ", xmp)),
        "gif": gif(xmp),
        "tiff": tiff({700: xmp}),
        "tiff-big-endian": tiff({700: xmp}, order=">"),
        "psd": psd(resource(0x0424, xmp)),
        "heic": heif(xmp),
        "avif": heif(xmp, brand=b"avif"),
        "jxl": jxl(xmp),
        "jp2": jp2(xmp),
        "sidecar": xmp,
    }


def inner_carriers(xmp: bytes) -> dict[str, bytes]:
    """One file of each way in which a packet lies in another block, in another picture, or behind the end."""
    exif = tiff({0x010F: b"ACME", 700: xmp})
    scan = b"\xff\xda\x00\x02"
    film = box(b"ftyp", b"isom" + bytes(4)) + box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + xmp)
    picture = jpeg(xmp_segment(xmp))
    inner = jpeg(exif_segment(tiff({0x010F: b"ACME"})))
    return {
        "jpeg-exif": jpeg(exif_segment(exif)),
        "jpeg-exif-photoshop": jpeg(exif_segment(tiff({34377: resource(0x0424, xmp)}))),
        "jpeg-exif-thumbnail": jpeg(exif_segment(with_thumbnail({0x010F: b"ACME"}, picture))),
        "jpeg-photoshop": jpeg(photoshop_segment(resource(0x0424, xmp))),
        "jpeg-odd-mark": jpeg(segment(0xE1, b"XMP\0://ns.adobe.com/xap/1.0/\0" + xmp)),
        "jpeg-odd-segment": jpeg(segment(0xE4, xmp)),
        "jpeg-between-scans": b"\xff\xd8" + scan + xmp_segment(xmp) + scan + b"\xff\xd9",
        "jpeg-segment-behind": jpeg(tail=xmp_segment(xmp)),
        "jpeg-packet-behind": jpeg(tail=b"junk of a tool" + xmp),
        "jpeg-film-behind": jpeg(tail=film),
        "jpeg-png-behind": jpeg(tail=png(itxt(xmp))),
        "jpeg-exif-behind": jpeg(tail=exif_segment(exif)),
        "jpeg-second-exif": inner + jpeg(exif_segment(exif)),
        "png-exif": png(chunk(b"eXIf", exif)),
        "png-raw-exif": png(raw_profile("exif", b"Exif\0\0" + exif)),
        "png-raw-app1": png(raw_profile("APP1", b"http://ns.adobe.com/xap/1.0/\0" + xmp)),
        "png-raw-8bim": png(raw_profile("8bim", resource(0x0424, xmp))),
        "png-chunk-behind": png() + itxt(xmp),
        "png-packet-behind": png() + b"junk" + xmp,
        "png-jpeg-behind": png() + picture,
        "webp-exif": webp((b"VP8 ", bytes(10)), (b"EXIF", exif)),
        "webp-packet-behind": webp((b"VP8 ", bytes(10))) + xmp,
        "gif-packet-behind": gif(packet("")) + xmp,
        "gif-jpeg-behind": gif(packet("")) + picture,
        "tiff-page-2": pages({0x010F: b"ACME"}, {700: xmp}),
        "tiff-photoshop": tiff({34377: resource(0x0424, xmp)}),
        "heic-exif": heif(exif=exif),
        "avif-exif": heif(exif=exif, brand=b"avif"),
        "jxl-exif": jxl(exif=exif),
        "psd-exif": psd(resource(0x0422, exif)),
        "bmp-packet": b"BM" + bytes(50) + xmp,
        "j2k-behind": j2k() + xmp,
    }


def j2k() -> bytes:
    """A JPEG 2000 code stream without a picture."""
    return b"\xff\x4f\xff\x51\x00\x04\0\0\xff\x90\x00\x04\0\0\xff\x93\xff\xd9"


def pillow_files(xmp: bytes) -> dict[str, bytes]:
    """Real pictures with `xmp`, written by Pillow."""
    from PIL import Image, PngImagePlugin

    image = Image.new("RGB", (8, 8), "red")
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", xmp.decode())
    late = PngImagePlugin.PngInfo()
    late.add(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp, after_idat=True)
    options: dict[str, tuple[str, dict[str, object]]] = {
        "jpeg": ("JPEG", {"xmp": xmp}),
        "png": ("PNG", {"pnginfo": info}),
        "png-after-pixels": ("PNG", {"pnginfo": late}),
        "webp": ("WEBP", {"xmp": xmp}),
        "tiff": ("TIFF", {"tiffinfo": {700: xmp}}),
        "avif": ("AVIF", {"xmp": xmp}),
    }
    found = {}
    for name, (kind, extra) in options.items():
        stream = io.BytesIO()
        image.save(stream, kind, **extra)
        found[name] = stream.getvalue()
    return found


def picture(seed: int, size: tuple[int, int] = (40, 32)):
    """A small picture with detail everywhere, different for every seed."""
    import random

    from PIL import Image

    cells = Image.frombytes("RGB", (10, 8), random.Random(seed).randbytes(10 * 8 * 3))
    return cells.resize(size, Image.Resampling.BICUBIC)


def saved(image, kind: str, **options: object) -> bytes:
    """An image as the bytes of a file."""
    stream = io.BytesIO()
    image.copy().save(stream, kind, **options)  # Pillow leaves traces of one format in what it saves
    return stream.getvalue()


def several_pictures() -> dict[str, bytes]:
    """One file of each way to hold more than one picture, or more than a decoder gives, written by Pillow."""
    from PIL import Image

    first, others = picture(1), [picture(seed) for seed in range(2, 6)]

    def several(kind: str, **options: object) -> bytes:
        return saved(first, kind, save_all=True, append_images=[other.copy() for other in others], **options)

    drawn = Image.new("RGBA", first.size)
    drawn.putalpha(picture(6).convert("L"))
    wide = Image.frombytes("I;16", (40, 32), bytes(range(256)) * 10)
    turned = packet("", 'tiff:Orientation="6" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"')
    film = box(b"ftyp", b"mp42" + bytes(4) + b"isom") + box(b"mdat", bytes(300))
    photograph, behind = saved(first, "JPEG"), saved(others[0], "JPEG")
    return {
        "gif-film": several("GIF"),
        "png-film": several("PNG"),
        "png-film-default": several("PNG", default_image=True),
        "webp-film": several("WEBP"),
        "avif-film": several("AVIF"),
        "tiff-pages": several("TIFF"),
        "tiff-pages-packed": several("TIFF", compression="tiff_lzw"),
        "mpo": several("MPO"),
        "ico": saved(picture(1, (32, 32)), "ICO", sizes=[(32, 32), (16, 16)], append_images=[picture(2, (16, 16))]),
        "jpeg-behind": photograph + behind,
        "png-behind": saved(first, "PNG") + behind,
        "film-behind": photograph + film,
        "no-end-mark": photograph[:-2],
        "drawn-in-alpha": saved(drawn, "PNG"),
        "16-bit": saved(wide, "PNG"),
        "16-bit-tiff": saved(wide, "TIFF"),
        "fractions": saved(picture(7).convert("F"), "TIFF"),
        "pgm": b"P5 40 32 4095\n" + bytes(range(256)) * 10,
        "turned-by-xmp": saved(first, "JPEG", xmp=turned),
    }

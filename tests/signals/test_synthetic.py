"""What files say of having been made by a model, in every way that tools have of saying it."""

from __future__ import annotations

import json

import pytest

from fuzz import files
from provenance.model import SignalSubject, SignalVerdict
from provenance.signals import precedence
from provenance.signals.embedded import read_embedded
from provenance.signals.fields import Field
from provenance.signals.synthetic import program_in, read_generated

SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
A1111 = "a cup of tea\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 512x512"
COMFY = json.dumps({"3": {"class_type": "KSampler", "inputs": {"seed": 42, "steps": 20}}})
INVOKE = json.dumps({"app_version": "3.4", "positive_prompt": "a cup", "seed": 1, "steps": 30, "cfg_scale": 7.5})
NOVEL = json.dumps({"prompt": "a cup", "steps": 28, "seed": 42, "strength": 0.7, "scale": 5.0, "uc": "lowres"})


def text_chunk(keyword, text):
    return files.png(files.chunk(b"tEXt", keyword.encode() + b"\0" + text.encode("latin-1", "replace")))


def in_exif(tag, body):
    return files.jpeg(files.exif_segment(files.tiff({0x010F: b"ACME", tag: body})))


def in_comment(text):
    block = files.tiff({0x010F: b"ACME"}, {0x9286: b"UNICODE\0" + text.encode("utf-16-le")})
    return files.jpeg(files.exif_segment(block))


def in_xmp(body):
    return files.jpeg(files.xmp_segment(files.packet(body)))


MARKED = {
    "source type in XMP": in_xmp(f"<Iptc4xmpExt:DigitalSourceType>{SOURCE}</Iptc4xmpExt:DigitalSourceType>"),
    "source type as a bare word": in_xmp(
        "<Iptc4xmpExt:DigitalSourceType>trainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType>"
    ),
    "source type by the short name of its vocabulary": in_xmp(
        "<Iptc4xmpExt:DigitalSourceType>digsrctype:compositeSynthetic</Iptc4xmpExt:DigitalSourceType>"
    ),
    "source type by its name": in_xmp(
        "<Iptc4xmpExt:DigitalSourceType>Created using Generative AI</Iptc4xmpExt:DigitalSourceType>"
    ),
    "source type in the packet of an EXIF block": in_exif(
        700, files.packet(f"<Iptc4xmpExt:DigitalSourceType>{SOURCE}</Iptc4xmpExt:DigitalSourceType>")
    ),
    "source type among IIM instructions": files.jpeg(
        files.photoshop_segment(files.resource(0x0404, files.iim((2, 40, SOURCE.encode()))))
    ),
    "source type as an IIM keyword": files.jpeg(
        files.photoshop_segment(files.resource(0x0404, files.iim((2, 25, b"trainedAlgorithmicMedia"))))
    ),
    "history of an editor": in_xmp(
        '<h:History xmlns:h="http://ns.adobe.com/xap/1.0/mm/"><rdf:Seq><rdf:li rdf:parseType="Resource">'
        '<e:softwareAgent xmlns:e="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#">Adobe Firefly</e:softwareAgent>'
        "</rdf:li></rdf:Seq></h:History>"
    ),
    "the maker of the camera": files.jpeg(files.exif_segment(files.tiff({0x010F: b"OpenAI", 0x0110: b"DALL-E 3"}))),
    "a caption in German": in_xmp("<dc:description>KI-generiertes Bild einer Tasse</dc:description>"),
    "a caption in Spanish": in_xmp("<dc:description>Imagen generada por inteligencia artificial</dc:description>"),
    "a caption in Portuguese": in_xmp("<dc:title>Imagem gerada por inteligência artificial</dc:title>"),
    "prompt writer": in_xmp("<Iptc4xmpExt:AIPromptWriterName>NAME</Iptc4xmpExt:AIPromptWriterName>"),
    "AI system": in_xmp("<Iptc4xmpExt:AISystemUsed>Some model 3</Iptc4xmpExt:AISystemUsed>"),
    "AI prompt": in_xmp("<Iptc4xmpExt:AIPromptInformation>a cup</Iptc4xmpExt:AIPromptInformation>"),
    "Automatic1111 in PNG": text_chunk("parameters", A1111),
    "Automatic1111 in EXIF": in_comment(A1111),
    "Automatic1111 in a comment": files.jpeg(files.segment(0xFE, A1111.encode())),
    "Automatic1111 in XMP": in_xmp(f"<exif:UserComment>{A1111}</exif:UserComment>"),
    "ComfyUI prompt": text_chunk("prompt", COMFY),
    "ComfyUI in EXIF": in_comment("Prompt: " + COMFY),
    "ComfyUI as the maker of the camera": in_exif(0x010F, b'workflow:{"nodes":[{"type":"KSampler"}],"links":[]}'),
    "ComfyUI as the model of the camera": in_exif(0x0110, b"prompt:" + COMFY.encode()),
    "ComfyUI's page": text_chunk("workflow", '{"last_node_id":9,"nodes":[{"type":"KSampler"}],"links":[]}'),
    "InvokeAI": text_chunk("invokeai_metadata", INVOKE),
    "InvokeAI, older": text_chunk("Dream", '"a cup" -s 50 -S 42 -W 512 -H 512 -C 7.5 -A k_lms'),
    "NovelAI software": text_chunk("Software", "NovelAI"),
    "NovelAI recipe": text_chunk("Comment", NOVEL),
    "Midjourney": text_chunk("Description", "a cup --v 6 Job ID: 01234567-89ab-cdef-0123-456789abcdef"),
    "Midjourney's flags": in_xmp("<dc:description>a cup, fog --ar 16:9 --stylize 250 --v 6.1</dc:description>"),
    "IIM program": files.jpeg(files.photoshop_segment(files.resource(0x0404, files.iim((2, 65, b"Midjourney"))))),
    "Midjourney as its author": text_chunk("Author", "Midjourney"),
    "DALL-E": in_exif(0x0131, b"DALL-E 3"),
    "Firefly": in_xmp("<photoshop:Credit>Made with Adobe Firefly</photoshop:Credit>"),
    "Stable Diffusion as software": in_exif(0x0131, b"Stable Diffusion XL 1.0"),
    "Google": in_xmp("<photoshop:Credit>Made with Google AI</photoshop:Credit>"),
    "China's label": in_xmp('<t:AIGC xmlns:t="http://www.tc260.org.cn/ns/AIGC/1.0/">{"Label":"1"}</t:AIGC>'),
    "China's label in PNG": text_chunk("AIGC", '{"Label":"1","ContentProducer":"x"}'),
    "keyword": in_xmp("<dc:subject><rdf:Bag><rdf:li>AI generated</rdf:li></rdf:Bag></dc:subject>"),
    "hashtag": in_xmp("<dc:subject><rdf:Bag><rdf:li>#midjourney</rdf:li></rdf:Bag></dc:subject>"),
    "caption": in_xmp("<dc:description>An AI-generated picture of a cup</dc:description>"),
    "Beschreibung": in_xmp("<dc:description>Dieses Bild wurde mit KI erstellt</dc:description>"),
    "Erzeugnis": in_xmp("<dc:description>Mithilfe von künstlicher Intelligenz erzeugt</dc:description>"),
    "Werkzeug": in_xmp("<dc:description>Erstellt mit Midjourney</dc:description>"),
    "Designer": in_exif(0x010E, b"Image created with Microsoft Designer"),
    "Imagen": in_xmp("<photoshop:Credit>Generated by Google Imagen</photoshop:Credit>"),
    "outil": in_xmp("<dc:description>Créé avec Midjourney</dc:description>"),
    "légende": in_xmp("<dc:description>Image créée à l'aide d'une IA</dc:description>"),
    "pie": in_xmp("<dc:description>Imagen creada con inteligencia artificial</dc:description>"),
    "legenda": in_xmp("<dc:description>Imagem feita com IA generativa</dc:description>"),
}


@pytest.mark.parametrize("data", MARKED.values(), ids=MARKED)
def test_the_marks_of_generators(data):
    found = read_embedded(data)
    assert SignalVerdict.DENY in {s.verdict for s in found if s.subject is SignalSubject.SYNTHETIC}
    assert precedence.sum_up(found).synthetic
    assert "NAME" not in repr(found)


UNMARKED = {
    "a camera": in_exif(0x0131, b"Ver.1.02"),
    "an editor": in_exif(0x0131, b"Adobe Photoshop 25.0 (Windows)"),
    "a capture": in_xmp(
        "<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
        "</Iptc4xmpExt:DigitalSourceType>"
    ),
    "an editor's history": in_xmp(
        '<h:History xmlns:h="http://ns.adobe.com/xap/1.0/mm/"><rdf:Seq><rdf:li rdf:parseType="Resource">'
        '<e:softwareAgent xmlns:e="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#">Adobe Lightroom</e:softwareAgent>'
        "</rdf:li></rdf:Seq></h:History>"
    ),
    "a minor edit": in_xmp("<Iptc4xmpExt:DigitalSourceType>minorHumanEdits</Iptc4xmpExt:DigitalSourceType>"),
    "no AI": in_xmp("<dc:description>Not AI generated: a photograph on film</dc:description>"),
    "ohne KI": in_xmp("<dc:description>Ohne KI erstellt</dc:description>"),
    "made without": in_xmp("<dc:description>made without AI</dc:description>"),
    "nicht KI": in_xmp("<dc:description>nicht KI-generiert</dc:description>"),
    "seeds": in_xmp("<dc:description>Steps lead to a field of seed corn; scale 1:20</dc:description>"),
    "a prompt of another kind": text_chunk("prompt", "Enter your name"),
    "a firefly": in_xmp("<dc:description>A firefly above the river at midnight</dc:description>"),
    "the keyword firefly": in_xmp("<dc:subject><rdf:Bag><rdf:li>firefly</rdf:li></rdf:Bag></dc:subject>"),
    "one flag": in_xmp("<dc:description>ran the tool with --v 6</dc:description>"),
    "made of something": in_xmp("<dc:description>Created with airbrush; made with aluminium</dc:description>"),
    "kein Erzeugnis": in_xmp("<dc:description>Dieses Bild wurde nicht mit KI erzeugt</dc:description>"),
    "a photo editor": files.jpeg(
        files.photoshop_segment(files.resource(0x0404, files.iim((2, 65, b"Photo Mechanic"))))
    ),
    "an artist": in_xmp("<dc:description>A bench created by Ai Weiwei</dc:description>"),
    "a camera's help": in_xmp("<dc:description>Portrait made with AI-powered autofocus</dc:description>"),
    "a camera on the nose": in_xmp("<dc:description>Photo made with Meta AI glasses</dc:description>"),
    "a journey": in_xmp("<dc:description>Travellers in the middle of their journey</dc:description>"),
    "a photographer": in_exif(0x013B, b"Dalle Valle, Maria"),
    "a comment": files.jpeg(files.segment(0xFE, b"CREATOR: gd-jpeg v1.0 (using IJG JPEG v80), quality = 90")),
}


@pytest.mark.parametrize("data", UNMARKED.values(), ids=UNMARKED)
def test_what_is_no_mark(data):
    assert not precedence.sum_up(read_embedded(data)).synthetic


def test_the_mark_is_named_with_its_field():
    (signal,) = read_generated([Field("exif:Software", "ComfyUI", "jpeg:APP1/exif")])
    assert (signal.name, signal.location, signal.value) == ("exif:Software", "jpeg:APP1/exif", "comfyui")


@pytest.mark.parametrize(("text", "program"), [("Midjourney v6", "midjourney"), ("midjourneys end", None), ("", None)])
def test_a_program_is_a_word_of_its_own(text, program):
    assert program_in(text) == program

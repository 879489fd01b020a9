"""Pictures: complete, upright, with their colours, and without metadata about people, places and cameras."""

import io
import zlib

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from backoffice.uploads.decoder.exceptions import DAMAGED, DecodingRefused
from backoffice.uploads.decoder.images import read_picture
from backoffice.uploads.models import Upload
from backoffice.uploads.tests.files import HEIC, animation, chunk, exif, picture, riff, segment
from backoffice.uploads.tests.upload_requests import FILES, IMAGES

pytestmark = pytest.mark.django_db
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>XmpSecret <exif:GPSLatitude>55,40N</exif:GPSLatitude></x:xmpmeta>"
SECRETS = (b"CameraMaker", b"CameraModel", b"MakerNoteSecret", b"LensModel", b"XmpSecret", b"GPSLatitude", b"Exif",
           b"IptcSecret", b"CommentSecret", b"SecondPicture", b"TextSecret", b"eXIf", b"EXIF", b"XMP ")  # fmt: skip


def phone_picture(format: str, orientation=1, size=(30, 20), **how) -> bytes:
    """Return a picture with a red corner at its top left, and all the metadata of a phone."""
    image = Image.new("RGB", size, "teal")
    image.paste("red", (0, 0, size[0] // 2, size[1] // 2))
    made = io.BytesIO()
    block = None if format == "GIF" else exif(orientation)
    image.save(made, format, exif=block, icc_profile=PROFILE, **how)
    data = made.getvalue()
    if format == "JPEG":
        iptc = segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x10IptcSecret")
        xmp = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)
        others = (
            segment(0xFE, b"CommentSecret")
            + segment(0xE2, b"MPF\0SecondPicture")
            + segment(0xEF, b"TextSecret")
            + segment(0xE0, b"JFXX\0TextSecret")
        )
        return data[:2] + iptc + xmp + others + data[2:] + picture("JPEG") + b"SecondPicture"
    if format == "PNG":
        texts = chunk(b"tEXt", b"Comment\0TextSecret") + chunk(
            b"zTXt", b"a\0\0" + zlib.compress(b"TextSecret")
        )
        xmp = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP) + chunk(b"prVt", b"TextSecret")
        at = data.index(b"IDAT") - 4
        return (
            data[:at] + texts + xmp + data[at:-12] + chunk(b"tIME", bytes(7)) + data[-12:] + b"SecondPicture"
        )
    if format == "WEBP":
        more = riff(b"XMP ", XMP) + riff(b"TEXT", b"TextSecret")
        whole = data[:8] + data[8:] + more
        return whole[:4] + (len(whole) - 8).to_bytes(4, "little") + whole[8:] + b"SecondPicture"
    comment = b"\x21\xfe\x0dCommentSecret\0" + b"\x21\xff\x0bXMP DataXMP\x09XmpSecret\0"
    return data[:-1] + comment + b"\x01;".removeprefix(b"\x01") + b"SecondPicture"


def red_corner(image: Image.Image) -> str:
    """Return which corner is red."""
    shown = image.convert("RGB")
    wide, high = shown.size
    corners = {"top left": (3, 3), "top right": (wide - 4, 3), "bottom left": (3, high - 4),
               "bottom right": (wide - 4, high - 4)}  # fmt: skip
    (place,) = [name for name, at in corners.items() if shown.getpixel(at)[0] > 150]
    return place


@pytest.mark.attack
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF"])
def test_metadata_of_places_people_and_cameras_is_removed(format):
    sent = phone_picture(format)
    assert any(secret in sent for secret in SECRETS)
    kept = read_picture(sent, format)
    assert not [secret for secret in SECRETS if secret in kept.data + kept.thumbnail]
    with Image.open(io.BytesIO(kept.data)) as image, Image.open(io.BytesIO(sent)) as before:
        assert not image.getexif()
        assert red_corner(image) == "top left"
        assert image.convert("RGB").tobytes() == before.convert("RGB").tobytes(), "quality is lost"
        if format != "GIF":
            assert image.info["icc_profile"] == PROFILE


@pytest.mark.attack
@pytest.mark.parametrize(
    ("orientation", "corner", "size"),
    [
        (2, "top right", (30, 20)),
        (3, "bottom right", (30, 20)),
        (4, "bottom left", (30, 20)),
        (5, "top left", (20, 30)),
        (6, "top right", (20, 30)),
        (7, "bottom right", (20, 30)),
        (8, "bottom left", (20, 30)),
        (9, "top left", (30, 20)),
    ],
)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_pictures_are_upright_without_an_orientation_tag(format, orientation, corner, size):
    kept = read_picture(phone_picture(format, orientation), format)
    assert not [secret for secret in SECRETS if secret in kept.data]
    for data in (kept.data, kept.thumbnail):
        with Image.open(io.BytesIO(data)) as image:
            assert (image.size, red_corner(image)) == (size, corner)
            assert not image.getexif()
    with Image.open(io.BytesIO(kept.data)) as image:
        assert image.info["icc_profile"] == PROFILE


def test_transparency_is_kept_when_a_picture_is_rotated():
    image = Image.new("RGBA", (30, 20), (255, 0, 0, 40))
    for format in ("PNG", "WEBP"):
        image.save(made := io.BytesIO(), format, exif=exif(6), lossless=True)
        with Image.open(io.BytesIO(read_picture(made.getvalue(), format).data)) as kept:
            assert (kept.size, kept.convert("RGBA").getpixel((1, 1))) == ((20, 30), (255, 0, 0, 40))


def test_a_jpeg_of_several_pictures_becomes_its_first():
    made = io.BytesIO()
    Image.new("RGB", (9, 9)).save(made, "MPO", save_all=True, append_images=[Image.new("RGB", (8, 8), "red")])
    kept = read_picture(made.getvalue(), "JPEG")
    assert kept.data.count(b"\xff\xd8") == 1
    with Image.open(io.BytesIO(kept.data)) as image:
        assert (image.format, image.size) == ("JPEG", (9, 9))


def test_heic_becomes_an_upright_jpeg():
    kept = read_picture(HEIC, "HEIF")
    assert kept.format == "JPEG"
    assert not [secret for secret in SECRETS if secret in kept.data]
    with Image.open(io.BytesIO(kept.data)) as image:
        assert (image.format, image.size) == ("JPEG", (32, 64))
        assert not image.getexif()


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP"])
def test_animations_are_kept(format):
    sent = animation(format, 5, (20, 20))
    kept = read_picture(sent, format)
    with Image.open(io.BytesIO(kept.data)) as image, Image.open(io.BytesIO(sent)) as before:
        assert image.n_frames == before.n_frames == 5
        assert image.info.get("loop") == before.info.get("loop")


@pytest.mark.slow
@pytest.mark.attack
def test_every_way_of_upload_removes_the_location(cast, records, alice, sven, client):
    """Both dialects, the files of a record page, and the files of a comment."""
    sent = phone_picture("JPEG", 6, (60, 40))
    alice.sent(IMAGES, sent)
    sven.sent(FILES, sent)
    client.force_login(cast.sven)
    page, file = f"/cases/{records.case.pk}", lambda: io.BytesIO(sent)
    assert client.post(f"{page}/files", {"files-files": file()}).status_code == 302
    sent_along = {"say-comment": "x", "say-comment-files": file(), "say-comment-send": "1"}
    assert client.post(f"{page}/say/comment", sent_along).status_code == 302
    uploads = list(Upload.objects.all())
    assert len(uploads) == 4
    for upload in uploads:
        response = client.get(upload.get_absolute_url())
        if response.status_code == 404:
            response = alice.get(upload.get_absolute_url())
        data = b"".join(response.streaming_content)
        assert not [secret for secret in SECRETS if secret in data]
        assert (len(data), response["Content-Type"]) == (upload.size, "image/jpeg")


def test_both_apis_accept_heic_as_jpeg(alice, sven):
    for sender, address in ((alice, IMAGES), (sven, FILES)):
        url = sender.sent(address, HEIC, "IMG_0001.HEIC")
        assert url.endswith("/IMG_0001.HEIC.jpg")
        answer = sender.get(url)
        assert answer["Content-Type"] == "image/jpeg"
        assert b"".join(answer.streaming_content).startswith(b"\xff\xd8\xff")


def grey_noise() -> bytes:
    NOISE.convert("L").save(made := io.BytesIO(), "JPEG", restart_marker_rows=1)
    return made.getvalue()


NOISE = Image.effect_noise((90, 90), 90).convert("RGB")


def noise(format: str, **how) -> bytes:
    NOISE.save(made := io.BytesIO(), format, **how)
    return made.getvalue()


def png(content: bytes) -> bytes:
    """Return a PNG with right checksums."""
    head = noise("PNG")[:33]
    return head + chunk(b"IDAT", content) + chunk(b"IEND", b"")


ROWS = b"".join(b"\0" + bytes(270) for _row in range(90))
BROKEN = {
    "png of nothing that is packed": png(b"notzlib"),
    "png of too few rows": png(zlib.compress(ROWS[:1000])),
    "png packed and cut short": png(zlib.compress(NOISE.tobytes())[:9000]),
    "png with a wrong sum of what is packed": png(zlib.compress(ROWS)[:-1] + b"x"),
    "png without data": noise("PNG")[:33] + chunk(b"IEND", b""),
    "png without its end": noise("PNG")[:-12],
    "png with two heads of sizes": noise("PNG")[:33] + chunk(b"IHDR", noise("PNG")[16:29]) + noise("PNG")[33:],
    "jpeg cut short": noise("JPEG")[:2000],
    "jpeg without its end": noise("JPEG")[:-2],
    "progressive jpeg cut short": noise("JPEG", progressive=True)[:3000],
    "jpeg cut short with an end": noise("JPEG")[:2000] + b"\xff\xd9",
    "jpeg cut short at the last lines, with an end": noise("JPEG")[:-80] + b"\xff\xd9",
    "grey jpeg cut short with an end": grey_noise()[:1500] + b"\xff\xd9",
    "progressive jpeg cut short with an end": noise("JPEG", progressive=True)[:3000] + b"\xff\xd9",
    "jpeg of its head alone": noise("JPEG")[:20] + b"\xff\xd9",
    "webp cut short": noise("WEBP")[:-200],
    "webp of right length, cut short": (lambda data: data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:])(
        noise("WEBP", lossless=True)[:-4000]
    ),
    "gif cut short": noise("GIF")[:3000],
    "gif without its end": noise("GIF")[:-1],
    "gif of letters": noise("GIF")[:800] + b"\x2c" + bytes(9) + b"\x08\x04abcd\0;",
    "animated gif with one broken": animation("GIF", 3, (90, 90))[:-400] + b"\0;",
    "heic cut short": HEIC[:-200],
}  # fmt: skip


@pytest.mark.attack
@pytest.mark.parametrize("what", BROKEN)
def test_pictures_are_complete(what):
    format = what.split()[0].upper().replace("HEIC", "HEIF")
    format = {"PROGRESSIVE": "JPEG", "GREY": "JPEG", "ANIMATED": "GIF"}.get(format, format)
    with pytest.raises(DecodingRefused, match=DAMAGED):
        read_picture(BROKEN[what], format)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_complete_pictures_of_noise_are_kept_byte_for_byte(format):
    assert read_picture(noise(format), format).data == noise(format)


def test_jpegs_of_all_sizes_and_types_are_complete():
    for side in (1, 7, 8, 9, 15, 16, 17, 31, 33, 90):
        for how in (
            {"quality": 5},
            {"quality": 100, "subsampling": 0},
            {"progressive": True},
            {"optimize": True},
        ):
            for mode in ("RGB", "L", "CMYK"):
                NOISE.resize((side, side // 2 + 1)).convert(mode).save(made := io.BytesIO(), "JPEG", **how)
                assert read_picture(made.getvalue(), "JPEG").data == made.getvalue()


def test_other_types_of_pictures_are_kept():
    """Palettes, grey, CMYK, 16 bits, interlaced."""
    for mode, format, how in [
        ("P", "PNG", {}), ("L", "PNG", {}), ("1", "PNG", {}), ("I;16", "PNG", {}), ("LA", "PNG", {}),
        ("L", "JPEG", {}), ("CMYK", "JPEG", {}), ("RGBA", "WEBP", {}), ("RGBA", "WEBP", {"lossless": True}),
    ]:  # fmt: skip
        for orientation in (1, 6):
            made = io.BytesIO()
            Image.new(mode, (30, 20), 0 if mode != "CMYK" else (9, 9, 9, 9)).save(
                made, format, exif=exif(orientation), **how
            )
            kept = read_picture(made.getvalue(), format)
            with Image.open(io.BytesIO(kept.data)) as image:
                assert image.mode.replace("RGBX", "RGB") == Image.open(made).mode
                assert image.size == ((30, 20) if orientation == 1 else (20, 30))


@pytest.mark.slow
def test_a_decompression_bomb_as_a_colour_profile_is_refused():
    data = noise("PNG")
    bomb = chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(20_000_000)))
    with pytest.raises(DecodingRefused):
        read_picture(data[:33] + bomb + data[33:], "PNG")
    texts = PngImagePlugin.PngInfo()
    texts.add_text("a", "x" * 20_000_000, zip=True)
    NOISE.save(made := io.BytesIO(), "PNG", pnginfo=texts)
    assert (
        read_picture(made.getvalue(), "PNG").data == data
    )  # texts are left out before anything is decompressed

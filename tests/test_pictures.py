"""Picture files of all kinds become RGB images; what is not one is refused, and at once."""

import io
import os
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from skfashion._files import DanglingLinkError
from skfashion._pictures import FORMATS, as_rgb, fit_into, in_short, read_rgb, size_of

GREYS = np.arange(256, dtype=np.uint8).reshape(16, 16)
COLOURS = np.stack([GREYS, GREYS.T, GREYS[::-1]], axis=-1)


def png_of(width, height, data=b""):
    """Return the bytes of a PNG file whose header announces this size."""

    def chunk(name, content):
        crc = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + crc

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def encoded(picture, form, **options):
    stream = io.BytesIO()
    picture.save(stream, form, **options)
    return stream.getvalue()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("pixels", [GREYS, COLOURS], ids=["grey", "RGB"])
def test_formats(form, pixels, tmp_path):
    path = tmp_path / "picture"  # the name does not matter
    options = {"lossless": True} if form == "WEBP" else {"quality": 100} if form == "JPEG" else {}
    Image.fromarray(pixels).save(path, form, **options)
    read = np.asarray(read_rgb(path)).astype(int)
    assert read.shape == (16, 16, 3)
    assert size_of(path) == (16, 16)
    expected = pixels if pixels.ndim == 3 else np.stack([pixels] * 3, axis=-1)
    if form == "JPEG" or (form == "GIF" and pixels.ndim == 3):
        assert abs(read - expected).mean() < 20  # they lose something
    else:
        np.testing.assert_array_equal(read, expected)


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB"]
)
def test_modes_of_pillow(mode):
    picture = Image.fromarray(GREYS).convert("RGB").convert("L" if mode == "LA" else "RGB")
    picture = picture.convert(mode)
    before = picture.copy()
    rgb = as_rgb(picture)
    assert rgb.mode == "RGB"
    assert picture == before
    if mode not in ("1", "P", "LAB", "HSV", "YCbCr"):
        np.testing.assert_allclose(np.asarray(rgb)[..., 0], GREYS, atol=3)


def test_sixteen_bits_become_eight(tmp_path):
    deep = GREYS.astype(np.uint16) * 257
    Image.fromarray(deep).save(tmp_path / "deep.png")
    np.testing.assert_array_equal(np.asarray(read_rgb(tmp_path / "deep.png"))[..., 0], GREYS)
    picture = Image.fromarray(deep.astype(np.int32))
    np.testing.assert_array_equal(np.asarray(as_rgb(picture))[..., 0], GREYS)


def test_what_is_transparent_is_filled(tmp_path):
    pixels = np.zeros((4, 4, 4), dtype=np.uint8)
    pixels[0] = [10, 20, 30, 255]
    pixels[1] = [0, 0, 0, 128]
    Image.fromarray(pixels).save(tmp_path / "a.png")
    read = np.asarray(read_rgb(tmp_path / "a.png"))
    assert read[:, 0].tolist() == [[10, 20, 30], [127] * 3, [255] * 3, [255] * 3]
    assert np.asarray(read_rgb(tmp_path / "a.png", fill=7))[3, 0].tolist() == [7, 7, 7]
    palette = Image.new("P", (2, 1))
    palette.putpalette([1, 2, 3, 200, 100, 0])
    palette.putdata([0, 1])
    palette.save(tmp_path / "p.png", transparency=0)
    assert np.asarray(read_rgb(tmp_path / "p.png")).tolist() == [[[255] * 3, [200, 100, 0]]]


def test_photographs_are_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held in portrait format
    Image.fromarray(GREYS[:8]).save(tmp_path / "p.png", exif=exif)
    np.testing.assert_array_equal(
        np.asarray(read_rgb(tmp_path / "p.png"))[..., 0], np.rot90(GREYS[:8], -1)
    )


def test_first_picture_of_an_animation(tmp_path):
    frames = [Image.new("RGB", (3, 3), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], lossless=True)
    assert np.asarray(read_rgb(tmp_path / "a.webp"))[0, 0].tolist() == [255, 0, 0]


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_of(100_000, 100_000, zlib.compress(bytes(1000))))
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"bomb\.png has more pixels than Pillow decodes"):
        read_rgb(path)
    path.write_bytes(png_of(10_000, 10_000))  # Pillow would only warn of it, and decode it
    with pytest.raises(ValueError, match=r"10,000 x 10,000 pixels, .* max_pixels=50_000_000"):
        read_rgb(path)
    with pytest.raises(ValueError, match="max_pixels=50_000_000"):
        size_of(path)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_the_limit_is_the_callers(tmp_path, recwarn):
    path = tmp_path / "a.bmp"
    Image.new("L", (40, 30)).save(path)
    assert read_rgb(path, max_pixels=1200).size == (40, 30)
    with pytest.raises(ValueError, match="max_pixels=1_199"):
        read_rgb(path, max_pixels=1199)
    with open(path, "ab") as file:
        file.truncate(3 * 2**20)  # some formats read all of a file
    with pytest.raises(ValueError, match="3,145,728 bytes, more than a picture"):
        read_rgb(path, max_pixels=1200)
    assert not recwarn.list


def test_a_compressed_text_in_a_picture_is_a_bomb_too(tmp_path):
    start = png_of(1, 1, zlib.compress(bytes(4)))
    content = b"note\0\0" + zlib.compress(bytes(10**8))
    chunk = struct.pack(">I", len(content)) + b"zTXt" + content
    chunk += struct.pack(">I", zlib.crc32(b"zTXt" + content))
    (tmp_path / "a.png").write_bytes(start[:33] + chunk + start[33:])
    with pytest.raises(ValueError, match=r"a\.png is damaged"):
        read_rgb(tmp_path / "a.png")


@pytest.mark.parametrize("content", [b"", b"\0", b"words", b"%!PS-Adobe-3.0 EPSF-3.0", b"\x89PNG"])
def test_not_a_picture(content, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"picture\.png is (not a PNG|an empty file)"):
        read_rgb(path)


@pytest.mark.parametrize("form", FORMATS)
def test_damaged_files(form, tmp_path):
    """Whatever is cut off, and whichever bytes are others, there is an image or a ValueError."""
    whole = encoded(Image.fromarray(COLOURS), form)
    rng = np.random.default_rng(0)
    path = tmp_path / "picture.png"
    refusals = []
    for n in range(60):
        content = bytearray(whole[: rng.integers(len(whole))] if n % 2 else whole)
        for place in rng.integers(len(content) or 1, size=n % 6):
            content[place : place + 1] = rng.bytes(1)
        path.write_bytes(content)
        try:
            assert read_rgb(path, max_pixels=10_000).mode == "RGB"
        except ValueError as error:
            refusals.append(str(error))
    assert len(refusals) > 5
    assert all(refusal.startswith(str(path)) for refusal in refusals)


def test_what_is_not_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(OSError, match="it is a named pipe"):
        read_rgb(tmp_path / "pipe.png")
    (tmp_path / "link.png").symlink_to("nothing")
    with pytest.raises(DanglingLinkError, match="a symbolic link to nothing"):
        read_rgb(tmp_path / "link.png")
    with pytest.raises(IsADirectoryError):
        read_rgb(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_rgb(tmp_path / "nothing")


def test_names_in_other_encodings_can_be_printed(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png")
    with open(path, "wb"):
        pass
    with pytest.raises(ValueError, match=r"caf\\udce9\.png is an empty file") as caught:
        read_rgb(path)
    str(caught.value).encode()


@pytest.mark.parametrize("size", [(30, 10), (10, 30), (3, 2), (1000, 1), (1, 1000)])
def test_fit_into_keeps_the_aspect(size):
    fitted = np.asarray(fit_into(Image.new("RGB", size, (9, 9, 9)), (20, 24), fill=200))
    assert fitted.shape == (20, 24, 3)
    rows, columns = (fitted[..., 0] == 9).any(axis=1), (fitted[..., 0] == 9).any(axis=0)
    height, width = rows.sum(), columns.sum()
    assert set(np.unique(fitted)) == {9, 200} or (height, width) == (20, 24)
    scale = min(24 / size[0], 20 / size[1])
    assert (width, height) == tuple(max(1, round(scale * side)) for side in size)
    assert abs(rows.argmax() - rows[::-1].argmax()) <= 1


def test_in_short():
    assert in_short(["a", "b"]) == "a; b"
    assert in_short(list("abcdefg")) == "a; b; c; d; e; and 2 more"


@pytest.mark.parametrize("where", [0.4, 0.5, 0.6])
def test_a_changed_bit_of_a_png_is_found(where, tmp_path):
    content = bytearray(encoded(Image.fromarray(COLOURS), "PNG", compress_level=0))
    content[int(where * len(content))] ^= 1  # of a pixel
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.png is damaged \(.*checksum"):
        read_rgb(path)

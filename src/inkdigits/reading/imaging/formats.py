"""Find what opens a picture file, by the bytes that it begins with.

Pillow's own `Image.open` is not used: its limit on pixels is one global setting for the whole process, and it would try
formats nobody expects from a camera or scanner.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import IO

from PIL import Image

from inkdigits.errors import PictureError

Opener = Callable[[IO[bytes]], Image.Image]

_SIGNATURES: dict[bytes, tuple[str, str]] = {  # → the module and the class that open it
    b"\xff\xd8\xff": ("PIL.JpegImagePlugin", "JpegImageFile"),
    b"\x89PNG\r\n\x1a\n": ("PIL.PngImagePlugin", "PngImageFile"),
    b"GIF87a": ("PIL.GifImagePlugin", "GifImageFile"),
    b"GIF89a": ("PIL.GifImagePlugin", "GifImageFile"),
    b"BM": ("PIL.BmpImagePlugin", "BmpImageFile"),
    b"II*\0": ("PIL.TiffImagePlugin", "TiffImageFile"),
    b"MM\0*": ("PIL.TiffImagePlugin", "TiffImageFile"),
    b"II+\0": ("PIL.TiffImagePlugin", "TiffImageFile"),
    b"MM\0+": ("PIL.TiffImagePlugin", "TiffImageFile"),
    b"RIFF": ("PIL.WebPImagePlugin", "WebPImageFile"),
    **{b"P" + digit: ("PIL.PpmImagePlugin", "PpmImageFile") for digit in (b"1", b"2", b"3", b"4", b"5", b"6")},
}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}  # ISO/IEC 23008-12
_PDF_HEADER_BYTES = 1024  # bytes: some programs write a few of their own before a PDF's header


def is_pdf(data: bytes) -> bool:
    """Whether the file is a PDF."""
    return b"%PDF-" in data[:_PDF_HEADER_BYTES] and not data.startswith(tuple(_SIGNATURES))


def find_opener(data: bytes, name: str) -> Opener:
    """What opens this picture file. Raises PictureError when it is none, or needs an extra that is not installed."""
    for signature, (module_name, class_name) in _SIGNATURES.items():
        if data.startswith(signature):
            return getattr(import_module(module_name), class_name)  # type: ignore[no-any-return]
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return _find_heic_opener(name)
    raise PictureError(f"{name}: not a picture; JPEG, PNG, TIFF, PDF, HEIC, WebP, GIF, BMP and PPM can be read.")


def _find_heic_opener(name: str) -> Opener:
    try:
        from pillow_heif import HeifImageFile
    except ImportError as error:
        raise PictureError(f'{name}: a HEIC picture, which needs an extra: pip install "inkdigits[heic]"') from error
    return HeifImageFile

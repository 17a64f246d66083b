"""What nobody means well with: seeded requests, each made anew from its number, as bytes that go over the wire."""

from __future__ import annotations

import io
import random
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from struct import pack

import numpy as np
from PIL import Image

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "PDF")
PATHS = ("/v1/read", "/v1/digit", "/v1/inspect", "/v1/explain", "/v1/read?annotate=true", "/v1/read?format=csv")
TYPES = (
    "image/png",
    "image/../../x",
    "IMAGE/PNG; q=1; q=2",
    "text/html",
    "application/json",
    "multipart/form-data",
    "multipart/form-data; boundary=" + "b" * 300,
    "multipart/mixed; boundary=a",
    "application/x-www-form-urlencoded",
    "message/http",
    "application/pdf;;;=",
    "é/ñ",
    ";",
    "x" * 5000,
)
OPTIONS = (
    "pattern",
    "length",
    "range",
    "region",
    "check",
    "min_confidence",
    "annotate",
    "format",
    "page",
    "normalised",
)
WEIRD = "d0123456789[]{}()|?,.^-#%&=*+\\x00é"
PAUSE = 0.4  # seconds between the parts of a slow sender
SLOW_IN = 20  # one in so many is slow
LARGE_IN = 200  # one in so many bombs is not refused by its size: it is just below the limit


@dataclass(frozen=True, slots=True)
class Attack:
    """One request: what is sent, part by part with a pause between them, and whether the sender leaves after that."""

    kind: str
    parts: tuple[bytes, ...]
    pause: float = 0
    leaves: bool = False


def attack(seed: int, place: int) -> Attack:
    """The attack with that number; the same for the same seed."""
    rng = random.Random(f"{seed} {place}")
    kinds = SLOW if is_slow(place) else FAST
    name = rng.choice(sorted(kinds))
    return kinds[name](rng)


def is_slow(place: int) -> bool:
    """Whether that attack takes its time."""
    return place % SLOW_IN == 0


def post(rng: random.Random, body: bytes, *headers: str, path: str | None = None, length: object = None) -> bytes:
    """A POST of that body; `length` is what its Content-Length says, when it is not the truth."""
    said = len(body) if length is None else length
    lines = [f"POST {path or rng.choice(PATHS)} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers]
    return "\r\n".join([*lines, f"Content-Length: {said}", "", ""]).encode() + body


def typed(rng: random.Random, body: bytes) -> bytes:
    """A POST of that body as what it may be."""
    kind = rng.choice(("image/png", "application/pdf", "application/octet-stream", "image/x-anything"))
    return post(rng, body, f"Content-Type: {kind}")


@cache
def pictures() -> tuple[bytes, ...]:
    """A 1 in every format."""
    ink = np.pad(np.zeros((30, 8), np.uint8), 12, constant_values=255)
    return tuple(saved(Image.fromarray(ink), kind) for kind in FORMATS)


@cache
def bombs() -> tuple[bytes, ...]:
    """Small files that want much: pixels said and pixels there, texts, frames, pages, a page as large as a field."""
    dot = Image.new("L", (1, 1))
    frames = [Image.new("L", (9, 9), shade) for shade in range(200)]
    return (
        png(60_000, 60_000, b""),
        png(2**31 - 1, 2**31 - 1, bytes(100)),
        png(9_000, 9_000, bytes(9_000 * 9_001)),
        png(28, 28, bytes(10_000_000)),
        png(28, 28, bytes(28 * 29), text=bytes(50_000_000)),
        saved(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        saved(frames[0], "TIFF", save_all=True, append_images=frames[1:]),
        saved(frames[0], "PDF", save_all=True, append_images=frames[1:]),
        saved(dot, "PDF", resolution=0.001),
        b"P5 99999 99999 255\n" + bytes(100),
    )


@cache
def large() -> bytes:
    """A page of 49 million white pixels in a few kilobytes, just below the limit."""
    return saved(Image.new("1", (7_000, 7_000), 1), "PNG")


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png(width: int, height: int, rows: bytes, text: bytes = b"") -> bytes:
    """A grey PNG that says it has that size, whatever its rows are; `text` stands packed before them."""
    chunks = [(b"IHDR", pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))]
    chunks += [(b"zTXt", b"Comment\0\0" + zlib.compress(text))] if text else []
    chunks += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        pack(">I", len(data)) + name + data + pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def noise(rng: random.Random) -> Attack:
    return Attack("random bytes", (typed(rng, rng.randbytes(rng.randint(0, 4000))),))


def truncated(rng: random.Random) -> Attack:
    data = rng.choice(pictures())
    return Attack("truncated pictures", (typed(rng, data[: rng.randint(0, len(data) - 1)]),))


def damaged(rng: random.Random) -> Attack:
    data = bytearray(rng.choice(pictures()))
    for _ in range(rng.randint(1, 8)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return Attack("damaged pictures", (typed(rng, bytes(data)),))


def bomb(rng: random.Random) -> Attack:
    return Attack("bombs", (typed(rng, large() if rng.randrange(LARGE_IN) == 0 else rng.choice(bombs())),))


def lengths(rng: random.Random) -> Attack:
    """Lengths that are none, that contradict each other, or that are less than what comes."""
    said = rng.choice(("-1", "1e3", "0x10", "", "9" * 5000, "16777217", "99999999999999999999", "5, 6", None))
    more = rng.choice(((), ("Transfer-Encoding: chunked",), ("Content-Length: 3",), ("Transfer-Encoding: gzip",)))
    if said is None:
        more = ("Transfer-Encoding: chunked",)
    body = rng.choice((rng.choice(pictures()), b"7\r\n1234567\r\n0\r\n\r\n", b"fffffffff\r\n", b"-5\r\n\r\n"))
    return Attack("lying lengths", (post(rng, body, *more, length=said or len(body) // 2), b"\r\n\r\n"), leaves=True)


def forms(rng: random.Random) -> Attack:
    """Forms with something left out, put in or cut off."""
    name = rng.choice(("file", "picture", "", '"', "file\0", "f" * 9999))
    part = f'--a\r\nContent-Disposition: form-data; name="{name}"; filename="../../{name}"\r\n\r\n'.encode()
    whole = part * rng.choice((1, 1, 2, 40)) + rng.choice(pictures()) + b"\r\n--a--\r\n"
    cut, length = rng.randrange(len(whole)), rng.randint(0, 60)
    body = rng.choice((whole, whole[:cut], whole[:cut] + rng.randbytes(length) + whole[cut + length :]))
    return Attack(
        "bad multipart", (post(rng, body, f"Content-Type: multipart/form-data; boundary={rng.choice('aab')}"),)
    )


def types(rng: random.Random) -> Attack:
    more = rng.choice(("X: y", "Content-Encoding: gzip", "Content-Encoding: br, br", "Expect: 200-maybe", "Accept: \\"))
    body = rng.choice((b"", *pictures(), rng.randbytes(50)))
    return Attack("odd content types", (post(rng, body, f"Content-Type: {rng.choice(TYPES)}", more),))


def deep(rng: random.Random) -> Attack:
    """JSON within JSON."""
    depth, (open_, close) = rng.choice((10, 1000, 100_000)), rng.choice((("[", "]"), ('{"a":', "}")))
    body = (open_ * depth + "1" + close * rng.choice((0, depth))).encode()
    kind = rng.choice(("application/json", "image/json", "application/octet-stream", "multipart/form-data; boundary=a"))
    return Attack("deep JSON", (post(rng, body, f"Content-Type: {kind}"),))


def options(rng: random.Random) -> Attack:
    """Options that make no sense, percent-encoded or raw."""
    value = "".join(rng.choices(WEIRD, k=rng.randint(0, 40))).encode().hex("%", 1)
    path = f"{rng.choice(PATHS[:4])}?{rng.choice(OPTIONS)}=%{value}&{rng.choice(OPTIONS)}={'9' * rng.randint(0, 400)}"
    return Attack("odd options", (post(rng, rng.choice(pictures()), "Content-Type: image/png", path=path),))


def no_http(rng: random.Random) -> Attack:
    start = rng.choice((b"", b"GET /", b"POST /v1/read HTTP/1.1\r\nHost: a\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
    more = rng.choice((b"", b"X: " + b"y" * 70_000, b"Host: b\r\n" * 500, b"Upgrade: websocket\r\n", b"A B: c\r\n"))
    return Attack("no HTTP", (start + more + rng.randbytes(rng.randint(0, 200)) + b"\r\n\r\n",), leaves=True)


def dawdling_head(rng: random.Random) -> Attack:
    return Attack("slow senders", split(post(rng, b"", "Content-Type: image/png")[:-4], rng), PAUSE)


def dawdling_body(rng: random.Random) -> Attack:
    data = rng.choice(pictures())
    head = post(rng, b"", "Content-Type: image/png", length=len(data) + 9)
    return Attack("slow senders", (head, *split(data, rng)), PAUSE)


def promised(rng: random.Random) -> Attack:
    """More is promised than comes, and the sender waits for an answer."""
    data = rng.choice(pictures())
    said = len(data) + rng.choice((1, 1000, 10_000_000))
    return Attack("lengths that never come", (post(rng, data, "Content-Type: image/png", length=said),))


def split(data: bytes, rng: random.Random) -> tuple[bytes, ...]:
    """The bytes in a few parts, the first ones small."""
    cuts = [0, *sorted(rng.sample(range(1, 40), 6)), len(data)]
    return tuple(data[begin:end] for begin, end in pairwise(cuts))


def _named(makers: Iterable[Callable[[random.Random], Attack]]) -> dict[str, Callable[[random.Random], Attack]]:
    return {maker.__name__: maker for maker in makers}


FAST = _named((noise, truncated, damaged, bomb, lengths, forms, types, deep, options, no_http))
SLOW = _named((dawdling_head, dawdling_body, promised))

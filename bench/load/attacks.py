"""Hostile requests for the service: seeded, each made anew from its index, as the bytes that go over the wire."""

from __future__ import annotations

import io
import random
import zlib
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from struct import pack

import numpy as np
from PIL import Image

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "PDF")
PATHS = (
    *("/v1/read", "/v1/digit", "/v1/inspect", "/v1/explain"),
    *("/v1/read?annotate=true", "/v1/read?format=csv", "/v1/jobs"),
)
CONTENT_TYPES = (
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
ODD_CHARACTERS = "d0123456789[]{}()|?,.^-#%&=*+\\x00é"
PAUSE_SECONDS = 0.4  # seconds between the parts of a slow sender
ATTACKS_PER_SLOW_ONE = 20  # one attack in so many is slow
BOMBS_PER_LARGE_ONE = 200  # one in so many bombs is not refused by its size: it is just below the limit


@dataclass(frozen=True, slots=True)
class Attack:
    """One request: what is sent, part by part with pauses, and whether the sender then half-closes the connection."""

    kind: str
    parts: tuple[bytes, ...]
    pause_seconds: float = 0
    half_closes: bool = False


def make_attack(seed: int, index: int) -> Attack:
    """The attack with that index; the same for the same seed."""
    rng = random.Random(f"{seed} {index}")
    makers = SLOW_ATTACKS if is_slow(index) else FAST_ATTACKS
    return rng.choice(makers)(rng)


def is_slow(index: int) -> bool:
    """Whether that attack takes its time."""
    return index % ATTACKS_PER_SLOW_ONE == 0


def build_post(
    rng: random.Random, body: bytes, *headers: str, path: str | None = None, content_length: object = None
) -> bytes:
    """A POST of that body; `content_length` is what the header says, when it is not the truth."""
    declared_length = len(body) if content_length is None else content_length
    lines = [f"POST {path or rng.choice(PATHS)} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers]
    return "\r\n".join([*lines, f"Content-Length: {declared_length}", "", ""]).encode() + body


def build_post_of_some_type(rng: random.Random, body: bytes) -> bytes:
    """A POST of that body with a plausible content type."""
    content_type = rng.choice(("image/png", "application/pdf", "application/octet-stream", "image/x-anything"))
    return build_post(rng, body, f"Content-Type: {content_type}")


@cache
def encode_sample_pictures() -> tuple[bytes, ...]:
    """A 1 in every format."""
    ink = np.pad(np.zeros((30, 8), np.uint8), 12, constant_values=255)
    return tuple(encode_image(Image.fromarray(ink), image_format) for image_format in FORMATS)


@cache
def make_bombs() -> tuple[bytes, ...]:
    """Small files that decode to a lot: pixels declared, pixels there, texts, frames, pages, one enormous page."""
    dot = Image.new("L", (1, 1))
    frames = [Image.new("L", (9, 9), shade) for shade in range(200)]
    return (
        encode_png(60_000, 60_000, b""),
        encode_png(2**31 - 1, 2**31 - 1, bytes(100)),
        encode_png(9_000, 9_000, bytes(9_000 * 9_001)),
        encode_png(28, 28, bytes(10_000_000)),
        encode_png(28, 28, bytes(28 * 29), text=bytes(50_000_000)),
        encode_image(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        encode_image(frames[0], "TIFF", save_all=True, append_images=frames[1:]),
        encode_image(frames[0], "PDF", save_all=True, append_images=frames[1:]),
        encode_image(dot, "PDF", resolution=0.001),
        b"P5 99999 99999 255\n" + bytes(100),
    )


@cache
def make_large_bomb() -> bytes:
    """A page of 49 million white pixels in a few kilobytes, just below the limit."""
    return encode_image(Image.new("1", (7_000, 7_000), 1), "PNG")


def encode_image(image: Image.Image, image_format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def encode_png(width: int, height: int, rows: bytes, text: bytes = b"") -> bytes:
    """A grey PNG that says it has that size, whatever its rows are; `text` stands packed before them."""
    chunks = [(b"IHDR", pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))]
    chunks += [(b"zTXt", b"Comment\0\0" + zlib.compress(text))] if text else []
    chunks += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        pack(">I", len(data)) + name + data + pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def make_noise(rng: random.Random) -> Attack:
    return Attack("random bytes", (build_post_of_some_type(rng, rng.randbytes(rng.randint(0, 4000))),))


def make_truncated_picture(rng: random.Random) -> Attack:
    data = rng.choice(encode_sample_pictures())
    return Attack("truncated pictures", (build_post_of_some_type(rng, data[: rng.randint(0, len(data) - 1)]),))


def make_damaged_picture(rng: random.Random) -> Attack:
    data = bytearray(rng.choice(encode_sample_pictures()))
    for _ in range(rng.randint(1, 8)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return Attack("damaged pictures", (build_post_of_some_type(rng, bytes(data)),))


def make_bomb_attack(rng: random.Random) -> Attack:
    return Attack(
        "bombs",
        (
            build_post_of_some_type(
                rng, make_large_bomb() if rng.randrange(BOMBS_PER_LARGE_ONE) == 0 else rng.choice(make_bombs())
            ),
        ),
    )


def make_lying_length(rng: random.Random) -> Attack:
    """Lengths that are not numbers, that contradict each other, or that are less than what comes."""
    declared_length = rng.choice(
        ("-1", "1e3", "0x10", "", "9" * 5000, "16777217", "99999999999999999999", "5, 6", None)
    )
    extra_headers = rng.choice(
        ((), ("Transfer-Encoding: chunked",), ("Content-Length: 3",), ("Transfer-Encoding: gzip",))
    )
    if declared_length is None:
        extra_headers = ("Transfer-Encoding: chunked",)
    body = rng.choice(
        (rng.choice(encode_sample_pictures()), b"7\r\n1234567\r\n0\r\n\r\n", b"fffffffff\r\n", b"-5\r\n\r\n")
    )
    return Attack(
        "lying lengths",
        (build_post(rng, body, *extra_headers, content_length=declared_length or len(body) // 2), b"\r\n\r\n"),
        half_closes=True,
    )


def make_bad_multipart(rng: random.Random) -> Attack:
    """Forms with something left out, put in or cut off."""
    name = rng.choice(("file", "picture", "", '"', "file\0", "f" * 9999))
    part = f'--a\r\nContent-Disposition: form-data; name="{name}"; filename="../../{name}"\r\n\r\n'.encode()
    whole = part * rng.choice((1, 1, 2, 40)) + rng.choice(encode_sample_pictures()) + b"\r\n--a--\r\n"
    cut, length = rng.randrange(len(whole)), rng.randint(0, 60)
    body = rng.choice((whole, whole[:cut], whole[:cut] + rng.randbytes(length) + whole[cut + length :]))
    return Attack(
        "bad multipart", (build_post(rng, body, f"Content-Type: multipart/form-data; boundary={rng.choice('aab')}"),)
    )


def make_batch(rng: random.Random) -> Attack:
    """Several files, good ones and bad ones, or more than may be; to paths that take one, too."""
    head = b'--a\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    count = rng.choice((0, 2, 3, 5, 49, 51, 400))
    files = (rng.choice((*encode_sample_pictures()[:4], b"", rng.randbytes(40))) for _ in range(count))
    body = b"".join(head + data + b"\r\n" for data in files) + b"--a--\r\n"
    path = rng.choice(("/v1/read", "/v1/jobs", "/v1/digit")) if count < 9 else rng.choice(("/v1/jobs", "/v1/digit"))
    return Attack("batches", (build_post(rng, body, "Content-Type: multipart/form-data; boundary=a", path=path),))


def make_job_question(rng: random.Random) -> Attack:
    """Questions for jobs that are not there, or cannot be."""
    job = rng.choice((f"{rng.getrandbits(128):032x}", "0" * 33, "%00", "..%2F..%2Fetc", "x" * 3000, "'--", ""))
    line = f"{rng.choice(('GET', 'DELETE', 'PUT', 'POST'))} /v1/jobs/{job}{rng.choice(('', '/result', '/'))} HTTP/1.1"
    return Attack("questions for jobs", (f"{line}\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode(),))


def make_odd_content_type(rng: random.Random) -> Attack:
    extra_header = rng.choice(
        ("X: y", "Content-Encoding: gzip", "Content-Encoding: br, br", "Expect: 200-maybe", "Accept: \\")
    )
    body = rng.choice((b"", *encode_sample_pictures(), rng.randbytes(50)))
    return Attack(
        "odd content types", (build_post(rng, body, f"Content-Type: {rng.choice(CONTENT_TYPES)}", extra_header),)
    )


def make_deep_json(rng: random.Random) -> Attack:
    """JSON within JSON."""
    depth, (open_, close) = rng.choice((10, 1000, 100_000)), rng.choice((("[", "]"), ('{"a":', "}")))
    body = (open_ * depth + "1" + close * rng.choice((0, depth))).encode()
    content_type = rng.choice(
        ("application/json", "image/json", "application/octet-stream", "multipart/form-data; boundary=a")
    )
    return Attack("deep JSON", (build_post(rng, body, f"Content-Type: {content_type}"),))


def make_odd_options(rng: random.Random) -> Attack:
    """Options that make no sense, percent-encoded or raw."""
    value = "".join(rng.choices(ODD_CHARACTERS, k=rng.randint(0, 40))).encode().hex("%", 1)
    numbers = "9" * rng.randint(0, 400)
    path = f"{rng.choice((*PATHS[:4], PATHS[-1]))}?{rng.choice(OPTIONS)}=%{value}&{rng.choice(OPTIONS)}={numbers}"
    return Attack(
        "odd options", (build_post(rng, rng.choice(encode_sample_pictures()), "Content-Type: image/png", path=path),)
    )


def make_non_http(rng: random.Random) -> Attack:
    start = rng.choice((b"", b"GET /", b"POST /v1/read HTTP/1.1\r\nHost: a\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
    extra_bytes = rng.choice(
        (b"", b"X: " + b"y" * 70_000, b"Host: b\r\n" * 500, b"Upgrade: websocket\r\n", b"A B: c\r\n")
    )
    return Attack(
        "no HTTP", (start + extra_bytes + rng.randbytes(rng.randint(0, 200)) + b"\r\n\r\n",), half_closes=True
    )


def make_slow_head(rng: random.Random) -> Attack:
    return Attack("slow senders", split_bytes(build_post(rng, b"", "Content-Type: image/png")[:-4], rng), PAUSE_SECONDS)


def make_slow_body(rng: random.Random) -> Attack:
    data = rng.choice(encode_sample_pictures())
    head = build_post(rng, b"", "Content-Type: image/png", content_length=len(data) + 9)
    return Attack("slow senders", (head, *split_bytes(data, rng)), PAUSE_SECONDS)


def make_unfinished_body(rng: random.Random) -> Attack:
    """More is promised than comes, and the sender waits for an answer."""
    data = rng.choice(encode_sample_pictures())
    declared_length = len(data) + rng.choice((1, 1000, 10_000_000))
    return Attack(
        "lengths that never come", (build_post(rng, data, "Content-Type: image/png", content_length=declared_length),)
    )


def split_bytes(data: bytes, rng: random.Random) -> tuple[bytes, ...]:
    """The bytes in a few parts, the first ones small."""
    cuts = [0, *sorted(rng.sample(range(1, 40), 6)), len(data)]
    return tuple(data[begin:end] for begin, end in pairwise(cuts))


# Their order decides, with the seed, which attack is made: what is kept was measured with this one.
FAST_ATTACKS = (
    make_bomb_attack,
    make_damaged_picture,
    make_deep_json,
    make_bad_multipart,
    make_lying_length,
    make_non_http,
    make_noise,
    make_odd_options,
    make_truncated_picture,
    make_odd_content_type,
    make_batch,
    make_job_question,
)
SLOW_ATTACKS = (make_slow_body, make_slow_head, make_unfinished_body)

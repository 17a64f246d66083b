"""IDX, the file format of MNIST (described at the end of the MNIST page): a magic number, sizes, then bytes."""

from __future__ import annotations

import gzip
import io
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataError

MAX_UNPACKED_BYTES = 1 << 30  # a gigabyte unpacked: EMNIST's largest part is 0.55 GB
UINT8_TYPE_CODE = 0x08  # the type code of unsigned bytes


def read(path: Path, raw: bytes | None = None) -> NDArray[np.uint8]:
    """The array in an IDX file of unsigned bytes, gzipped or not.

    `raw`, if given, is the file's content, already read. Raises DataError when the file cannot be read, is no IDX
    file of unsigned bytes, is shorter or longer than its header says, or unpacks to more than a gigabyte.
    """
    try:
        content = path.read_bytes() if raw is None else raw
        if content[:2] == b"\x1f\x8b":
            content = _decompress(content, path)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read ({error}).") from error
    return _parse(content, path)


def _decompress(content: bytes, path: Path) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        unpacked = file.read(MAX_UNPACKED_BYTES + 1)
    if len(unpacked) > MAX_UNPACKED_BYTES:
        raise DataError(
            f"{path} unpacks to more than {MAX_UNPACKED_BYTES} bytes, which is too large for a set of digits."
        )
    return unpacked


def _parse(content: bytes, path: Path) -> NDArray[np.uint8]:
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != UINT8_TYPE_CODE or not 1 <= content[3] <= 3:
        raise DataError(f"{path} is not an IDX file of unsigned bytes.")
    rank = content[3]
    header_size = 4 + 4 * rank
    if len(content) < header_size:
        raise DataError(f"{path} is not an IDX file: it ends inside its header.")
    shape = struct.unpack(f">{rank}I", content[4:header_size])
    if len(content) - header_size != math.prod(shape):
        raise DataError(
            f"{path} is damaged: its header says {math.prod(shape)} bytes, but it has {len(content) - header_size}."
        )
    try:
        return np.frombuffer(content, np.uint8, offset=header_size).reshape(shape)
    except ValueError as error:  # one side is 0 and the others are beyond what numpy can count
        raise DataError(f"{path} is damaged: its header gives the shape {'×'.join(map(str, shape))}.") from error

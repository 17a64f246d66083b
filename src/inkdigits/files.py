"""Files: which are pictures by their names, reading no more of them than is allowed, and writing them so that nothing
is ever lost: the new content is there whole, or the old one still is."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path, PurePath
from typing import IO, Any

from inkdigits.errors import UsageError, WriteError

PICTURE_ENDINGS = {
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".webp", ".gif", ".bmp"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".heic", ".heif", ".pdf"),
}


def is_picture_name(path: PurePath) -> bool:
    """Whether a file in a folder (`path` begins below it) is taken for a picture: by its ending, unless it is hidden,
    as `.name` is and all that lies in a hidden folder."""
    return path.suffix.lower() in PICTURE_ENDINGS and not any(part.startswith(".") for part in path.parts)


def read_bounded(path: Path, max_bytes: int, name: str, advice: str) -> bytes:
    """A file that somebody wrote for us, of at most `max_bytes`. `name` is what errors call it.

    Raises UsageError for one that cannot be read, or is larger, which ends with `advice`.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:  # the latter for names that no file can have
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{name} cannot be read ({reason}); check its place.") from error
    if len(data) > max_bytes:
        raise UsageError(f"{name} is larger than {max_bytes:,} bytes; {advice}.")
    return data


def write_atomically(path: Path, content: bytes | str) -> None:
    """Replace `path` by `content` in one go; text is written as UTF-8. Missing folders are made.

    Raises WriteError, and leaves what stood there untouched, when the disk is full or the place cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_read_umask())
        os.replace(temporary, path)
    except BaseException as error:  # Ctrl-C too must leave no half file behind
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        if not isinstance(error, OSError):
            raise
        raise WriteError(f"{path} could not be written ({error.strerror}); any earlier file is unchanged.") from error


def lock_file(file: IO[Any]) -> bool:
    """Keep other runs away from an open file until it is closed, or this process ends. False where one has it; a disk
    or a system without such locks is as well as can be."""
    try:
        import fcntl  # Windows has none

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (OSError, ImportError):
        pass
    return True


def _read_umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask

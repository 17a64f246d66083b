"""Tar shards, made here."""

import io
import tarfile
from collections.abc import Iterable


def make_tar(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A tar of these files, in order."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()

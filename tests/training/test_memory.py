"""What a training frees it is given again without the system's help."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import torch
from inkdigits.training.memory import keep_memory
if sys.argv[1] == "keep":
    keep_memory()
for count in range(30):
    if count == 10:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(40 * 2**20, dtype=torch.uint8)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's own way")
def test_freed_memory_is_kept() -> None:
    faults = {
        how: int(subprocess.run([sys.executable, "-c", PROGRAM, how], check=True, capture_output=True).stdout)
        for how in ("keep", "plain")
    }
    assert faults["keep"] < 0.1 * faults["plain"]

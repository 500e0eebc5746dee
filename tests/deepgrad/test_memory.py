import subprocess
import sys

import pytest

from deepgrad.memory import keep_freed_memory

FAULTS = """
import resource
import numpy as np
from deepgrad.memory import keep_freed_memory
if {keep}:
    keep_freed_memory()
def step():
    arrays = [np.ones(1_000_000) for _ in range(4)]
    return sum(map(np.sum, arrays))
step(), step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not keep_freed_memory(), reason="this C library cannot be asked")
def test_what_is_freed_need_not_be_fetched_again():
    def faults(keep):
        code = FAULTS.format(keep=keep)
        return int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)

    assert faults(keep=True) < 20
    assert faults(keep=False) > 1000


def test_a_system_without_such_a_call_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())
    assert keep_freed_memory.__wrapped__() is False

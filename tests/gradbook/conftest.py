"""What the tests of gradbook share."""

import pytest

from gradbook import sweep


@pytest.fixture(autouse=True)
def in_one_process(request, monkeypatch):
    """A chapter's few seeds are measured sooner here than worker processes start. The tests of sweeps keep all cores."""
    if request.module.__name__.rpartition(".")[2].startswith("test_ch"):
        monkeypatch.setattr(sweep, "cores", lambda: 1)

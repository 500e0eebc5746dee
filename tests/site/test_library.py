"""What the library's page shows can be run as it stands."""

import re
import subprocess
import sys

import pytest

from tests.building import ROOT


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_examples_run_and_learn(lang, tmp_path):
    text = (ROOT / "docs" / lang / "library.md").read_text(encoding="utf-8")
    programs = [
        code for code in re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE) if "import" in code
    ]
    assert len(programs) == 2
    for program in programs:
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert float(done.stdout) > 0.95

"""In CI a skipped test fails the run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BODIES = {
    "a test that skips itself": "import pytest\ndef test_a():\n    pytest.skip('no server')\n",
    "a marked test": "import pytest\n@pytest.mark.skipif(True, reason='no server')\ndef test_a():\n    pass\n",
    "a whole file": "import pytest\npytest.importorskip('no_such_package')\ndef test_a():\n    pass\n",
}


def run(folder: Path, body: str, forbid: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(Path(__file__).with_name("conftest.py"), folder)
    folder.joinpath("test_sample.py").write_text(body + "def test_b():\n    pass\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)],
        env={**os.environ, "REGISTRY_FORBID_SKIPS": forbid},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_skip_fails_the_run_where_skips_are_forbidden(tmp_path: Path, body: str) -> None:
    result = run(tmp_path, body, forbid="1")
    assert result.returncode != 0
    assert "Skips are forbidden here" in result.stdout


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_skip_passes_elsewhere(tmp_path: Path, body: str) -> None:
    assert run(tmp_path, body, forbid="").returncode in (0, 5)

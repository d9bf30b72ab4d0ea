"""In CI a skipped test fails the run."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

BODIES = {
    "a test that skips itself": "import pytest\ndef test_a():\n    pytest.skip('no server')\n",
    "a marked test": "import pytest\n@pytest.mark.skipif(True, reason='no server')\ndef test_a():\n    pass\n",
    "a whole file": "import pytest\npytest.importorskip('no_such_package')\ndef test_a():\n    pass\n",
}


def run(folder: Path, forbid: str) -> str:
    """What pytest says of a file for each of them."""
    shutil.copy(Path(__file__).with_name("conftest.py"), folder)
    for number, body in enumerate(BODIES.values()):
        folder.joinpath(f"test_sample_{number}.py").write_text(body + "def test_b():\n    pass\n")
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    result = subprocess.run(
        [*command, "--continue-on-collection-errors", str(folder)],
        env={**os.environ, "REGISTRY_FORBID_SKIPS": forbid},
        capture_output=True,
        text=True,
    )
    assert result.returncode == (1 if forbid else 0), result.stdout
    return result.stdout


def test_a_skip_fails_the_run_where_skips_are_forbidden(tmp_path: Path) -> None:
    told = run(tmp_path, forbid="1")
    assert told.count("Skips are forbidden here") >= len(BODIES)
    assert re.search(r"1 failed, 2 passed, 2 errors", told)


def test_a_skip_passes_elsewhere(tmp_path: Path) -> None:
    assert re.search(r"2 passed, 3 skipped", run(tmp_path, forbid=""))

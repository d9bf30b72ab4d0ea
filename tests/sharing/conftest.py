"""Makes the helpers beside the tests importable as `sharing.…`."""

import sys
from pathlib import Path

TESTS = str(Path(__file__).parents[1])

if TESTS not in sys.path:
    sys.path.append(TESTS)  # last, so that no folder of tests hides a package

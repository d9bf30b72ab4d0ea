"""A line for every write that was asked for: who, what, and how it ended."""

import json
import logging
import time
from collections.abc import Sequence
from typing import Any

from registry.errors import DiagnosticError
from registry.server.access import Access

LOGGER = "registry.audit"
"""The logger; one line of JSON each, at the level INFO."""

_SHOWN = 20
"""How many keys of a batch are named; the line always says how many there were."""

_log = logging.getLogger(LOGGER)


def record(
    access: Access,
    verb: str,
    namespace: str,
    keys: Sequence[str],
    operation: str | None,
    *,
    token: str | None = None,
    error: DiagnosticError | None = None,
    address: str | None = None,
) -> None:
    """Write the line of one write. Names are escaped, so that nothing in them can end the line or reach a terminal."""
    if not _log.isEnabledFor(logging.INFO):
        return
    line: dict[str, Any] = {
        "time": round(time.time(), 6),
        "who": access.who,
        "token_id": access.token,
        "address": address,
        "verb": verb,
        "namespace": namespace,
        "keys": list(keys[:_SHOWN]),
        "count": len(keys),
        "operation": operation,
        "outcome": "done" if error is None else error.code,
        "token": token,
    }
    _log.info("%s", json.dumps(line, ensure_ascii=True))

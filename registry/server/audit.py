"""A line for every write that was asked for: who, what, and how it ended."""

import json
import logging
import time
from collections.abc import Sequence

from registry.errors import DiagnosticError
from registry.server.access import Access

LOGGER = "registry.audit"
"""The logger; one line of JSON each, at the level INFO."""

_SHOWN = 20
"""How many keys of a batch are named; the line always says how many there were."""

_log = logging.getLogger(LOGGER)

_text = json.encoder.encode_basestring_ascii


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
    text = _text  # the line is put together by hand, and the logger is not asked for its caller: a third of the time
    named = ", ".join(map(text, keys[:_SHOWN]))
    line = (
        f'{{"time": {time.time():.6f}, "who": {text(access.who)}, "token_id": {text(access.token)},'
        f' "address": {_text_or_null(address)}, "verb": {text(verb)}, "namespace": {text(namespace)},'
        f' "keys": [{named}], "count": {len(keys)}, "operation": {_text_or_null(operation)},'
        f' "outcome": {text("done" if error is None else error.code)}, "token": {_text_or_null(token)}}}'
    )
    _log.handle(logging.LogRecord(LOGGER, logging.INFO, __file__, 0, line, None, None))


def _text_or_null(value: str | None) -> str:
    return "null" if value is None else _text(value)

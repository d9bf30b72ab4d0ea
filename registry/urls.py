"""What may be shown of a URL."""

import re

_BEGINNING = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//")
_HOST = re.compile(r"(?:[^@:/?#\[\]]+|\[[^@/?#\[\]]*\])(?::[0-9]*)?(?=[/?#]|$)")
_SECRET = re.compile(r"(?i)([^&=]*(?:token|secret|passw|signature|credential|key|auth)[^&=]*=|\bsig=)[^&]*")


def shown_url(url: str) -> str:
    """A URL without user, password, fragment, and what its query calls a secret.

    Text that is no URL may hold a password all the same (`me:secret@host:8001`), which is left out too.

    >>> shown_url("https://me:secret@host/config.yaml?version=2&token=abc#part")
    'https://host/config.yaml?version=2&token=…'
    >>> shown_url("me:secret@host:8001")
    'host:8001'
    """
    found = _BEGINNING.match(url)
    beginning = "" if found is None else found[0]
    rest = url[len(beginning) :]
    if not beginning or _HOST.match(rest) is None:  # then it is not known where the user and the password end
        before, _, after = rest.rpartition("@")
        if ":" in before or "/" not in before:
            rest = after
    place, mark, query = rest.partition("#")[0].partition("?")
    hidden = _SECRET.sub(lambda secret: f"{secret[1]}…", query)
    return f"{beginning}{place}{mark}{hidden}"

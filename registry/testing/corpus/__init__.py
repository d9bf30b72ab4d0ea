"""Input that is meant to hurt, as data: for the tests of parts, and of whatever else reads what others wrote.

    from registry.testing import corpus

    @pytest.mark.parametrize("what", corpus.YAML)
    def test_my_reader(what):
        read(corpus.YAML[what])

Each is a mapping from a short description to the thing. Large ones are made when they are looked up, anew each time.
What objects raise that are meant to raise is `Misbehaved`.
"""

from registry.testing.corpus.documents import JSON, TOML, YAML
from registry.testing.corpus.http import HTTP
from registry.testing.corpus.names import NAMES, REFERENCES
from registry.testing.corpus.objects import CALLABLES, OBJECTS, Misbehaved

__all__ = ["CALLABLES", "HTTP", "JSON", "NAMES", "OBJECTS", "REFERENCES", "TOML", "YAML", "Misbehaved"]

"""A real HTTP server on the loopback interface, whose answers the tests write."""

import http.server
import threading
from collections.abc import Callable, Iterator

import pytest

Handler = Callable[[http.server.BaseHTTPRequestHandler], None]
Serve = Callable[[Handler], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server that answers with a function; gives its URL, without a slash at its end."""
    servers: list[tuple[http.server.ThreadingHTTPServer, threading.Thread]] = []

    def start(handler: Handler) -> str:
        class Answering(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                try:
                    handler(self)
                except OSError:
                    self.close_connection = True  # the client went away, as it should

            do_POST = do_GET

            def log_message(self, format: str, *values: object) -> None:
                """Say nothing."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()

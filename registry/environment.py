"""What the environment may say about a namespace server, and what holds where it says nothing."""

HOST, PORT = "REGISTRY_SERVER_HOST", "REGISTRY_SERVER_PORT"
"""The variables that say where the server is."""

TOKEN = "REGISTRY_TOKEN"
"""The variable that has the access token."""

DEFAULT_PORT = 8001
"""The port of a server, where nobody names one."""

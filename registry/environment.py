"""What the environment may say about where namespaces are, and what holds where it says nothing."""

HOST, PORT = "REGISTRY_SERVER_HOST", "REGISTRY_SERVER_PORT"
"""The variables that say where the server is."""

TOKEN = "REGISTRY_TOKEN"
"""The variable that has the access token."""

DEFAULT_PORT = 8001
"""The port of a server, where nobody names one."""

ETCD_USER, ETCD_PASSWORD = "REGISTRY_ETCD_USER", "REGISTRY_ETCD_PASSWORD"
"""The variables that say who asks an etcd cluster that has users."""

ETCD_CA, ETCD_CERT, ETCD_KEY = "REGISTRY_ETCD_CA_FILE", "REGISTRY_ETCD_CERT_FILE", "REGISTRY_ETCD_KEY_FILE"
"""The variables that name the files for TLS with an etcd cluster: whom to trust, and what to show."""

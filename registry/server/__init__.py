"""The namespace server, on aiohttp. What is here is imported when it is first used."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from registry.server.handler import NamespaceHandler, namespace_handler
    from registry.server.limits import Limits
    from registry.server.main import serve
    from registry.server.startup import Settings
    from registry.server.tokens import AccessToken, create_token, read_tokens, revoke_token

__all__ = [
    "AccessToken",
    "Limits",
    "NamespaceHandler",
    "Settings",
    "create_token",
    "namespace_handler",
    "read_tokens",
    "revoke_token",
    "serve",
]

_HOMES = {
    "AccessToken": "tokens",
    "Limits": "limits",
    "NamespaceHandler": "handler",
    "Settings": "startup",
    "create_token": "tokens",
    "namespace_handler": "handler",
    "read_tokens": "tokens",
    "revoke_token": "tokens",
    "serve": "main",
}

if not TYPE_CHECKING:  # or a checker would take any name for one of ours

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module 'registry.server' has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(f"registry.server.{_HOMES[name]}"), name)
        return value

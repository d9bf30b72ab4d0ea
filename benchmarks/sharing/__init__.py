"""Namespaces shared between processes, beside what they stand on: aiohttp, http.client, sqlite3, and Redis."""

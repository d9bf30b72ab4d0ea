"""The check of what several threads are told by one backend."""

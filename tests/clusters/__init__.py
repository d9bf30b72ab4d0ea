"""Real etcd clusters on this machine, for tests and for `make cluster`."""

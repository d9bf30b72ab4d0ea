"""A client of etcd clusters: blocking, in the thread that calls, over the JSON gateway of etcd's version 3."""

from registry.stores.etcd.store import EtcdStore
from registry.stores.etcd.watches import EtcdWatch

__all__ = ["EtcdStore", "EtcdWatch"]

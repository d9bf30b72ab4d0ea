"""Stands before a member of etcd, passes on what is asked, and answers some of it otherwise."""

import urllib.error
import urllib.request
from collections.abc import Callable
from typing import final

from clusters.members import Cluster
from faults.scripted import Asked, Link, Script, answer

from registry.stores.etcd.gateway import TXN

Instead = Callable[[Link, Asked], bool]
"""Whether a request was answered otherwise."""


def passing(cluster: Cluster, instead: Instead) -> Script:
    """Passes requests on to the only member, and its answers back: not the streams of watches.

    Args:
        cluster: Has the member.
        instead: Is asked first whether it answers.
    """

    def script(link: Link) -> None:
        while True:
            asked = link.request()
            if not instead(link, asked):
                status, body = told(cluster, asked)
                link.send(answer(body, status))

    return script


def is_write(asked: Asked) -> bool:
    """Whether it is a transaction that may write."""
    return asked.path == TXN and b"request_put" in asked.body


@final
class Holding:
    """Passes everything on but one write, which it holds back after the client was cut off.

    Args:
        cluster: Has the member.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._held: list[Asked] = []
        self.is_cut = False
        """Set to cut everybody off from now on."""

    def script(self) -> Script:
        """Serves connections."""
        return passing(self._cluster, self._instead)

    def release(self) -> None:
        """Let the write through, and wait until the member has answered it."""
        (asked,) = self._held
        told(self._cluster, asked)

    def _instead(self, link: Link, asked: Asked) -> bool:
        is_held = is_write(asked) and not self._held
        if is_held:
            self._held.append(asked)
        if is_held or self.is_cut:
            link.close()
        return is_held or self.is_cut


def told(cluster: Cluster, asked: Asked) -> tuple[int, bytes]:
    """What the member answers: the status and the body."""
    try:
        with urllib.request.urlopen(cluster.endpoints[0] + asked.target, asked.body, timeout=10) as found:
            return found.status, found.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()

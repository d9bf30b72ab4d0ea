"""Three members of etcd and two servers: what was acknowledged is there, in order, whatever dies in between."""

import functools
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from clusters.binary import survives_crashes
from clusters.members import Cluster
from clusters.networks import may_make_namespaces
from faults.calls import Outcome
from faults.cluster_ordeal import Ordeal, Scene, ordeal
from faults.figures import Figure

FAULTS: dict[str, Callable[[Scene], None]] = {
    "a leader that is killed": Scene.leader_killed,
    "a member that is paused": Scene.member_paused,
    "a server that is killed": Scene.server_killed,
    "a leader that is cut off": Scene.network_cut,
    "a member whose disk is full": Scene.disk_full,
}


CRASHES = ("a leader that is killed", "a member whose disk is full")
"""What some versions of etcd do not survive, and is left out with them; those of Debian do."""

ENOUGH = 200
"""Operations in a second that make a load."""


def tell(result: Ordeal, figure: Figure) -> None:
    """Note what was counted."""
    acknowledged = sum(call.is_write and call.outcome is Outcome.DONE for call in result.calls)
    figure(f"faults of members and servers over etcd ({result.how})", result.faults)
    figure("members of etcd that ended by themselves, and were started anew", result.restarts)
    figure("operations of 24 clients over etcd checked for linearizability", len(result.calls))
    figure("writes over etcd acknowledged meanwhile, none of them lost", acknowledged)
    figure("events of watches over etcd checked for order, gaps and repeats", result.events)
    figure("slowest return of writes after a fault of the cluster", max(result.recoveries))


def test_nothing_is_lost_whatever_dies(tmp_path: Path, figure: Figure) -> None:
    result = ordeal(tmp_path, [fault for name, fault in FAULTS.items() if name not in CRASHES or survives_crashes()])
    assert result.found == []
    assert len(result.calls) > 5 * ENOUGH  # how many a second is for a run with nothing beside it, the long one
    tell(result, figure)


def each_from_another_member(urls: Sequence[str], cluster: Cluster) -> list[str]:
    """The cluster's URL for three processes of clients, each with another member first."""
    hosts = [member.url.partition("://")[2] for member in cluster.members]
    return ["etcd://" + ",".join(hosts[first:] + hosts[:first]) for first in range(3)]


def test_clients_that_believe_one_member_are_noticed(tmp_path: Path) -> None:
    if may_make_namespaces():
        long_cut = functools.partial(Scene.network_cut, longer=5.0)
        result = ordeal(tmp_path, [long_cut], twin="Believing", addresses=each_from_another_member)
    else:  # all members are cut off at once, so that none is behind another; clients are careless in another way
        result = ordeal(tmp_path, [Scene.network_cut], twin="Careless", addresses=each_from_another_member)
    assert any("saw" in one or "BROKEN" in one for one in result.found)


@pytest.mark.soak
@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_lost_however_often(name: str, tmp_path: Path, figure: Figure) -> None:
    assert name not in CRASHES or survives_crashes(), "this etcd has to be another version"
    result = ordeal(tmp_path, [FAULTS[name]] * 12, between=3.0)
    assert result.found == []
    assert statistics.median(result.rates) >= ENOUGH
    tell(result, figure)
    percentiles = statistics.quantiles(result.recoveries, n=100)
    figure(f"median seconds until writes go on after {name}", round(percentiles[49], 2))
    figure(f"slowest seconds until writes go on after {name}", round(max(result.recoveries), 2))


def test_a_compacted_log_leaves_watches_complete_or_begun_anew(tmp_path: Path, figure: Figure) -> None:
    result = ordeal(tmp_path, [Scene.log_compacted, Scene.server_killed, Scene.log_compacted])
    assert result.found == []
    tell(result, figure)

"""What stands between the tables."""

from collections.abc import Sequence

from benchmarks.cluster.growth import Crowd, Size
from benchmarks.cluster.namespaces import Namespaces
from benchmarks.cluster.setting import SIZE

INTRODUCTION = f"""\
What it costs to run several servers over one cluster, and how far that goes. Records have {SIZE:,} bytes. Three
members of etcd as shipped, the servers and whoever asks them share one machine, so times that go by are too long and
little is said of them: what is compared is the time that processors spent on each process, which the kernel counts in
nanoseconds, and main memory. From what is done, what goes on anyway in the same time is taken off. Each figure is the
median of its rounds.

    python -m benchmarks.cluster --markdown benchmarks/cluster.md --json benchmarks/cluster.json

takes about a quarter of an hour and 4 GB of disk (`--quick` is a small form)."""

BREAKS = f"""\
10 million entries of {SIZE:,} bytes and 1,000 clients were not run but calculated, by the model below. Each row is
one thing that comes to an end; those at the top end first. "Breaks at" is the number of entries or of clients that
takes all of the limit, "of the aim" is that number as a part of 10 million or of 1,000: what is below 1 breaks on the
way there. Limits that are marked as chosen are not of this library or of etcd: put your own in their place. Most
figures change with the limit evenly; times of pages, lists and starts grow faster than entries do. Times are those of
processors like those of the machine that was used."""

WRITES = """\
Each write is told to every client that watches its namespace, by the server that the client watches. One processor of
a server does so many of them; several servers over one cluster share the clients, and each of them is told of each
write."""

ROOM = """\
etcd keeps each write until it may be forgotten: after an hour, and 100,000 writes. So its quota bounds how many there
may be, whatever its processors do. "None" is said where less than 100,000 writes fit beside the entries. (Space that
was forgotten is used again, but given back to the file system only by `etcdctl defrag`.)"""

MODEL = """\
Everything is a straight line but for one thing: etcd, when it is asked for a page of a range, walks over all keys of
the range behind the page in order to count them. Reading a namespace page by page so costs a part that grows with the
square of its entries. It is measured by itself, with a page of one key, and is nothing with some thousand entries,
and most of the start with millions."""

READS = """\
Machine instructions that the server executes for one read, counted by callgrind; no clock has a part in it. The first
three columns are those of the thread that answers; the last two those of the whole process, less what it executes in
the same time when nobody asks. Reads are answered from the server's mirror, so the store has no part in them.
`tests/server/test_same_path.py` asserts that Python executes the same number of its own instructions within 2 %, and
that a server that asked its store would be noticed."""

SERVERS = """\
Over three members with 1,000 entries. All writes and reads go to one of the servers, from 8 connections. Each server
asks the cluster once a second how far it is, which is all that happens when nothing happens. The members keep
what was written in the columns to the left, so their memory grows with that, and not with the number of servers."""

GROWTH = """\
What the model is made of, but for the last row of each table, which it was checked against. Memory is resident
memory: of the member that holds most, and of a server when it was ready, and at most until then. Where both are the
same, what it needed only while it loaded was not given back to the system. Seconds are those of processors, but for
those that go by. Clients are raw connections that watch the namespace and throw away what comes."""


def namespaces(found: Sequence[Namespaces]) -> str:
    """What stands above the table of namespaces."""
    return (
        f"{max((one.entries for one in found), default=0):,} entries in all, each number of namespaces in a cluster of"
        " its own. A server reads each namespace with a request of its own when it starts."
    )


def checked(size: Size, crowd: Crowd) -> str:
    """What stands above the table of predictions."""
    return (
        f"The same lines beside a run with {size.entries:,} entries and {crowd.watchers:,} clients, and lists of"
        " namespaces, of which the model knows nothing:"
    )

"""What a server counts, and how Prometheus reads it."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any, final

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the durations that are counted together, in seconds."""


@final
class Requests:
    """Plain counts of requests by what they did and how they ended. Only the loop touches them."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, int], int] = {}
        self.durations: dict[str, list[float]] = {}
        """For each operation: how many fell into each bucket, into none, and the sum of all, in seconds."""

    def count(self, operation: str, status: int, seconds: float) -> None:
        """Take up one request."""
        counts = self.counts
        key = (operation, status)
        counts[key] = counts.get(key, 0) + 1
        durations = self.durations.get(operation)
        if durations is None:
            durations = self.durations[operation] = [0.0] * (len(BUCKETS) + 2)
        durations[bisect_left(BUCKETS, seconds)] += 1
        durations[-1] += seconds

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())

    def by_status(self) -> dict[str, int]:
        """How many ended with each status."""
        found: dict[str, int] = {}
        for (_, status), number in sorted(self.counts.items(), key=lambda item: item[0][1]):
            found[str(status)] = found.get(str(status), 0) + number
        return found


@final
class Collector:
    """Gives the numbers to prometheus_client.

    Args:
        requests: The requests.
        gauges: What there is now: name, description and number.
        namespaces: How many entries each namespace has, of those that may be seen.
    """

    def __init__(
        self, requests: Requests, gauges: Mapping[str, tuple[str, float]], namespaces: Mapping[str, int]
    ) -> None:
        self._requests = requests
        self._gauges = gauges
        self._namespaces = namespaces

    def collect(self) -> Iterator[Any]:
        """The families of numbers."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        requests = CounterMetricFamily(
            "registry_requests", "Requests that were answered.", labels=["operation", "status"]
        )
        for (operation, status), number in self._requests.counts.items():
            requests.add_metric([operation, str(status)], float(number))
        yield requests
        durations = HistogramMetricFamily(
            "registry_request_duration_seconds", "How long they took.", labels=["operation"]
        )
        for operation, numbers in self._requests.durations.items():
            total = 0.0
            buckets = []
            for bound, count in zip((*map(str, BUCKETS), "+Inf"), numbers, strict=False):
                total += count
                buckets.append((bound, total))
            durations.add_metric([operation], buckets, numbers[-1])
        yield durations
        for name, (description, value) in self._gauges.items():
            yield GaugeMetricFamily(f"registry_{name}", description, value=value)
        entries = GaugeMetricFamily("registry_entries", "Entries in a namespace.", labels=["namespace"])
        for namespace, size in self._namespaces.items():
            entries.add_metric([namespace], size)
        yield entries

    def describe(self) -> list[Any]:
        """Nothing, so that registering it asks for no numbers."""
        return []


def exposition(collector: Collector) -> tuple[bytes, str]:
    """The numbers as text, and its content type.

    Raises:
        MissingExtraError: prometheus_client is not installed.
    """
    try:
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.exposition import CONTENT_TYPE_LATEST
    except ImportError as error:
        from registry.distribution import DISTRIBUTION
        from registry.errors import MissingExtraError

        raise MissingExtraError(
            "The package 'prometheus_client' is not installed.",
            suggestions=[f"pip install '{DISTRIBUTION}[remote]'"],
        ) from error
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    return generate_latest(registry), CONTENT_TYPE_LATEST

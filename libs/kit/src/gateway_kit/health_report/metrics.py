"""Reads metrics in Prometheus' text format."""

import math
from collections.abc import Iterator

Sample = tuple[str, float]
"""The value of the label (empty without one) and the measured value; NaN where it was not measured."""


class Metrics:
    """The gauges of one process."""

    def __init__(self, text: str) -> None:
        from prometheus_client.parser import text_string_to_metric_families

        self._samples: dict[str, list[Sample]] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                label = next(iter(sample.labels.values()), "")
                self._samples.setdefault(sample.name, []).append((label, sample.value))

    def values(self, name: str) -> Iterator[Sample]:
        """Measured values under that name."""
        for label, value in self._samples.get(name, ()):
            if not math.isnan(value):
                yield label, value

    def is_measured(self, name: str) -> bool:
        """Whether there is a value: gauges that could not be read are absent or NaN."""
        return any(True for _ in self.values(name))

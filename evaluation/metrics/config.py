"""Options of the metrics: a metric with options would be another metric under the same name."""

from __future__ import annotations

import attrs

__all__ = ["MetricConfig"]


@attrs.frozen(kw_only=True)
class MetricConfig:
    """Options of a metric that has none."""

"""A weight file that was read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
from styletalker.core.weights_file.tensors import Tensors

__all__ = ["WeightsFile"]


@attrs.frozen(kw_only=True, eq=False)
class WeightsFile:
    """Named tensors of a file, and what else it says."""

    path: Path
    """The file."""
    layout: str
    """How it is written: a key of :data:`styletalker.core.weights_file.recognise.LAYOUTS`."""
    tensors: Tensors
    """Dotted name -> tensor, read when looked up: ``g_ema.style.1.weight``."""
    values: Mapping[str, Any]
    """What is not a tensor, as plain nested values: ``{"opts": {"output_size": 1024}}``."""
    arguments: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    """Network -> the arguments it was constructed with, where the layout says them: ``G_ema``."""
    attributes: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    """Module (dotted) -> its plain attributes, where the layout says them."""
    classes: Mapping[str, str] = attrs.field(factory=dict)
    """Network -> the name of its class, where the layout says it."""

"""Options of the plug-in ``shards``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs
from styletalker.core.config.options import OPERATIONAL, within

__all__ = ["BuildCorpusConfig", "CorpusCommandConfig", "PreviewCorpusConfig", "ShardsConfig"]


@attrs.frozen(kw_only=True)
class ShardsConfig:
    """Options of the corpus ``shards``."""

    folder: Path
    """The folder that `toolkit corpus build` or the stage ``build_corpus`` wrote."""


@attrs.frozen(kw_only=True)
class BuildCorpusConfig:
    """Options of the stage ``build_corpus``."""

    splits: tuple[str, ...] = ()
    """Splits to write; empty for all of them."""
    clips_per_shard: int = attrs.field(default=32, validator=within(1, 10_000))
    """Clips in one archive, 1 to 10,000: some tens of megabytes are good to stream."""
    quality: Literal["lossless", "high"] = "lossless"
    """``lossless`` keeps every pixel value, ``high`` is about 42 dB at a fifth of the size."""
    workers: int | Literal["auto"] = attrs.field(default="auto", metadata=OPERATIONAL)
    """Processes to render with; ``auto`` for one per core. The result is the same for any."""


@attrs.frozen(kw_only=True)
class PreviewCorpusConfig:
    """Options of the stage ``preview_corpus``."""

    split: str = "test"
    """The split to look at."""
    clips: int = attrs.field(default=4, validator=within(1, 1000))
    """How many clips, from the first, 1 to 1000."""


@attrs.frozen(kw_only=True)
class CorpusCommandConfig:
    """Options of the command ``corpus``: it has none."""

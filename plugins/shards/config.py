"""Options of the plug-in ``shards``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs
from styletalker.core.config.options import OPERATIONAL, above, within

__all__ = ["BuildCorpusConfig", "CorpusCommandConfig", "PreviewCorpusConfig", "ShardsConfig"]


@attrs.frozen(kw_only=True)
class ShardsConfig:
    """Options of the corpus ``shards``."""

    folder: str = attrs.field(converter=str)
    """The folder that `toolkit corpus build`, `toolkit data prepare` or the stage ``build_corpus``
    wrote; or its URL, of a kind that fsspec knows, such as ``s3://bucket/corpus``."""
    cache: Path | None = attrs.field(default=None, metadata=OPERATIONAL)
    """Where shards of a URL are copied to; by default a folder in the user's cache."""
    cache_gb: float = attrs.field(default=4.0, validator=above(0.0), metadata=OPERATIONAL)
    """Gigabytes that such copies may take, above 0: those unused for the longest time go first."""


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

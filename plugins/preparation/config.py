"""Options of the plug-in ``preparation``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs
from styletalker.core.config.options import OPERATIONAL, above, within
from styletalker.plugins.preparation.analysis.config import AnalysisConfig
from styletalker.plugins.preparation.analysis.sound_config import SoundConfig
from styletalker.plugins.preparation.offset.config import OffsetConfig

__all__ = ["DataCommandConfig", "PrepareConfig", "PrepareCorpusConfig"]


@attrs.frozen(kw_only=True)
class PrepareConfig:
    """What a prepared corpus depends on, besides its inputs."""

    analysis: AnalysisConfig = attrs.field(factory=AnalysisConfig)
    """Size of the crop, length of the clips, and what a good stretch is."""
    quality: Literal["lossless", "high"] = "high"
    """Of the clips' pictures: ``high`` is about 42 dB at a fifth of the size of ``lossless``."""
    clips_per_shard: int = attrs.field(default=32, validator=within(1, 10_000))
    """Clips in one archive, 1 to 10,000."""
    offset: Literal["correct", "reject", "ignore"] = "correct"
    """Sound that is early or late: moved, or its stretch rejected, or (for sound known to be
    right, and for languages or faces on which the measure is not sure) left as it is."""
    sound: SoundConfig = attrs.field(factory=SoundConfig)
    """What good sound is."""
    sync: OffsetConfig = attrs.field(factory=OffsetConfig)
    """When the offset of the sound is sure."""
    longest_hours: float = attrs.field(default=4.0, validator=above(0.0, 1000.0))
    """Longest input in hours, above 0 and at most 1000: a longer one is rejected, since all that
    was done of an input is lost with a kill."""
    largest_megapixels: float = attrs.field(default=36.0, validator=above(0.0, 1000.0))
    """Largest picture of an input in millions of pixels; 8K has 33."""
    identities: Literal["faces", "folders", "files"] = "faces"
    """Who is who: by the faces, or each first-level folder or each file is a person. Where a list
    says who it is, that counts."""
    same_person: float = attrs.field(default=0.92, validator=within(-1.0, 1.0))
    """Cosine similarity from which on two faces are one person, -1 to 1. The default suits the
    vectors of ``dlib`` (0.6 apart, as its authors say, is 0.91); for ArcFace say 0.35."""
    duplicates: Literal["drop", "keep"] = "drop"
    """Copies of a stretch in several inputs: the best one stays, or all. Copies are always in one
    split."""
    val_share: float = attrs.field(default=0.05, validator=within(0.0, 0.9))
    """Part of the seconds for the split ``val``, 0 to 0.9. No person stands in two splits."""
    test_share: float = attrs.field(default=0.05, validator=within(0.0, 0.9))
    """Part of the seconds for the split ``test``, 0 to 0.9."""


@attrs.frozen(kw_only=True)
class PrepareCorpusConfig(PrepareConfig):
    """Options of the stage ``prepare_corpus``."""

    raw: str
    """A file, a folder or an fsspec URL with raw videos."""
    listing: Path | None = None
    """A list of what to take of the files; see ``listing_kind``. None takes everything."""
    listing_kind: Literal["table", "hdtf", "voxceleb2"] = "table"
    """``table``: a CSV file with a column ``file`` and, optionally, ``start_s``, ``stop_s``,
    ``left``, ``top``, ``right``, ``bottom`` (parts of width and height) and ``identity``. ``hdtf``:
    the folder ``HDTF_dataset`` of the data set's repository. ``voxceleb2``: the folder ``txt``."""
    engine: Literal["local", "ray"] = attrs.field(default="local", metadata=OPERATIONAL)
    """Where the work is done: in processes on this machine, or on a Ray cluster."""
    address: str | None = attrs.field(default=None, metadata=OPERATIONAL)
    """Of a Ray cluster; None starts one on this machine."""
    workers: int | Literal["auto"] = attrs.field(default="auto", metadata=OPERATIONAL)
    """Processes; ``auto`` for one per core. The result is the same for any."""
    keep_parts: bool = attrs.field(default=False, metadata=OPERATIONAL)
    """Whether the work on the inputs is kept, so that more of them can be added later."""


@attrs.frozen(kw_only=True)
class DataCommandConfig:
    """Options of the command ``data``: it has none."""

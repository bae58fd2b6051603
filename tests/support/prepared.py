"""Preparing the videos of :mod:`support.raw_videos`, also as a program that a test may kill.

``python -m support.prepared RAW OUT WORKERS``, with the folder ``tests`` in ``PYTHONPATH``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from styletalker.core.engine import inline_engine, local_engine
from styletalker.core.registry import Registry
from styletalker.plugins.preparation.analysis.config import AnalysisConfig
from styletalker.plugins.preparation.config import PrepareConfig
from styletalker.plugins.preparation.prepare import Prepared, prepare

from support.raw_videos import SENSES, NoFaces

__all__ = ["CONFIG", "contents", "prepared"]

CONFIG = PrepareConfig(
    analysis=AnalysisConfig(size=64, min_clip_s=0.8, max_clip_s=1.6),
    clips_per_shard=2,
    val_share=0.2,
    test_share=0.2,
)


def prepared(raw: Path, out: Path, config: PrepareConfig = CONFIG, **options: Any) -> Prepared:
    """Prepare with the simple measures, in this process."""
    options = {"engine": inline_engine(), "senses": SENSES, **options}
    registry = Registry.installed()
    return prepare(str(raw), out, config, face_analyser=NoFaces(None), registry=registry, **options)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in a folder but the lock."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files
        if not path.name.endswith(".lock")
    }


if __name__ == "__main__":
    prepared(Path(sys.argv[1]), Path(sys.argv[2]), engine=local_engine(int(sys.argv[3])))

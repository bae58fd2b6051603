"""The corpus ``shards``: clips by split and index, from archives on disk."""

from __future__ import annotations

from pathlib import Path

from styletalker.core.clip import Clip
from styletalker.core.errors import MediaError
from styletalker.core.interfaces.corpus import Corpus
from styletalker.plugins.shards.archive import read_archive, read_clip
from styletalker.plugins.shards.build import Plan, shard_path
from styletalker.plugins.shards.config import ShardsConfig

__all__ = ["Shards"]

_Contents = list[tuple[str, dict[str, tuple[int, int]]]]


class Shards(Corpus):
    """Reads what :func:`~styletalker.plugins.shards.build.build_corpus` wrote.

    Any clip can be asked for in any order; a shard's table of contents is read when it is first
    needed. A damaged shard is an error that names it; the others stay readable.
    """

    config: ShardsConfig

    def __init__(self, config: ShardsConfig) -> None:
        """Read the folder's description."""
        super().__init__(config)
        self.plan = Plan.read(config.folder)
        self._tables: dict[Path, _Contents] = {}

    @property
    def resolution(self) -> int:
        """Height and width of the frames in pixels."""
        return self.plan.resolution

    @property
    def fps(self) -> int:
        """Frames per second."""
        return self.plan.fps

    @property
    def sample_rate(self) -> int:
        """Samples per second, in Hz."""
        return self.plan.sample_rate

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that were written."""
        return tuple(self.plan.counts)

    def count(self, split: str) -> int:
        """Number of clips in *split*."""
        self.check_split(split)
        return self.plan.counts[split]

    def clip(self, split: str, index: int) -> Clip:
        """Clip *index* of *split*.

        Raises:
            InputError: there is none.
            MediaError: its shard is missing or damaged.
        """
        self.check_index(split, index)
        number, place = divmod(index, self.plan.clips_per_shard)
        path = shard_path(self.config.folder, split, number)
        contents = self._contents(path)
        if place >= len(contents):
            raise MediaError(f"{path}: holds {len(contents)} clips, number {place} is missing")
        name, members = contents[place]
        return read_clip(path, name, members)

    def _contents(self, path: Path) -> _Contents:
        """A shard's table of contents, read once."""
        if path not in self._tables:
            self._tables[path] = list(read_archive(path).items())
        return self._tables[path]

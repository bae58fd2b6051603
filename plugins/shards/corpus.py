"""The corpus ``shards``: clips by split and index, from archives on disk."""

from __future__ import annotations

from collections.abc import Sequence

from styletalker.core.clip import Clip
from styletalker.core.errors import MediaError
from styletalker.core.interfaces.corpus import Corpus
from styletalker.plugins.shards.archive import read_archive, read_clip
from styletalker.plugins.shards.build import Plan, shard_path
from styletalker.plugins.shards.config import ShardsConfig
from styletalker.plugins.shards.store import ShardStore

__all__ = ["Shards"]

_Contents = list[tuple[str, dict[str, tuple[int, int]]]]
_GIGA = 1_000_000_000


class Shards(Corpus):
    """Reads what :func:`~styletalker.plugins.shards.build.build_corpus` wrote.

    Any clip can be asked for in any order; a shard's table of contents is read when it is first
    needed. A damaged shard is an error that names it; the others stay readable.
    """

    config: ShardsConfig

    def __init__(self, config: ShardsConfig) -> None:
        """Read the folder's description; of a URL it is fetched each time."""
        super().__init__(config)
        most = int(config.cache_gb * _GIGA)
        self._store = ShardStore(config.folder, cache=config.cache, most_bytes=most)
        if self._store.is_remote:
            self._store.fetch_description()
        self.plan = Plan.read(self._store.folder())
        self._tables: dict[str, _Contents] = {}

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

    def groups(self, split: str) -> Sequence[range]:
        """The clips of each shard."""
        self.check_split(split)
        shards = [number for name, number in self.plan.shards if name == split]
        return [self.plan.indices(split, number) for number in shards]

    def clip(self, split: str, index: int) -> Clip:
        """Clip *index* of *split*.

        Raises:
            InputError: there is none.
            MediaError: its shard is missing or damaged.
            RunError: its shard cannot be fetched.
        """
        self.check_index(split, index)
        number, place = divmod(index, self.plan.clips_per_shard)
        shard = shard_path(self._store.folder(), split, number).name
        try:
            return self._read(shard, place)
        except (MediaError, FileNotFoundError):
            # A copy may be damaged, or another process has just removed it: once more.
            if not self._store.is_remote:
                raise
            self._tables.pop(shard, None)
            self._store.forget(shard)
            return self._read(shard, place)

    def _read(self, shard: str, place: int) -> Clip:
        path = self._store.path(shard)
        if shard not in self._tables:
            self._tables[shard] = list(read_archive(path).items())
        contents = self._tables[shard]
        if place >= len(contents):
            raise MediaError(f"{path}: holds {len(contents)} clips, number {place} is missing")
        name, members = contents[place]
        return read_clip(path, name, members)

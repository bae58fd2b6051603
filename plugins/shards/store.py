"""Where a corpus's shards are read from: a folder, or a URL with a bounded copy on this machine."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from hashlib import sha256
from pathlib import Path

from styletalker.core.engine.place import Place
from styletalker.core.errors import InputError, MediaError, RunError, compose
from styletalker.core.files import atomic_path, digest_of, is_torn, write_text
from styletalker.plugins.shards.build import CORPUS_FILE

__all__ = ["ShardStore", "default_cache"]


def default_cache() -> Path:
    """The folder for copies of shards: in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "styletalker" / "shards"


class ShardStore:
    """Gives the files of a corpus as paths on this machine.

    What comes from a URL is copied to ``CACHE/DIGEST-OF-URL/`` when it is first needed, in one
    piece. When the copies of all corpora in the cache exceed the limit, those unused for the
    longest time are removed. Processes may share a cache.
    """

    def __init__(self, folder: str, *, cache: Path | None, most_bytes: int) -> None:
        """Read from *folder*, a path or a URL; nothing is fetched yet.

        Raises:
            InputError: the URL's kind is unknown, or needs a package that is not installed.
        """
        self.place = Place.at(folder)
        self._cache, self._most = cache or default_cache(), most_bytes
        self._checked: set[str] = set()

    @property
    def is_remote(self) -> bool:
        """Whether files are copied before they are read."""
        return self.place.folder is None

    def folder(self) -> Path:
        """The folder in which :meth:`path` has its files."""
        if self.place.folder is not None:
            return self.place.folder
        return self._cache / sha256(self.place.root.encode()).hexdigest()[:16]

    def path(self, name: str) -> Path:
        """A shard of the corpus on this machine; it need not exist where *folder* is no URL.

        A copy counts as long as the record beside the shard at the URL stays as it was.

        Raises:
            InputError: it is not at the URL.
            MediaError: what was fetched does not match its checksum.
            RunError: the URL cannot be read, or the copy cannot be written.
        """
        path = self.folder() / name
        if not self.is_remote:
            return path
        if not (name in self._checked and path.is_file()):
            self._fetch(path, name)
        self._checked.add(name)
        with contextlib.suppress(OSError):  # another process has just removed it: see forget
            os.utime(path)
        return path

    def forget(self, name: str) -> None:
        """Remove the copy of a shard, which is damaged or incomplete."""
        self._checked.discard(name)
        (self.folder() / name).unlink(missing_ok=True)

    def fetch_description(self) -> None:
        """Copy what says which shards there are.

        Raises:
            InputError: the URL holds no corpus.
            RunError: it cannot be read.
        """
        if not self.place.exists(CORPUS_FILE):
            fix = "Give the URL of a folder that `toolkit corpus build` wrote."
            problem = f"{self.place}: is no corpus, it has no {CORPUS_FILE}"
            raise InputError(compose(problem, fix=fix))
        write_text(self.folder() / CORPUS_FILE, self.place.read_text(CORPUS_FILE))

    def _fetch(self, path: Path, name: str) -> None:
        """Copy a shard, unless there is a copy of this very one."""
        beside = path.with_suffix(".json")
        record = self.place.read_text(beside.name)
        told = json.loads(record)
        known = beside.is_file() and beside.read_text("utf-8") == record
        if known and path.is_file() and path.stat().st_size == told["bytes"]:
            return
        with self.place.local(name) as there:
            self._make_room(told["bytes"])
            with atomic_path(path) as temporary:
                shutil.copyfile(there, temporary)
                if digest_of(temporary) != told["sha256"]:
                    problem = f"{self.place.describe(name)}: does not match its checksum"
                    raise MediaError(compose(problem, fix="Build or upload the corpus again."))
        write_text(beside, record)

    def _make_room(self, size: int) -> None:
        """Remove the copies that were not used for the longest time."""
        try:
            copies = [one for one in self._cache.rglob("*.tar") if not is_torn(one)]
            aged = sorted((one.stat().st_mtime_ns, one.stat().st_size, one) for one in copies)
        except FileNotFoundError:  # another process makes room at this moment
            return
        except OSError as error:
            raise RunError(f"{self._cache}: cannot be read: {error.strerror}") from error
        held = sum(one[1] for one in aged)
        for _, length, path in aged:
            if held + size <= self._most:
                return
            path.unlink(missing_ok=True)
            held -= length

"""A folder that every process of an engine can read and write: on disk, or at a URL of fsspec."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Self

import attrs
from styletalker.core.engine import disk, remote
from styletalker.core.errors import InputError, RunError, compose

__all__ = ["Place", "Unreadable"]

Unreadable = Callable[[str, str], object]
"""Is told (relative name, reason) of each folder that cannot be listed."""


@attrs.frozen
class Place:
    """A folder, and the files in it by relative names with ``/``.

    It is small, can be pickled, and holds nothing open. A file appears under its name when it is
    complete, or not at all.
    """

    root: str
    """The folder's path, or its URL without a slash at the end."""

    @classmethod
    def at(cls, url: str | Path) -> Self:
        """The place at a path or a URL, which need not exist yet.

        Args:
            url: a path, ``file://``, or what fsspec knows: ``s3://bucket/folder``, ``gs://``,
                ``memory://``.

        Raises:
            InputError: the scheme is unknown, or what it needs is not installed.
        """
        text = str(url)
        if isinstance(url, str) and "://" in text:
            if text.startswith(("file://", "local://")):
                return cls(text.split("://", 1)[1].rstrip("/") or "/")
            remote.file_system(text)
            scheme, _, path = text.partition("://")
            return cls(f"{scheme}://{path.rstrip('/')}")
        return cls(text)

    @classmethod
    def of_file(cls, url: str | Path) -> tuple[Self, str]:
        """The place a file is in, and its name there; it need not exist.

        Raises:
            InputError: as :meth:`at`.
        """
        root = cls.at(url).root
        start, slash, name = root.rpartition("/")
        if remote.is_url(root):
            return cls(start + slash if start.endswith(":/") else start), name
        return cls(start or slash or "."), name

    @classmethod
    def of_inputs(
        cls, url: str | Path, unreadable: Unreadable | None = None
    ) -> tuple[Self, list[str]]:
        """The place and the names of all files at a path or a URL: of a folder, or of one file.

        Args:
            url: see :meth:`at`.
            unreadable: see :meth:`names`.

        Raises:
            InputError: there is nothing, or :meth:`at` does.
            RunError: it cannot be listed.
        """
        place = cls.at(url)
        if place.exists(""):
            parent, name = cls.of_file(url)
            return parent, [name]
        if not place.is_folder():
            raise InputError(compose("no such file or folder", where=str(url)))
        return place, place.names(unreadable=unreadable)

    @property
    def folder(self) -> Path | None:
        """The folder on this machine's disk; None for a URL."""
        return None if remote.is_url(self.root) else Path(self.root)

    def describe(self, name: str = "") -> str:
        """The whole path or URL of a file, for people."""
        if self.root == ".":
            return name or self.root
        between = "" if self.root.endswith("/") else "/"
        return f"{self.root}{between}{name}" if name else self.root

    def names(self, under: str = "", *, unreadable: Unreadable | None = None) -> list[str]:
        """Relative names of all files below the folder *under*, sorted; none if there is no such.

        Half-written files that a kill has left do not count. Links are followed, also to folders.

        Args:
            under: a relative folder.
            unreadable: called for each folder that cannot be listed; None raises instead.

        Raises:
            RunError: a folder cannot be listed.
        """
        folder = self.folder
        tell = unreadable or self._refuse
        return disk.names(folder, under, tell) if folder else remote.names(self.root, under)

    def exists(self, name: str) -> bool:
        """Whether there is a file of that name."""
        folder = self.folder
        return (folder / name).is_file() if folder else remote.is_file(self.describe(name))

    def is_folder(self) -> bool:
        """Whether the place itself exists as a folder; a store of objects has none if empty."""
        folder = self.folder
        return folder.is_dir() if folder else remote.is_folder(self.root)

    def size(self, name: str) -> int:
        """Length of a file in bytes.

        Raises:
            InputError: there is no such file.
            RunError: it cannot be read.
        """
        folder = self.folder
        return disk.size(folder / name) if folder else remote.size(self.describe(name))

    def local(self, name: str) -> AbstractContextManager[Path]:
        """A context manager: the file on this machine, downloaded for the while if need be.

        Its name ends as *name* does.

        Raises:
            InputError: there is no such file.
            RunError: it cannot be read, or the folder for temporary files is full.
        """
        folder = self.folder
        if folder is None:
            return remote.local(self.describe(name))
        if not (folder / name).exists():
            raise InputError(compose("no such file", where=self.describe(name)))
        return contextlib.nullcontext(folder / name)

    def writing(self, name: str) -> AbstractContextManager[Path]:
        """A context manager: a path to write to, whose file is *name* when the block ends well.

        Folders are made. After an exception, nothing has changed.

        Raises:
            RunError: it cannot be written.
        """
        folder = self.folder
        return disk.writing(folder / name) if folder else remote.writing(self.describe(name))

    def read_text(self, name: str) -> str:
        """A text file.

        Raises:
            InputError: there is no such file.
            RunError: it cannot be read.
        """
        with self.local(name) as path:
            try:
                return path.read_text(encoding="utf-8")
            except (OSError, ValueError) as error:
                raise RunError(f"{self.describe(name)}: cannot be read: {error}") from error

    def write_text(self, name: str, text: str) -> None:
        """Write a text file.

        Raises:
            RunError: it cannot be written.
        """
        with self.writing(name) as path:
            path.write_text(text, encoding="utf-8")

    def read_json(self, name: str) -> Any:
        """The value in a JSON file.

        Raises:
            InputError: there is no such file.
            RunError: it cannot be read or is damaged.
        """
        try:
            return json.loads(self.read_text(name))
        except ValueError as error:
            raise RunError(f"{self.describe(name)}: cannot be read: {error}") from error

    def write_json(self, name: str, value: Any) -> None:
        """Write a JSON file, readable by people.

        Raises:
            RunError: it cannot be written.
        """
        text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
        self.write_text(name, f"{text}\n")

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with everything in it; what is not there is removed already.

        Raises:
            RunError: it cannot be removed.
        """
        folder = self.folder
        if folder is None:
            remote.remove(self.describe(name))
        else:
            disk.remove(folder / name)

    def _refuse(self, name: str, reason: str) -> None:
        raise RunError(f"{self.describe(name)}: cannot be listed: {reason}")

    def __str__(self) -> str:
        """The path or URL."""
        return self.root

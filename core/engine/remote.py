"""What a place does at a URL, through fsspec."""

from __future__ import annotations

import contextlib
import importlib
import re
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from styletalker.core.errors import InputError, RunError, compose
from styletalker.core.files import is_torn

__all__ = [
    "file_system",
    "is_file",
    "is_folder",
    "is_url",
    "local",
    "names",
    "remove",
    "size",
    "writing",
]

_WHOLE = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oci", "oss", "memory")
"""Schemes where a file appears when its upload is complete. Elsewhere it is uploaded under another
name and then renamed."""


def is_url(text: str) -> bool:
    """Whether it is a URL and no path."""
    return "://" in text


def file_system(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it.

    Raises:
        InputError: the scheme is unknown, or what it needs is not installed.
        RunError: the file system cannot be reached.
    """
    fsspec = _fsspec()
    scheme = re.split(r"::|://", url, maxsplit=1)[0]
    try:
        fsspec.get_filesystem_class(scheme)
    except ValueError as error:
        problem = f"{url}: no such kind of URL"
        choices = fsspec.available_protocols()
        raise InputError(compose(problem, given=scheme, name=scheme, choices=choices)) from error
    except ImportError as error:
        known = importlib.import_module("fsspec.registry").known_implementations.get(scheme, {})
        fix = f"{known.get('err') or error}, with pip."
        problem = f"{url}: {scheme}:// needs a package that is not installed"
        raise InputError(compose(problem, fix=fix)) from error
    try:
        system, path = fsspec.core.url_to_fs(url)
    except Exception as error:  # of any driver
        raise _cannot(url, "reached", error) from error
    return system, path


def names(root: str, under: str) -> list[str]:
    """Relative names of all files below, sorted; see :meth:`Place.names`."""
    system, path = file_system(root)
    folder = f"{path}/{under}" if under else path
    try:
        found = system.find(folder, detail=False)
    except FileNotFoundError:
        return []
    except Exception as error:  # of any driver
        raise _cannot(f"{root}/{under}".rstrip("/"), "listed", error) from error
    inside = [name for name in found if name.startswith(f"{path.rstrip('/')}/")]
    relative = (name[len(path.rstrip("/")) + 1 :] for name in inside)
    return sorted(name for name in relative if not is_torn(Path(name)))


def is_file(url: str) -> bool:
    """Whether there is such a file."""
    system, path = file_system(url)
    try:
        return bool(system.isfile(path))
    except Exception as error:  # of any driver
        raise _cannot(url, "reached", error) from error


def is_folder(url: str) -> bool:
    """Whether there is such a folder."""
    system, path = file_system(url)
    try:
        return bool(system.isdir(path))
    except Exception as error:  # of any driver
        raise _cannot(url, "reached", error) from error


def size(url: str) -> int:
    """Length of a file in bytes."""
    system, path = file_system(url)
    try:
        return int(system.size(path))
    except FileNotFoundError as error:
        raise InputError(compose("no such file", where=url)) from error
    except Exception as error:  # of any driver
        raise _cannot(url, "read", error) from error


@contextlib.contextmanager
def local(url: str) -> Iterator[Path]:
    """The file on this machine while the block lasts."""
    system, path = file_system(url)
    with _temporary(url) as copy:
        try:
            system.get_file(path, str(copy))
        except FileNotFoundError as error:
            raise InputError(compose("no such file", where=url)) from error
        except Exception as error:  # of any driver
            raise _cannot(url, "read", error) from error
        yield copy


@contextlib.contextmanager
def writing(url: str) -> Iterator[Path]:
    """A path on this machine, uploaded when the block ends well."""
    system, path = file_system(url)
    with _temporary(url) as made:
        try:
            made.touch()
            yield made
        except OSError as error:
            raise _cannot(url, "written", error) from error
        try:
            _publish(system, made, path, whole=url.split("://", 1)[0] in _WHOLE)
        except Exception as error:  # of any driver
            raise _cannot(url, "written", error) from error


def _publish(system: Any, made: Path, path: str, *, whole: bool) -> None:
    """Upload a file so that *path* is never half of it."""
    parent, _, name = path.rpartition("/")
    if parent:
        system.makedirs(parent, exist_ok=True)
    if whole:
        system.put_file(str(made), path)
        return
    torn = f"{parent}/.{Path(name).stem}.{secrets.token_hex(6)}{Path(name).suffix}"
    system.put_file(str(made), torn)
    system.mv(torn, path)


def remove(url: str) -> None:
    """Remove a file or a folder, if it is there."""
    system, path = file_system(url)
    try:
        system.rm(path, recursive=True)
    except FileNotFoundError:
        return
    except Exception as error:  # of any driver
        raise _cannot(url, "removed", error) from error


@contextlib.contextmanager
def _temporary(url: str) -> Iterator[Path]:
    """A path with the name of the URL's file, in a folder that is removed afterwards."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="styletalker-")
    except OSError as error:
        raise RunError(f"{tempfile.gettempdir()}: cannot be written: {error.strerror}") from error
    with folder as held:
        yield Path(held) / url.rsplit("/", 1)[-1]


def _cannot(url: str, verb: str, error: Exception) -> RunError:
    """An error of a driver, as ours."""
    if isinstance(error, PermissionError):
        text = f"no permission ({error})" if str(error) else "no permission"
        fix = "The driver of the URL's scheme reads its credentials from the environment."
        return RunError(compose(f"{url}: cannot be {verb}: {text}", fix=fix))
    strerror = error.strerror if isinstance(error, OSError) else None
    text = strerror or " ".join(f"{type(error).__name__}: {error}".split())
    return RunError(f"{url}: cannot be {verb}: {text}")


def _fsspec() -> Any:
    try:
        fsspec = importlib.import_module("fsspec")
        importlib.import_module("fsspec.core")
    except ImportError as error:
        fix = "pip install 'styletalker[distributed]'."
        raise InputError(compose("files at URLs need fsspec, which is missing", fix=fix)) from error
    return fsspec

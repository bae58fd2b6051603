"""Places: the same for a folder on disk and a URL; what goes wrong is said with the whole name."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from styletalker.core.engine import Place
from styletalker.core.errors import InputError, RunError

fsspec = pytest.importorskip("fsspec")
memory = pytest.importorskip("fsspec.implementations.memory")


@pytest.fixture(params=["disk", "file", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    urls = {
        "disk": str(tmp_path / "p"),
        "file": f"file://{tmp_path}/p/",
        "memory": "memory://here/p/",
    }
    yield Place.at(urls[request.param])
    memory.MemoryFileSystem.store.clear()
    memory.MemoryFileSystem.pseudo_dirs[:] = [""]


def test_what_is_written_is_read(place: Place) -> None:
    assert place.names() == []
    assert not place.exists("a/b.txt")
    assert not place.is_folder()
    place.write_text("a/b.txt", "été\n")
    place.write_json("z.json", {"n": 1, "p": Path("x")})
    with place.writing("a/c.bin") as path:
        assert path.suffix == ".bin"
        path.write_bytes(b"123")
    assert place.names() == ["a/b.txt", "a/c.bin", "z.json"]
    assert place.names("a") == ["a/b.txt", "a/c.bin"]
    assert place.names("none") == []
    assert place.is_folder()
    assert (place.exists("a/b.txt"), place.exists("a"), place.exists("a/b")) == (True, False, False)
    assert (place.read_text("a/b.txt"), place.read_json("z.json")) == ("été\n", {"n": 1, "p": "x"})
    assert place.size("a/c.bin") == 3
    with place.local("a/c.bin") as path:
        assert (path.name, path.read_bytes()) == ("c.bin", b"123")
    copy = pickle.loads(pickle.dumps(place))
    assert copy.read_text("a/b.txt") == "été\n"
    place.remove("a/b.txt")
    place.remove("a/b.txt")
    assert place.names() == ["a/c.bin", "z.json"]
    place.remove("a")
    assert place.names() == ["z.json"]


def test_a_block_that_fails_leaves_the_old_file(place: Place) -> None:
    place.write_text("a.txt", "old")

    def write(error: Exception) -> None:
        with place.writing("a.txt") as path:
            path.write_text("half")
            raise error

    with pytest.raises(KeyError):
        write(KeyError())
    with pytest.raises(RunError, match=r"a\.txt: cannot be written: No space left"):
        write(OSError(28, "No space left on device"))
    assert place.read_text("a.txt") == "old"
    assert place.names() == ["a.txt"]


def test_what_kills_leave_is_no_file(place: Place) -> None:
    place.write_text("a.txt", "x")
    place.write_text(".a.0123456789ab.txt", "ha")
    place.write_text(".hidden", "x")
    assert place.names() == [".hidden", "a.txt"]


def test_what_is_not_there_is_named(place: Place) -> None:
    for ask in (place.read_text, place.size, place.read_json):
        with pytest.raises(InputError) as caught:
            ask("no.json")
        assert str(caught.value) == f"{place}/no.json: no such file"
    with pytest.raises(InputError, match=r"no\.mp4: no such file"), place.local("no.mp4"):
        pass
    place.write_text("bad.json", "{")
    with pytest.raises(RunError, match=r"p/bad\.json: cannot be read: Expecting"):
        place.read_json("bad.json")


def test_inputs_are_the_files_of_a_folder_or_one_file(place: Place) -> None:
    with pytest.raises(InputError, match="p: no such file or folder"):
        Place.of_inputs(place.root)
    place.write_text("b/one.txt", "1")
    place.write_text("two.txt", "2")
    assert Place.of_inputs(place.root) == (place, ["b/one.txt", "two.txt"])
    alone, names = Place.of_inputs(place.describe("b/one.txt"))
    assert names == ["one.txt"]
    assert alone.read_text("one.txt") == "1"


def test_one_file_at_the_top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.txt").write_text("x")
    place, names = Place.of_inputs("x.txt")
    assert (place.read_text("x.txt"), names) == ("x", ["x.txt"])
    Place.at("memory://").write_text("y.txt", "y")
    place, names = Place.of_inputs("memory://y.txt")
    assert (place.root, names, place.read_text("y.txt")) == ("memory://", ["y.txt"], "y")
    memory.MemoryFileSystem.store.clear()


def test_links_are_followed_and_pipes_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.txt").touch()
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "link").symlink_to(tmp_path / "real")
    (tmp_path / "p" / "loop").symlink_to(tmp_path / "p")
    (tmp_path / "p" / "lost").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "p" / "pipe")
    assert Place.at(tmp_path / "p").names() == ["link/a.txt", "lost"]


def test_folders_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place.at(tmp_path)
    place.write_text("closed/a.txt", "")
    place.write_text("open/b.txt", "")
    scandir = os.scandir

    def refusing(folder: Path) -> object:
        if folder.name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refusing)
    told: list[tuple[str, str]] = []
    assert place.names(unreadable=lambda *what: told.append(what)) == ["open/b.txt"]
    assert told == [("closed", "Permission denied")]
    with pytest.raises(RunError) as caught:
        place.names()
    assert str(caught.value) == f"{tmp_path}/closed: cannot be listed: Permission denied"


def test_urls_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError) as caught:
        Place.at("sq3://bucket/x")
    assert str(caught.value).startswith("sq3://bucket/x: no such kind of URL: 'sq3'; did you mean")
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(InputError) as caught:
        Place.at("s3://bucket/x")
    assert str(caught.value) == (
        "s3://bucket/x: s3:// needs a package that is not installed. "
        "Install s3fs to access S3, with pip."
    )
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(InputError, match=r"needs? fsspec.* pip install 'styletalker\[distributed"):
        Place.at("memory://x")


class Closed(memory.MemoryFileSystem):  # type: ignore[name-defined,misc]
    """A file system of which one may do nothing, in the ways drivers say that."""

    protocol = "closed"
    error: Exception = PermissionError("Forbidden")

    def _refuse(self, *_: object, **__: object) -> None:
        raise self.error

    find = size = get_file = put_file = makedirs = rm = isfile = isdir = _refuse


@pytest.fixture
def closed() -> Place:
    fsspec.register_implementation("closed", Closed, clobber=True)
    return Place.at("closed://bucket")


def test_no_permission(closed: Place) -> None:
    fix = "The driver of the URL's scheme reads its credentials from the environment."
    for verb, url, ask in (
        ("listed", "closed://bucket", closed.names),
        ("reached", "closed://bucket/a", lambda: closed.exists("a")),
        ("reached", "closed://bucket", closed.is_folder),
        ("read", "closed://bucket/a", lambda: closed.read_text("a")),
        ("read", "closed://bucket/a", lambda: closed.size("a")),
        ("written", "closed://bucket/a", lambda: closed.write_text("a", "x")),
        ("removed", "closed://bucket/a", lambda: closed.remove("a")),
    ):
        with pytest.raises(RunError) as caught:
            ask()
        said = str(caught.value)
        assert said == f"{url}: cannot be {verb}: no permission (Forbidden). {fix}"


def test_other_errors_of_drivers(closed: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoCredentialsError(Exception):
        pass

    monkeypatch.setattr(Closed, "error", NoCredentialsError("Unable to locate credentials"))
    with pytest.raises(RunError) as caught:
        closed.names()
    text = "cannot be listed: NoCredentialsError: Unable to locate credentials"
    assert str(caught.value) == f"closed://bucket: {text}"


class Slow(memory.MemoryFileSystem):  # type: ignore[name-defined,misc]
    """Uploads that can be seen half-way, as those of a file server."""

    protocol = "slow"
    seen: list[str] = []  # noqa: RUF012

    def put_file(self, lpath: str, rpath: str, **options: object) -> None:
        self.seen.append(rpath)
        super().put_file(lpath, rpath, **options)


def test_an_upload_is_renamed_where_it_can_be_seen_half_way() -> None:
    fsspec.register_implementation("slow", Slow, clobber=True)
    place = Place.at("slow://box")
    place.write_text("a/b.json", "1")
    assert place.names() == ["a/b.json"]
    (uploaded,) = Slow.seen
    assert "box/a/.b." in uploaded
    assert uploaded.endswith(".json")
    memory.MemoryFileSystem.store.clear()

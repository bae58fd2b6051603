"""A kill at any moment leaves the old file or the new one, never half of one."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from styletalker.core.errors import RunError
from styletalker.core.files import (
    atomic_path,
    digest_of,
    listing_of,
    read_json,
    write_json,
    write_text,
)

WRITER = """
import itertools, sys
from pathlib import Path
from styletalker.core.files import write_text
path = Path(sys.argv[1])
for number in itertools.count():
    write_text(path, f"{number % 10}" * 2_000_000)
    print(number, flush=True)
"""


def test_kill_9_at_any_moment(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    for attempt in range(8):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.0037 * attempt)
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        text = path.read_text()
        assert len(text) == 2_000_000
        assert set(text) == {text[0]}


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"old": 1})

    def fail() -> None:
        with atomic_path(path) as temporary:
            assert temporary.suffix == ".json"
            temporary.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert read_json(path) == {"old": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]


def test_the_umask_is_kept(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "a", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_an_unwritable_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError) as caught:
        write_text(tmp_path / "file" / "a.txt", "x")
    assert str(caught.value) == f"{tmp_path}/file/a.txt: cannot be written: File exists"


def test_no_space_left_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(RunError) as caught:
            write_text(path, "x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert str(caught.value) == f"{path}: cannot be written: File too large"
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_damaged_json_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a":')
    with pytest.raises(RunError, match=r"a\.json: cannot be read: Expecting value"):
        read_json(tmp_path / "a.json")


def test_digests_and_listings_tell_folders_apart(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    write_text(folder / "a" / "x.txt", "one")
    before = digest_of(folder), listing_of(folder)
    write_text(folder / "a" / "x.txt", "two")
    assert digest_of(folder) != before[0]
    assert listing_of(folder) == before[1]
    (folder / "a" / "x.txt").unlink()
    assert listing_of(folder) != before[1]
    assert digest_of(tmp_path / "folder") != before[0]

"""Lists: one's own table, HDTF's and VoxCeleb2's, and what they take of which file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from styletalker.core.errors import InputError
from styletalker.core.media.movie import MovieFile
from styletalker.plugins.preparation.excerpts import pieces_of
from styletalker.plugins.preparation.inputs import Excerpt, Found, Input
from styletalker.plugins.preparation.lists import read_listing
from support.prepared import prepared
from support.raw_videos import raw_video

UTTERANCE = (
    "Identity  : \tid00012\nReference : \t21Uxsk56VDQ\nOffset    : \t-1\n"
    "FV Conf   : \t16.647\t(1)\nASD Conf  : \t4.465\n\nFRAME \tX \tY \tW \tH \n"
    "000025 \t0.400 \t0.200 \t0.200 \t0.300 \n000026 \t0.410 \t0.210 \t0.200 \t0.300 \n"
    "000064 \t0.420 \t0.190 \t0.200 \t0.300 \n"
)


def found(*names: str) -> Found:
    return Found(inputs=tuple(Input(name=name) for name in names))


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def hdtf(tmp_path: Path) -> Path:
    folder = tmp_path / "HDTF_dataset"
    write(
        folder / "RD_annotion_time.txt",
        "Radio11.mp4 00:30-01:00 01:30-02:30\nRadio2.mp4 1:00:05-1:00:35\n",
    )
    write(folder / "RD_crop_wh.txt", "Radio11_0.mp4 342 591 10 591\n")
    write(folder / "RD_resolution.txt", "Radio11.mp4 720\nRadio2.mp4 1080\n")
    write(folder / "WDA_annotion_time.txt", "AdamSmith.mp4 00:02-04:55\n")
    return folder


def test_the_lists_of_hdtf(hdtf: Path) -> None:
    listing = read_listing(hdtf, "hdtf")
    first, second = listing.excerpts["Radio11.mp4"]
    assert (first.start_s, first.stop_s, second.start_s, second.stop_s) == (30, 60, 90, 150)
    assert (first.box, first.height, second.box) == ((342, 10, 933, 601), 720, None)
    assert first.region(1280, 720) == (342, 10, 933, 601)
    assert first.region(1920, 1080) == (513, 15, 1400, 902)
    assert listing.excerpts["Radio2.mp4"][0].start_s == 3605
    inputs, others = listing.applied(found("x/RD_Radio11.mkv", "Radio2.mp4", "strange.mp4"))
    assert {one.name: len(one.excerpts) for one in inputs.inputs} == {
        "x/RD_Radio11.mkv": 2,
        "Radio2.mp4": 1,
    }
    assert others == (("AdamSmith.mp4", "missing"), ("strange.mp4", "not-listed"))


def test_faulty_lists_of_hdtf(hdtf: Path, tmp_path: Path) -> None:
    write(hdtf / "RD_annotion_time.txt", "Radio11.mp4 00:30-soon\n")
    with pytest.raises(InputError) as caught:
        read_listing(hdtf, "hdtf")
    assert str(caught.value) == (
        f"{hdtf / 'RD_annotion_time.txt'}: Radio11.mp4; expected MM:SS-MM:SS, and a region of four "
        "whole numbers, got '00:30-soon 342 591 10 591 720'"
    )
    with pytest.raises(InputError, match="holds no lists of HDTF"):
        read_listing(tmp_path, "hdtf")


def test_the_lists_of_voxceleb2(tmp_path: Path) -> None:
    write(tmp_path / "txt" / "id00012" / "21Uxsk56VDQ" / "00001.txt", UTTERANCE)
    second = UTTERANCE.replace("0000", "0001")
    write(tmp_path / "txt" / "id00012" / "21Uxsk56VDQ" / "00002.txt", second)
    listing = read_listing(tmp_path / "txt", "voxceleb2")
    one, two = listing.excerpts["21Uxsk56VDQ"]
    assert (one.start_s, one.stop_s, one.identity) == (1.0, 2.6, "id00012")
    assert two.start_s == 5.0
    assert one.box == pytest.approx((0.3, 0.04, 0.72, 0.66))
    assert one.region(100, 50) == (30, 2, 72, 33)
    inputs, others = listing.applied(found("videos/21Uxsk56VDQ.webm"))
    assert len(inputs.inputs[0].excerpts) == 2
    assert others == ()


def test_faulty_lists_of_voxceleb2(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "nothing\n")
    with pytest.raises(InputError, match="is no utterance of VoxCeleb2"):
        read_listing(tmp_path, "voxceleb2")
    path.write_text(UTTERANCE.replace("0.400", "224"))
    with pytest.raises(InputError, match="has boxes in pixels"):
        read_listing(tmp_path, "voxceleb2")
    path.write_text(UTTERANCE.replace("0.400", "left"))
    with pytest.raises(InputError, match="a line cannot be read; expected a frame and four"):
        read_listing(tmp_path, "voxceleb2")


def test_a_table(tmp_path: Path) -> None:
    path = write(
        tmp_path / "list.csv",
        "file,start_s,stop_s,left,top,right,bottom,identity\n"
        "a.mp4,1.5,4,0.1,0.2,0.5,0.6,ann\na.mp4,5,,,,,,\nb.mp4,,,,,,,bob\n",
    )
    listing = read_listing(path, "table")
    assert listing.excerpts["a.mp4"] == (
        Excerpt(start_s=1.5, stop_s=4.0, box=(0.1, 0.2, 0.5, 0.6), identity="ann"),
        Excerpt(start_s=5.0),
    )
    assert listing.excerpts["b.mp4"] == (Excerpt(identity="bob"),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name\na.mp4\n", r"list\.csv:1: no such column: 'name'"),
        ("start_s\n1\n", "has no column 'file'"),
        ("file,start_s\na.mp4,soon\n", r"list\.csv:2: start_s; expected a number, got 'soon'"),
        ("file,left\na.mp4,0.5\n", "a region needs all four sides"),
        ("file,start_s,stop_s\na.mp4,5,4\n", r"expected stop_s above start_s \(5\), got 4"),
    ],
)
def test_faulty_tables(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_listing(write(tmp_path / "list.csv", text), "table")


def test_kinds_and_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such kind: 'hdft'; did you mean 'hdtf'"):
        read_listing(tmp_path, "hdft")
    with pytest.raises(InputError, match="no such list"):
        read_listing(tmp_path / "gone.csv", "table")


def test_pieces_are_the_frames_of_the_excerpts(tmp_path: Path) -> None:
    """Also where two of them overlap, and where one is not read to its end."""
    movie = MovieFile.open(raw_video(tmp_path / "a.mp4", frames=60))
    whole = np.stack(list(movie.frames(fps=25)))
    excerpts = (
        Excerpt(start_s=1.6, stop_s=2.0),
        Excerpt(start_s=0.4, stop_s=1.2, box=(0.25, 0.5, 0.75, 1.0)),
        Excerpt(start_s=0.8, stop_s=1.8),
        Excerpt(start_s=2.0),
        Excerpt(start_s=9.0, stop_s=10.0),
    )
    seen = {}
    for piece in pieces_of(movie, excerpts, 60):
        frames = piece.movie.frames(fps=25)
        if piece.number == 1:
            assert (piece.movie.width, piece.movie.height) == (32, 32)
            seen[1] = (piece.start, np.stack([next(frames) for _ in range(3)]))
        else:
            seen[piece.number] = (piece.start, np.stack(list(frames)))
    assert {number: start for number, (start, _) in seen.items()} == {0: 40, 1: 10, 2: 20, 3: 50}
    assert np.array_equal(seen[0][1], whole[40:50])
    assert np.array_equal(seen[1][1], whole[10:13, 32:64, 16:48])
    assert np.array_equal(seen[2][1], whole[20:45])
    assert np.array_equal(seen[3][1], whole[50:60])


def test_a_list_in_a_preparation(tmp_path: Path) -> None:
    raw_video(tmp_path / "raw" / "a.mp4", seed=1, frames=70, late=2)
    raw_video(tmp_path / "raw" / "b.mp4", seed=2, frames=40)
    text = "file,start_s,stop_s,identity\na,1.0,2.4,ann\na,0,0.4,ann\ngone.mp4,,,\n"
    listing = read_listing(write(tmp_path / "list.csv", text), "table")
    made = prepared(tmp_path / "raw", tmp_path / "out", listing=listing)
    reasons = {slug: one["inputs"] for slug, one in made.totals["reasons"].items()}
    assert reasons == {"missing": 1, "not-listed": 1, "too-short": 0}
    assert (made.totals["kept_s"], made.totals["identities"]) == (1.4, 1)
    rows = (tmp_path / "out" / "stretches.csv").read_text().splitlines()
    assert [row.split(",")[1:4] for row in rows[1:]] == [
        ["0.0", "0.4", "rejected"],
        ["1.0", "2.4", "kept"],
    ]
    assert rows[2].endswith(",ann,train,2")
    assert prepared(tmp_path / "raw", tmp_path / "out", listing=listing).before
    with pytest.raises(InputError, match=r"holds a corpus of other options \(listed: "):
        prepared(tmp_path / "raw", tmp_path / "out")

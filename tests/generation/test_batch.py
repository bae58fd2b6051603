"""``toolkit generate --manifest``: every row has its fate, and what is there is kept."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from styletalker.core.cli.main import main
from styletalker.core.engine import Place
from styletalker.core.errors import InputError
from styletalker.core.files import digest_of
from styletalker.core.media.video import read_frames
from styletalker.plugins.generate.manifest import read_jobs
from support.talker import save_tiny_talker, speech, write_portrait, write_wav

memory = pytest.importorskip("fsspec.implementations.memory")
OPTIONS = ("--manifest", "jobs.csv", "--model", "tiny", "--crop", "none")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    save_tiny_talker(folder / "tiny")
    (folder / "in").mkdir()
    write_portrait(folder / "in" / "p.png")
    write_wav(folder / "in" / "s.wav", speech(0.2))
    write_wav(folder / "in" / "t.wav", speech(0.4, seed=1))
    return folder


@pytest.fixture
def work(inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(inputs, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def generate(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["generate", *arguments])
    captured = capsys.readouterr()
    assert isinstance(left.value.code, int)
    return left.value.code, captured.out, captured.err


def fates(text: str) -> list[tuple[str, str, str]]:
    rows = csv.DictReader(text.splitlines())
    return [(row["output"], row["fate"], row["reason"]) for row in rows]


def test_a_bad_row_fails_alone_and_what_is_there_is_kept(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("jobs.csv").write_text(
        "portrait,audio,output,name,seed,blink,motion_scale\n"
        "in/p.png,in/s.wav,a.mp4,,,,\n"
        "in/p.png,in/t.wav,,sub/b,3,,0.5\n"
        "in/none.png,in/s.wav,c.mp4,,,,\n"
        "in/p.png,in/s.wav,d.mp4,,three,,\n"
        "in/p.png,in/s.wav,a.mp4,,,,\n"
        "in/p.png,in/s.wav,e.mp4,,,9,\n"
        "in/p.png,tiny/talker.json,f.mp4,,,,\n"
    )
    status, out, err = generate(capsys, *OPTIONS, "-o", "out")
    assert (status, out) == (5, "out/jobs.csv: 2 made, 0 kept, 5 failed\n")
    assert err.endswith("toolkit: 5 of 7 videos could not be made. out/jobs.csv says why.\n")
    found = fates(Path("out/jobs.csv").read_text())
    assert found[:6] == [
        ("a.mp4", "made", ""),
        ("sub/b.mp4", "made", ""),
        ("c.mp4", "failed", "in/none.png: no such file"),
        ("", "failed", "seed; expected a whole number, got 'three'"),
        ("a.mp4", "failed", "row 1 writes 'a.mp4' too. Name them apart."),
        ("e.mp4", "failed", "--blink; expected 0 to 3, got 9.0"),
    ]
    assert found[6][:2] == ("f.mp4", "failed")
    assert found[6][2].startswith("tiny/talker.json: ")
    assert [len(read_frames(Path("out") / name)) for name in ("a.mp4", "sub/b.mp4")] == [5, 10]
    files = {path: path.stat().st_mtime_ns for path in Path("out").rglob("*.mp4")}
    assert {str(path) for path in files} == {"out/a.mp4", "out/sub/b.mp4"}

    Path("jobs.csv").write_text("\n".join(Path("jobs.csv").read_text().splitlines()[:3]))
    status, out, _ = generate_well(capsys, *OPTIONS, "-o", "out")
    assert out == "out/jobs.csv: 0 made, 2 kept, 0 failed\n"
    assert files == {path: path.stat().st_mtime_ns for path in files}
    assert Path("out/jobs.csv").read_text() == (
        "row,output,fate,reason,frames,duration_s,notes\n"
        "1,a.mp4,kept,,5,0.2,\n2,sub/b.mp4,kept,,10,0.4,\n"
    )


def generate_well(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status, out, err = generate(capsys, *arguments)
    assert status == 0, err
    return status, out, err


def test_what_does_not_match_is_not_kept(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("jobs.csv").write_text("portrait,audio,name\nin/p.png,in/s.wav,a\n")
    generate_well(capsys, *OPTIONS, "-o", "out")
    old = digest_of(Path("out/a.mp4"))
    other = ("--seed", "5", "-o", "out")
    status, _, err = generate(capsys, *OPTIONS, *other)
    assert status == 5
    said = (
        "row 1: out/a.mp4: exists already, and was made otherwise or of other files. Name another"
    )
    assert err.startswith(said)
    assert digest_of(Path("out/a.mp4")) == old
    generate_well(capsys, *OPTIONS, *other, "--overwrite")
    new = digest_of(Path("out/a.mp4"))
    assert new != old
    Path("out/a.mp4").write_bytes(b"cut")
    assert "out/a.mp4: exists already" in generate(capsys, *OPTIONS, *other)[2]
    Path("out/a.mp4").unlink()
    generate_well(capsys, *OPTIONS, *other)
    assert digest_of(Path("out/a.mp4")) == new
    write_wav(Path("in/s.wav"), speech(0.2, seed=9))
    assert "out/a.mp4: exists already" in generate(capsys, *OPTIONS, *other)[2]


def test_two_processes_make_the_same(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"portrait": "in/p.png", "audio": "in/s.wav", "name": "a", "still": False},
        {"portrait": "in/p.png", "audio": "in/s.wav", "name": "b", "temperature": 0},
    ]
    lines = [*map(json.dumps, rows), "no json", '{"portrait": "x", "sound": "y"}']
    Path("jobs.jsonl").write_text("\n".join(lines))
    options = ("--manifest", "jobs.jsonl", *OPTIONS[2:])
    status, out, _ = generate(capsys, *options, "-o", "one", "--threads", "1", "--quiet")
    assert (status, out) == (5, "one/jobs.csv\n")
    generate(capsys, *options, "-o", "two", "--workers", "2")
    table = Path("two/jobs.csv").read_text()
    assert table == Path("one/jobs.csv").read_text()
    assert [fate for _, fate, _ in fates(table)] == ["made", "made", "failed", "failed"]
    assert fates(table)[2][2] == "is no JSON object: 'no json'"
    assert fates(table)[3][2].startswith("no such key: 'sound'; there is audio")
    for name in ("a.mp4", "b.mp4"):
        assert digest_of(Path("one") / name) == digest_of(Path("two") / name)


def test_files_at_urls(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = Place.at("memory://data")
    for name in ("p.png", "s.wav"):
        with place.writing(f"in/{name}") as path:
            shutil.copy(Path("in") / name, path)
    place.write_text("jobs.csv", "portrait,audio,output\nin/p.png,memory://data/in/s.wav,a.gif\n")
    options = ("--manifest", "memory://data/jobs.csv", "--model", "tiny", "--crop", "none")
    _, out, err = generate_well(capsys, *options, "-o", "memory://made/x")
    assert out == "memory://made/x/jobs.csv: 1 made, 0 kept, 0 failed\n"
    assert err == "note: row 1: memory://made/x/a.gif: a GIF has no sound\n"
    made = Place.at("memory://made/x")
    assert made.names() == [".jobs/a.gif.json", "a.gif", "jobs.csv"]
    assert generate_well(capsys, *options, "-o", "memory://made/x")[1].endswith(
        "1 kept, 0 failed\n"
    )
    memory.MemoryFileSystem.store.clear()


def test_manifests_that_cannot_be_used(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = {
        "portrait,audio,nmae\n": "jobs.csv: no such column: 'nmae'; did you mean 'name'?",
        "portrait,audio,name\n": "jobs.csv: lists no job",
    }
    for text, message in cases.items():
        Path("jobs.csv").write_text(text)
        status, _, err = generate(capsys, *OPTIONS, "-o", "out")
        assert (status, err) == (2, f"toolkit: {message}\n")
    assert generate(capsys, "--manifest", "no.csv", "-o", "out")[2] == (
        "toolkit: no.csv: no such file\n"
    )
    for wrong in ((), ("in/p.png", "in/s.wav", "-o", "o"), ("-o", "o", "--frames-dir", "f")):
        status, _, err = generate(capsys, *OPTIONS, *wrong)
        assert status == 2
        assert err.startswith("toolkit: --manifest says what is made of what. Say --manifest FILE")
    status, _, err = generate(capsys, "in/p.png")
    assert (status, err.count("no portrait or no speech is given. Give PORTRAIT SPEECH")) == (2, 1)
    assert not Path("out").exists()


def test_rows(tmp_path: Path) -> None:
    table = tmp_path / "jobs.csv"
    table.write_text(
        "portrait,audio,output,motion,seed,size\n"
        "p.png,/abs/s.wav,x.webm,m.mp4,4,\n"
        "p.png,s3://b/s.wav,x.mov,,,128\n"
        "p.png,,y.mp4,,,\n"
        "p.png,s.wav,,,,\n"
        "p.png,s.wav,../y.mp4,,,\n"
        "p.png,s.wav,y.mp4,,,1,2,3\n"
    )
    jobs = read_jobs(str(table), {"seed": 1, "size": None, "motion": "all.mp4"})
    first, second = jobs[:2]
    assert (first.portrait, first.audio) == (str(tmp_path / "p.png"), "/abs/s.wav")
    assert (first.output, first.motion) == ("x.webm", str(tmp_path / "m.mp4"))
    assert first.options == {"seed": 4, "size": None}
    assert (second.audio, second.motion) == ("s3://b/s.wav", "all.mp4")
    assert second.options == {"seed": 1, "size": 128}
    assert [job.fault for job in jobs[2:]] == [
        "names no audio",
        "names no output; expected a column `output` or `name`",
        "output; expected a name inside the folder of outputs, got '../y.mp4'",
        "has more cells than the header",
    ]
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        read_jobs(str(tmp_path / "none.csv"), {})

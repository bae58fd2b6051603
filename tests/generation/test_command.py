"""``toolkit generate``: what it writes, what it says, and its exit status."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file, save_file
from styletalker.core.cli.main import main
from styletalker.core.files import digest_of, read_json, write_json
from styletalker.core.media.video import read_frames
from styletalker.core.registry import Registry
from support.talker import save_tiny_talker, speech, talker_registry, write_portrait, write_wav
from torch import Tensor

Answer = tuple[int, str, str]


class Toolkit:
    """Runs ``toolkit generate`` in this process, in a folder with a talker and its inputs."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def __call__(self, *arguments: str) -> Answer:
        self.capsys.readouterr()
        try:
            main(["generate", *arguments])
        except SystemExit as left:
            code = left.code
        captured = self.capsys.readouterr()
        assert isinstance(code, int)
        return code, captured.out, captured.err

    def files(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    save_tiny_talker(folder / "tiny")
    write_portrait(folder / "p.png")
    write_wav(folder / "s.wav", speech(0.4))
    return folder


@pytest.fixture
def toolkit(
    inputs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Toolkit:
    shutil.copytree(inputs, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(Registry, "installed", classmethod(lambda cls: talker_registry()))
    return Toolkit(tmp_path / "work", capsys)


ARGUMENTS = ("p.png", "s.wav", "-o", "o.mp4", "--model", "tiny")


def test_a_video(toolkit: Toolkit) -> None:
    code, out, err = toolkit(*ARGUMENTS, "--frames-dir", "frames", "--device", "cpu")
    assert (code, err) == (0, "")
    assert out.startswith("o.mp4: 10 frames, 0.40 s of video, ")
    assert out.endswith(" frames/s\n")
    assert read_frames(Path("o.mp4")).shape == (10, 32, 32, 3)
    assert len(list(Path("frames").iterdir())) == 10
    again = toolkit(*ARGUMENTS)
    assert again[0] == 2
    assert again[2] == (
        "toolkit: o.mp4: exists already. Name another file, or say --overwrite (overwrite=True).\n"
    )
    quiet = toolkit(*ARGUMENTS, "--overwrite", "--quiet", "--seed", "3")
    assert quiet == (0, "o.mp4\n", "")


def test_a_missing_folder_is_made_and_a_gif_has_no_sound(toolkit: Toolkit) -> None:
    code, out, err = toolkit("p.png", "s.wav", "-o", "new/o.gif", "--model", "tiny")
    assert code == 0
    assert out.startswith("new/o.gif: 10 frames")
    assert err == "note: new/o.gif: a GIF has no sound\n"


def test_mistakes_are_told_in_a_line_and_leave_nothing(toolkit: Toolkit) -> None:
    Image.fromarray(np.full((200, 200, 3), 90, np.uint8)).save("wall.png")
    Image.fromarray(np.full((9, 90, 3), 90, np.uint8)).save("thin.png")
    Path("empty.wav").touch()
    Path("cut.wav").write_bytes(Path("s.wav").read_bytes()[:30])
    Path("text.mp4").write_text("no video")
    Path("full").mkdir()
    Path("full/x").touch()
    before = toolkit.files()
    cases = [
        (("wall.png", *ARGUMENTS[1:]), 2, "wall.png: no face was found. Give an image with"),
        (("thin.png", *ARGUMENTS[1:]), 2, "thin.png: is too small; expected at least 16 pixels"),
        (("p.jpg", *ARGUMENTS[1:]), 2, "p.jpg: no such file"),
        (("s.wav", *ARGUMENTS[1:]), 7, "s.wav: is not an image"),
        (("p.png", "empty.wav", *ARGUMENTS[2:]), 7, "empty.wav: "),
        (("p.png", "cut.wav", *ARGUMENTS[2:]), 7, "cut.wav: "),
        ((*ARGUMENTS, "--motion", "text.mp4"), 7, "text.mp4: "),
        ((*ARGUMENTS, "--motion-end", "stop"), 2, "no such motion end: 'stop'"),
        ((*ARGUMENTS, "--device", "cuda:7"), 2, "there is no such device: 'cuda:7'"),
        ((*ARGUMENTS, "--temperature", "-1"), 2, "temperature; expected at least 0, got -1.0"),
        ((*ARGUMENTS, "--fps", "0"), 2, "frame rate; expected above 0"),
        ((*ARGUMENTS, "--frames-dir", "full"), 2, "full: the folder is not empty"),
        ((*ARGUMENTS, "--face-analyser", "dlip"), 4, "no such face analyser: 'dlip'; did you"),
        (("p.png", "s.wav", "--model", "tiny"), 2, "nothing to write"),
        (("p.png", "s.wav", "-o", "o.avi", "--model", "tiny"), 2, "o.avi: the suffix does not"),
        ((*ARGUMENTS[:4], "--model", "builtin:pupet"), 4, "no such built-in talker: 'pupet'; did"),
        ((*ARGUMENTS[:4], "--model", "s.wav"), 2, "s.wav: is a file, not a talker's folder"),
    ]
    for arguments, status, text in cases:
        code, out, err = toolkit(*arguments)
        assert (code, out) == (status, ""), (arguments, err)
        assert err.startswith(f"toolkit: {text}"), (arguments, err)
        assert err.count("\n") == 1
        assert toolkit.files() == before, arguments
    assert toolkit("wall.png", *ARGUMENTS[1:], "--crop", "none")[0] == 0


def test_broken_weights(toolkit: Toolkit) -> None:
    path = Path("tiny/prior.safetensors")
    tensors = load_file(path)
    name = next(iter(tensors))
    whole = {key: value.clone() for key, value in tensors.items()}
    tensors[name].view(-1)[0] = float("nan")
    _replace(path, tensors)
    code, _, err = toolkit(*ARGUMENTS)
    assert code == 6
    assert err == f"toolkit: {path}: {name} holds values that are not finite\n"
    del whole[name]
    _replace(path, whole)
    code, _, err = toolkit(*ARGUMENTS)
    assert code == 6
    assert f"is not for this FlowPrior: 1 tensors are missing ({name})" in err
    assert not Path("o.mp4").exists()


def _replace(path: Path, tensors: dict[str, Tensor]) -> None:
    """Other tensors, and checksums that fit them."""
    save_file(tensors, path)
    for file, place in ((path.with_suffix(".json"), None), (path.parent / "talker.json", "prior")):
        facts = read_json(file)
        (facts if place is None else facts["components"][place])["sha256"] = digest_of(path)
        write_json(file, facts)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (96000, 2)])
def test_any_sound(toolkit: Toolkit, rate: int, channels: int) -> None:
    waveform = np.stack([speech(0.5, rate, seed) for seed in range(channels)])
    write_wav(Path("other.wav"), waveform, rate)
    code, out, _ = toolkit("p.png", "other.wav", *ARGUMENTS[2:])
    assert code == 0
    assert out.startswith("o.mp4: 12 frames, 0.48 s")


def test_the_help_explains(toolkit: Toolkit) -> None:
    code, out, _ = toolkit("--help")
    text = " ".join(out.split())
    assert code == 0
    words = ("--motion-scale", "--temperature", "builtin:portrait", "Example: toolkit generate")
    for word in words:
        assert word in text


def test_a_factor_out_of_range(toolkit: Toolkit, tmp_path: Path) -> None:
    portrait, sound = tmp_path / "p.png", tmp_path / "s.wav"
    portrait.write_bytes(b"")
    sound.write_bytes(b"")
    code, _, err = toolkit(str(portrait), str(sound), "-o", str(tmp_path / "o.mp4"), "--blink", "9")
    assert code == 2
    assert "--blink; expected 0 to 3, got 9" in " ".join(err.split())

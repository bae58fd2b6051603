"""Where the square around a face is, and what is said about faces that will not do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.core.errors import CheckpointError, InputError
from styletalker.core.generation.choices import Choices
from styletalker.core.generation.framing import (
    Crop,
    Framing,
    Say,
    face_square,
    framing_in,
    is_framed,
    square_of,
    tell_cut,
)
from styletalker.core.interfaces.face_analyser import Face, FaceAnalyser
from styletalker.core.media.crop import Square


class Finder(FaceAnalyser):
    """Finds faces where it was told."""

    embedding_dim = 0

    def __init__(self, config: object) -> None:
        super().__init__(config)
        self.faces: tuple[Face, ...] = ()

    def analyse(self, image: object, *, embed: bool = False) -> tuple[Face, ...]:
        return self.faces


def face(left: tuple[float, float], right: tuple[float, float]) -> Face:
    """A face with its eyes there."""
    points = np.zeros((68, 2), np.float32)
    points[36:42], points[42:48] = left, right
    return Face(box=np.zeros(4, np.float32), score=1.0, landmarks=points)


def look(
    faces: list[Face], height: int, width: int, say: Say | None = None, which: str | int = "largest"
) -> Square:
    finder = Finder(None)
    finder.faces = tuple(faces)
    image = np.zeros((height, width, 3), np.uint8)
    return face_square(
        image,
        finder,
        Framing(),
        resolution=128,
        where="p.png",
        say=say or Say(),
        which=which,
    )


def test_the_eyes_are_where_the_talker_expects_them() -> None:
    square = look([face((445, 300), (555, 300))], 800, 1000)
    assert square == Square(left=250, top=100, side=500)  # 110 px are 0.22 of 500


def test_a_framing_of_ones_own() -> None:
    framing = Framing(eye_row=0.5, eye_distance=0.1)
    square = square_of([face((450, 300), (550, 300))], framing, resolution=64, where="")
    assert square == Square(left=0, top=-200, side=1000)


def test_a_tilted_head_stays_tilted() -> None:
    square = look([face((467, 256), (533, 344))], 800, 1000)  # 66 across, 88 down: 110
    assert square == Square(left=250, top=100, side=500)


def test_the_median_over_a_video() -> None:
    faces = [face((445 + x, 300), (555 + x, 300)) for x in (0, 0, 0, 4, 400)]
    square = square_of(faces, Framing(), resolution=128, where="")
    assert square == Square(left=250, top=100, side=500)


def test_a_picture_that_is_framed_already_is_left_alone() -> None:
    near, far = (
        look([face((57, 52), (82, 52))], 128, 128),
        look([face((54, 30), (74, 30))], 128, 128),
    )
    assert is_framed(near, 128, 128, Framing())
    assert not is_framed(near, 128, 129, Framing())  # not square
    assert not is_framed(far, 128, 128, Framing())


def test_what_is_said() -> None:
    say = Say()
    look([face((445, 300), (555, 300)), face((10, 10), (60, 10))], 800, 1000, say)
    assert say.notes == ["p.png: 2 faces were found, the largest is taken (see --face)"]
    say = Say()
    square = look([face((90, 100), (200, 100))], 300, 300, say)
    tell_cut(square, 300, 300, where="p.png", say=say)
    assert say.notes[0].startswith("p.png: the face is cut close; ")
    assert say.notes[0].endswith("the picture and is mirrored")


def test_which_of_several_faces() -> None:
    faces = [face((400, 300), (510, 300)), face((10, 10), (60, 10)), face((600, 30), (640, 30))]
    for one, x in zip(faces, (455, 35, 620), strict=True):
        one.box[:] = (x - 50, 0, x + 50, 100)
    places: dict[str | int, int] = {
        "largest": 455,
        "left": 35,
        "right": 620,
        0: 455,
        "1": 35,
        2: 620,
    }
    for which, x in places.items():
        say = Say()
        square = look(faces, 800, 1000, say, which)
        assert abs(square.left + square.side / 2 - x) <= 1
        said = f"number {which}" if str(which).isdigit() else f"the {which}"
        assert say.notes == [f"p.png: 3 faces were found, {said} is taken (see --face)"]
    with pytest.raises(InputError, match=r"p\.png: no such face; expected 0 to 2, got"):
        look(faces, 800, 1000, which="7")


def test_no_face_and_a_small_face() -> None:
    with pytest.raises(InputError) as caught:
        look([], 100, 100)
    assert str(caught.value) == (
        "p.png: no face was found. Give an image with a larger, frontal face, or crop it to the "
        "face and say --crop none (crop='none')."
    )
    with pytest.raises(InputError, match="too small; expected at least 14 pixels between the eye"):
        look([face((50, 50), (63, 50))], 100, 100)
    assert look([face((50, 50), (65, 50))], 100, 120) is not None


def test_the_framing_a_talker_says() -> None:
    told = {"framing": {"eye_row": 0.35, "eye_distance": 0.3}}
    assert framing_in("t", {}, told, {"framing": {}}) == Framing(eye_row=0.35, eye_distance=0.3)
    assert framing_in("t", {}) == Framing(eye_row=0.40, eye_distance=0.22)
    for wrong in ({"eye_row": 2.0}, {"eyes": 0.3}, [0.4], {"eye_row": "high"}):
        with pytest.raises(CheckpointError, match="t: wrong framing"):
            framing_in("t", {"framing": wrong})


def test_a_real_face_is_found_and_framed(tmp_path: Path) -> None:
    """A puppet at the edge of a large picture ends up as the puppet's own picture."""
    from styletalker.core.assembly import Components
    from styletalker.core.generation.pictures import Pictures
    from support.faces import puppet_clip
    from support.talker import talker_registry

    registry = talker_registry()
    pictures = Pictures(
        Components({}, registry), registry, framing=Framing(), resolution=128, face_analyser=None
    )
    inner = puppet_clip(0, frames=1).frames[0]

    def cut(image: NDArray[np.uint8], crop: Crop) -> NDArray[np.uint8]:
        return pictures.portrait(image, Choices(crop=crop), Say(), any_size=False).image

    assert np.array_equal(cut(inner, "auto"), inner)
    large = np.full((300, 400, 3), 90, np.uint8)
    large[100:228, 200:328] = inner
    found = cut(large, "face")
    assert found.shape == (128, 128, 3)
    centre = cut(large, "none")
    assert np.abs(centre.astype(int) - inner).mean() > 25
    assert np.abs(found.astype(int) - inner)[20:100, 20:100].mean() < 25

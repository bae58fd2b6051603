"""``insightface`` and CSIM, with a model pack that is made on the spot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from styletalker.core.clip import Clip
from styletalker.core.errors import CheckpointError
from styletalker.core.public_files import VARIABLE
from styletalker.evaluation.metrics.arcface import Csim, CsimTruth
from styletalker.evaluation.metrics.public_config import CsimConfig
from styletalker.plugins.insightface_face.analyser import Insightface
from styletalker.plugins.insightface_face.config import InsightfaceConfig
from styletalker.plugins.insightface_face.pack import find_pack
from support.evaluation import moving_clip

onnx = pytest.importorskip("onnx")
helper = pytest.importorskip("onnx.helper")
numpy_helper = pytest.importorskip("onnx.numpy_helper")
pytest.importorskip("insightface")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

_SIDE = 640
_ANCHORS = {8: 2 * 80 * 80, 16: 2 * 40 * 40, 32: 2 * 20 * 20}


def _save(path: Path, inputs: list[int], outputs: dict[str, list[int]], nodes: Any) -> None:
    declared = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name, shape in outputs.items()
    ]
    given = [helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, inputs)]
    graph = helper.make_graph(nodes, path.stem, given, declared)
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)


def constant(name: str, value: Any) -> Any:
    tensor = numpy_helper.from_array(np.asarray(value, np.float32), name)
    return helper.make_node("Constant", [], [name], value=tensor)


def make_detector(path: Path) -> None:
    """Finds one face wherever it looks: around the anchor at (320, 320) of the coarsest grid."""
    found: dict[str, list[float]] = {
        "score": [0.9],
        "box": [5, 5, 5, 5],
        "points": [-2, -2, 2, -2, 0, 0, -2, 2, 2, 2],
    }
    outputs, nodes = {}, []
    for kind, width in (("score", 1), ("box", 4), ("points", 10)):
        for stride, count in _ANCHORS.items():
            value = np.zeros((count, width))
            if stride == 32:
                place = 2 * (10 * 20 + 10)  # the first anchor of row 10, column 10
                value[place] = found[kind]
            outputs[f"{kind}{stride}"] = [count, width]
            nodes.append(constant(f"{kind}{stride}", value))
    _save(path, [1, 3, _SIDE, _SIDE], outputs, nodes)


def make_recogniser(path: Path) -> None:
    """A vector of 512 from the mean colour of the aligned face."""
    matrix = np.random.default_rng(0).normal(size=(3, 512))
    nodes = [
        constant("matrix", matrix),
        helper.make_node("ReduceMean", ["input"], ["colour"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["colour", "matrix"], ["vector"]),
    ]
    _save(path, [1, 3, 112, 112], {"vector": [1, 512]}, nodes)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packs") / "tiny"
    folder.mkdir()
    make_detector(folder / "det.onnx")
    make_recogniser(folder / "rec.onnx")
    return folder


def coloured(colour: tuple[int, int, int], name: str = "clip") -> Clip:
    frames = np.full((26, 64, 64, 3), colour, np.uint8)
    return attrs.evolve(moving_clip(0, frames=26, side=64), frames=frames, name=name)


def test_a_pack_from_a_folder(pack: Path) -> None:
    analyser = Insightface(InsightfaceConfig(pack=str(pack)))
    (face,) = analyser.analyse(np.full((64, 64, 3), (200, 40, 90), np.uint8), embed=True)
    # the picture is enlarged tenfold to be looked at: 320 - 160 to 320 + 160
    assert face.box.tolist() == pytest.approx([16, 16, 48, 48], abs=0.1)
    assert face.score == pytest.approx(0.9)
    assert face.landmarks.shape == (68, 2)
    assert np.isnan(face.landmarks).all()  # this pack has none
    assert face.embedding is not None
    colour = (np.array([200, 40, 90]) - 127.5) / 127.5  # RGB: the channels were swapped on the way
    wanted = colour @ np.random.default_rng(0).normal(size=(3, 512)).astype(np.float32)
    assert face.embedding == pytest.approx(wanted, abs=1e-3)
    assert analyser.analyse(np.zeros((64, 64, 3), np.uint8))[0].embedding is None


def test_csim(pack: Path) -> None:
    truth, same = coloured((200, 40, 90)), coloured((200, 40, 90))
    other = coloured((40, 200, 160))
    for cls in (Csim, CsimTruth):
        metric = cls(CsimConfig(pack=str(pack)))
        assert metric.unavailable() == ""
        assert list(metric.weights()) == ["tiny"]
        assert metric.measure(same, truth)["value"] == pytest.approx(1)
        assert metric.measure(other, truth)["value"] < 0


def test_a_missing_pack_is_said_and_not_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "weights"))
    monkeypatch.setenv("HOME", str(tmp_path))
    analyser = Insightface(InsightfaceConfig())
    wanted = (
        r"weights/buffalo_l: insightface's model pack is missing.*non-commercial.*Nothing is do"
    )
    with pytest.raises(CheckpointError, match=wanted):
        analyser.analyse(np.zeros((32, 32, 3), np.uint8))
    assert "non-commercial" in Csim(CsimConfig()).unavailable()
    own = tmp_path / ".insightface" / "models" / "buffalo_l"
    assert find_pack(download=True) == own
    own.mkdir(parents=True)
    assert find_pack() == own
    (tmp_path / "weights" / "buffalo_l").mkdir(parents=True)
    assert find_pack() == tmp_path / "weights" / "buffalo_l"


def test_an_incomplete_pack(tmp_path: Path) -> None:
    make_recogniser(tmp_path / "rec.onnx")
    with pytest.raises(CheckpointError, match=r"a detection model, got 'rec\.onnx'"):
        Insightface(InsightfaceConfig(pack=str(tmp_path))).analyse(np.zeros((32, 32, 3), np.uint8))


def test_without_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CheckpointError, match=r"pip install 'styletalker\[insightface\]'"):
        Insightface(InsightfaceConfig(pack=str(tmp_path))).analyse(np.zeros((8, 8, 3), np.uint8))

"""The encoders of the pSp family: which row comes from where, where codes start, public files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from styletalker.core.contract.toys import ToyGenerator
from styletalker.core.errors import CheckpointError, InputError
from styletalker.core.weights_file.file import WeightsFile
from styletalker.core.weights_file.tensors import Tensors
from styletalker.plugins.common.identity import (
    IdentityNetwork,
    identity_loss,
    identity_network_of,
    load_state,
)
from styletalker.plugins.style_encoders.base import resized
from styletalker.plugins.style_encoders.config import E4EConfig, PSPEncoderConfig, ReStyleConfig
from styletalker.plugins.style_encoders.e4e import E4E
from styletalker.plugins.style_encoders.encoders import MapsEncoder
from styletalker.plugins.style_encoders.families import e4e, identity, psp, restyle
from styletalker.plugins.style_encoders.psp import PSPEncoder
from styletalker.plugins.style_encoders.public import inverter_of, kind_of
from styletalker.plugins.style_encoders.restyle import ReStyle
from torch import Tensor

_SMALL: dict[str, Any] = {"width": 4, "blocks": (1, 2, 1, 1), "pixels": 32}
_SIZES = {"resolution": 32, "num_ws": 8, "w_dim": 16}


def _file(content: dict[str, Any], opts: dict[str, Any]) -> WeightsFile:
    """A file as the core reads it."""
    named = {k: v for k, v in content.items() if isinstance(v, Tensor)}
    for part, inner in content.items():
        if isinstance(inner, dict):
            named |= {f"{part}.{name}": value for name, value in inner.items()}
    return WeightsFile(
        path=Path("file.pt"),
        layout="torch-zip",
        tensors=Tensors.of(named),
        values={"opts": opts} if opts else {},
    )


def _psp(**options: Any) -> PSPEncoder:
    torch.manual_seed(0)
    return PSPEncoder(PSPEncoderConfig(**_SMALL, **options), **_SIZES).eval()


def _e4e(**options: Any) -> E4E:
    torch.manual_seed(0)
    return E4E(E4EConfig(**_SMALL, **options), **_SIZES).eval()


def _restyle(**options: Any) -> ReStyle:
    torch.manual_seed(0)
    return ReStyle(ReStyleConfig(**_SMALL, **options), **_SIZES).eval()


def _images(batch: int = 2, pixels: int = 32) -> Tensor:
    return torch.randn(batch, 3, pixels, pixels, generator=torch.Generator().manual_seed(1)).tanh()


@torch.no_grad()
def test_rows_are_read_off_the_maps_they_should() -> None:
    """Rows 0 to 2 off the coarse map, 3 to 6 off the middle one, later ones off the fine one."""
    encoder = _psp().encoder
    assert isinstance(encoder, MapsEncoder)
    seen: dict[int, tuple[int, ...]] = {}
    for row, style in enumerate(encoder.styles):
        style.register_forward_pre_hook(
            lambda _module, given, row=row: seen.update({row: tuple(given[0].shape)})
        )
    encoder(_images())
    assert [seen[row][2] for row in range(8)] == [2, 2, 2, 4, 4, 4, 4, 8]
    assert {shape[1] for shape in seen.values()} == {32}


@torch.no_grad()
def test_finer_maps_know_of_the_coarser_ones() -> None:
    """Without the lateral layers' own part, the finest map is the coarse one, enlarged."""
    encoder = _psp().encoder
    assert isinstance(encoder, MapsEncoder)
    for layer in (encoder.latlayer1, encoder.latlayer2):
        for parameter in layer.parameters():
            parameter.zero_()
    maps = encoder._maps(encoder.stages(_images()))
    assert torch.equal(maps[2][..., ::7, ::7], maps[0]), "corners are aligned"
    assert torch.allclose(maps[1][..., 0, 1], (2 * maps[0][..., 0, 0] + maps[0][..., 0, 1]) / 3)


@torch.no_grad()
def test_offsets_and_stages() -> None:
    """Row i of e4e is row 0 plus its own offset, up to the stage; then row 0 itself."""
    whole = _e4e()
    assert isinstance(whole.encoder, MapsEncoder)
    images, generator = _images(), ToyGenerator()
    rows = whole.encoder(images)
    whole.encoder.offsets = False
    apart = whole.encoder(images)
    whole.encoder.offsets = True
    assert torch.allclose(rows[:, 0], apart[:, 0])
    assert torch.allclose(rows[:, 5], apart[:, 0] + apart[:, 5], atol=1e-6)
    for stage in (0, 4):
        early = _e4e(stage=stage).invert(images, generator).ws - generator.mean_ws()
        assert torch.allclose(early[:, : stage + 1], rows[:, : stage + 1], atol=1e-5)
        assert torch.allclose(
            early[:, stage + 1 :], rows[:, :1].expand(-1, 7 - stage, -1), atol=1e-5
        )


@torch.no_grad()
@pytest.mark.parametrize("encoder", ["last_layer_w", "last_layer_wplus"])
def test_codes_of_the_last_map(encoder: str) -> None:
    """One code for all layers, or rows that differ."""
    codes = _psp(encoder=encoder, start="zero").invert(_images(), ToyGenerator()).ws
    assert codes.shape == (2, 8, 16)
    rows_differ = bool((codes - codes[:, :1]).abs().max() > 1e-3)
    assert rows_differ is (encoder == "last_layer_wplus")
    assert (codes[0] - codes[1]).abs().max() > 1e-4, "images have the same code"


@torch.no_grad()
def test_where_codes_start() -> None:
    """At the generator's mean, at the encoder's own, or at zero; otherwise they are the same."""
    images, generator = _images(), ToyGenerator()
    zero = _psp(start="zero").invert(images, generator).ws
    own = _psp(start="own")
    own.latent_avg.copy_(torch.arange(8.0)[:, None])
    assert torch.allclose(
        own.invert(images, generator).ws, zero + torch.arange(8.0)[:, None], atol=1e-5
    )
    given = _psp().invert(images, generator).ws
    assert torch.allclose(given, zero + generator.mean_ws(), atol=1e-5)


def test_restyle_looks_at_its_own_result() -> None:
    """Each step adds to the codes what is seen of image and result; the last alone is trained."""
    restyle, generator, images = _restyle(steps=3), ToyGenerator(), _images()
    seen: list[Tensor] = []
    restyle.encoder.register_forward_hook(lambda _m, given, out: seen.extend([given[0], out]))
    steps = list(restyle.refine(images, generator))
    assert len(steps) == 3
    mean = generator.mean_ws()
    assert torch.allclose(seen[0][:, 3:], generator.synthesis(mean[None]).expand(2, -1, -1, -1))
    assert torch.allclose(steps[0].ws, mean + seen[1])
    assert torch.allclose(seen[2][:, 3:], generator.synthesis(steps[0].ws), atol=1e-6)
    assert torch.allclose(steps[1].ws, steps[0].ws + seen[3])
    assert torch.equal(seen[4][:, :3], images)
    gradients: Any = torch.autograd.grad(steps[2].ws.sum(), seen[1], allow_unused=True)
    assert gradients[0] is None, "the gradient goes through steps before the last"
    assert torch.equal(restyle.invert(images, generator).ws, steps[2].ws)
    assert generator.to_w.bias.grad is None


def test_refusals() -> None:
    """What restyle cannot do without, and images of another size."""
    with pytest.raises(InputError, match="start must not be zero"):
        _restyle(start="zero")
    with pytest.raises(InputError, match="restyle needs a generator"):
        _restyle().encode(_images())
    with pytest.raises(InputError, match="images has the wrong shape"):
        _psp().invert(_images(pixels=33), ToyGenerator())
    with pytest.raises(ValueError, match="power of two"):
        PSPEncoderConfig(pixels=200)
    with pytest.raises(ValueError, match="1 to 64"):
        PSPEncoderConfig(blocks=(3, 4, 14, 0))


def test_resizing() -> None:
    """Larger images are averaged over areas; smaller ones repeat pixels."""
    ramp = torch.arange(4.0).expand(1, 3, 4, 4)
    assert resized(ramp, 2)[0, 0, 0].tolist() == [0.5, 2.5]
    assert resized(ramp, 8)[0, 0, 0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert resized(ramp, 4) is ramp


@pytest.mark.parametrize(
    ("inverter", "opts"),
    [
        (_psp, {"encoder_type": "GradualStyleEncoder", "start_from_latent_avg": True}),
        (
            lambda: _psp(encoder="last_layer_wplus"),
            {"encoder_type": "BackboneEncoderUsingLastLayerIntoWPlus", "n_styles": 8},
        ),
        (
            lambda: _psp(encoder="last_layer_w"),
            {"encoder_type": "BackboneEncoderUsingLastLayerIntoW", "output_size": 32},
        ),
        (_e4e, {"encoder_type": "Encoder4Editing", "stylegan_size": 32}),
        (
            lambda: _e4e(encoder="single_w"),
            {"encoder_type": "SingleStyleCodeEncoder", "stylegan_size": 32},
        ),
        (_restyle, {"encoder_type": "BackboneEncoder"}),
        (lambda: _restyle(rows="e4e"), {"encoder_type": "ProgressiveBackboneEncoder"}),
        (lambda: _restyle(maps="pyramid"), {"encoder_type": "GradualStyleEncoder"}),
        (lambda: _restyle(maps="pyramid", rows="e4e"), {"encoder_type": "Encoder4Editing"}),
    ],
)
def test_kinds_of_public_files(inverter: Any, opts: dict[str, Any]) -> None:
    """What a file says it is; its sizes are read off the tensors."""
    made = inverter()
    mean = torch.randn(8, 16)
    tensors = {f"encoder.{name}": value for name, value in made.encoder.state_dict().items()}
    encoder = made.encoder.state_dict()
    kind = kind_of(encoder, opts, mean=(8, 16))
    assert kind.sizes == _SIZES
    config = made.config
    own = {**{name: getattr(config, name) for name in kind.options}, "start": "own"}
    assert kind.options == {**own, "blocks": list(config.blocks)}
    assert type(made).__name__.lower()[:3] == kind.type[:3]
    # A network per row is as deep as its map is large, and this file's are not 256 px ones'.
    if not isinstance(made.encoder, MapsEncoder):
        found = inverter_of(tensors, mean, opts)
        assert torch.equal(found.latent_avg, mean)
        assert all(
            torch.equal(value, found.encoder.state_dict()[name]) for name, value in encoder.items()
        )
        file = _file({"state_dict": tensors, "latent_avg": mean}, opts)
        fits = {f.__name__: f(file) for f in (psp, e4e, restyle)}
        (fit,) = [fit for fit in fits.values() if fit is not None]
        assert fit.sizes == _SIZES
        assert set(fit.tensors) == set(made.state_dict())


def test_a_whole_public_file_of_maps() -> None:
    """At the published number of pixels the small networks have the published depth."""
    torch.manual_seed(0)
    config = PSPEncoderConfig(width=2, blocks=(1, 1, 1, 1), start="own")
    made = PSPEncoder(config, resolution=16, num_ws=6, w_dim=4).eval()
    tensors = {
        name: value
        for name, value in made.encoder.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    opts = {"encoder_type": "GradualStyleEncoder", "start_from_latent_avg": True}
    found = inverter_of(tensors, torch.ones(1, 4), opts)
    assert found.config == config
    images = _images(1, 16)
    with torch.no_grad():
        expected = made.encode(resized(images, 256)) + 1
        assert torch.allclose(found.encode(resized(images, 256)), expected, atol=1e-5)


def test_refused_public_files() -> None:
    """Other encoders, other images, other tensors, and codes that do not fit."""
    encoder = _psp().encoder.state_dict()
    with pytest.raises(CheckpointError, match="did you mean 'BackboneEncoder'"):
        kind_of(encoder, {"encoder_type": "ResNetBackboneEncoder"})
    wide = {**encoder, "input_layer.0.weight": torch.ones(4, 19, 3, 3)}
    with pytest.raises(CheckpointError, match="19 channels, not RGB"):
        kind_of(wide, {})
    with pytest.raises(CheckpointError, match="IR-SE50"):
        kind_of({"conv1.weight": torch.ones(1)}, {})
    one = _psp(encoder="last_layer_w").encoder.state_dict()
    with pytest.raises(CheckpointError, match="nothing says how many layers"):
        kind_of(one, {"encoder_type": "BackboneEncoderUsingLastLayerIntoW"})
    opts = {"encoder_type": "BackboneEncoderUsingLastLayerIntoW", "n_styles": 8}
    with pytest.raises(CheckpointError, match=r"latent_avg does not fit; expected \[8, 16\]"):
        inverter_of(one, torch.ones(3, 16), opts)
    with pytest.raises(CheckpointError, match=r"body\.9\.x is not known"):
        inverter_of({**one, "body.9.x": torch.ones(1)}, None, opts)
    file = _file({"state_dict": {f"encoder.{k}": v for k, v in wide.items()}}, {})
    with pytest.raises(CheckpointError, match=r"file\.pt: the encoder takes images of 19"):
        psp(file)
    assert identity(_file(encoder, {})) is None
    assert psp(_file(_identity().state_dict(), {})) is None


def _identity(**options: Any) -> IdentityNetwork:
    torch.manual_seed(0)
    network = IdentityNetwork(width=4, blocks=(1, 1, 1, 1), dim=8, **options)
    return network.eval().requires_grad_(requires_grad=False)


def test_identity_loss() -> None:
    """Zero for the same picture; its gradient reaches the face and nothing beside it."""
    network, images = _identity(), _images(2, 256)
    assert identity_loss(network, images, images).item() == pytest.approx(0, abs=1e-6)
    assert network(images).norm(dim=1).tolist() == pytest.approx([1, 1])
    moving = images.clone().requires_grad_()
    torch.autograd.backward(identity_loss(network, moving, images.flip(0)))
    assert moving.grad is not None
    reached = moving.grad.abs().sum((0, 1)) > 0
    rows, columns = reached.any(1).nonzero(), reached.any(0).nonzero()
    assert (rows.min().item(), rows.max().item()) == (35, 222)
    assert (columns.min().item(), columns.max().item()) == (32, 219)
    with pytest.raises(InputError, match="expected square images"):
        network(images[:, :, :100])


@torch.no_grad()
def test_identity_of_other_sizes() -> None:
    """Pictures at another size are brought to 256 pixels first."""
    network, images = _identity(), _images(1, 64)
    assert torch.allclose(network(images), network(resized(images, 256)), atol=1e-6)


@pytest.mark.parametrize(("pixels", "affine"), [(112, True), (112, False), (32, True)])
def test_identity_network_of_public_weights(pixels: int, affine: bool) -> None:
    """Sizes are read off the tensors; counters of batches may be absent; others are refused."""
    network = _identity(pixels=pixels, affine=affine)
    tensors = network.state_dict()
    bare = {k: v for k, v in tensors.items() if not k.endswith("num_batches_tracked")}
    found = identity_network_of(bare)
    assert (found.pixels, found.blocks, found.training) == (pixels, (1, 1, 1, 1), False)
    faces = _images(1, pixels)
    assert torch.equal(found.embed(faces), network.embed(faces))
    with pytest.raises(CheckpointError, match="not the weights of an ArcFace"):
        identity_network_of({"fc.weight": torch.ones(1)})
    del bare["body.0.res_layer.0.bias"]
    with pytest.raises(CheckpointError, match=r"body\.0\.res_layer\.0\.bias is missing"):
        load_state(network, bare)

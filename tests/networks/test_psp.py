"""The inverter ``psp``: where it starts, which map gives which row, and that it learns."""

from __future__ import annotations

import pytest
import torch
from styletalker.core.contract.toys import ToyGenerator
from styletalker.core.errors import InputError
from styletalker.plugins.psp.config import PSPConfig
from styletalker.plugins.psp.heads import MapToStyles
from styletalker.plugins.psp.inverter import PSP
from styletalker.plugins.stylegan2.config import StyleGAN2Config
from styletalker.plugins.stylegan2.generator import StyleGAN2
from torch import Tensor
from torch.nn import functional


def _psp(resolution: int = 32, num_ws: int = 8, **options: object) -> PSP:
    torch.manual_seed(0)
    smoke: dict[str, object] = {"widths": (8, 8, 12, 16), "blocks": 1, "pyramid_channels": 8}
    config = PSPConfig(**{**smoke, **options})  # type: ignore[arg-type]
    return PSP(config, resolution=resolution, num_ws=num_ws, w_dim=16)


def _images(batch: int, resolution: int = 32, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn(batch, 3, 4, 4, generator=generator)
    return torch.tanh(functional.interpolate(coarse, resolution, mode="bicubic"))


class _Mean(ToyGenerator):
    """A generator of another size, of which only the mean code is asked for."""

    def __init__(self, config: None = None, *, num_ws: int = 1) -> None:
        super().__init__(config)
        self.mean = torch.zeros(num_ws, 16)

    def mean_ws(self) -> Tensor:
        """Zeros [L, D]."""
        return self.mean


@torch.no_grad()
@pytest.mark.parametrize(
    ("resolution", "num_ws", "rows", "size"),
    [
        (32, 8, [3, 4, 1], 32),
        (96, 1, [1], 64),
        (250, 14, [3, 4, 7], 128),
        (512, 5, [3, 2], 256),
    ],
)
def test_any_generator(resolution: int, num_ws: int, rows: list[int], size: int) -> None:
    """Rows go to the maps as in the paper; what a short code does not need is not built."""
    psp = _psp(resolution, num_ws)
    assert [head.rows for head in psp.heads.values()] == rows
    assert psp.size == size
    assert psp.invert(_images(2, resolution), _Mean(num_ws=num_ws)).ws.shape == (2, num_ws, 16)
    assert len(psp.pyramid.lateral) == len(rows), "a map is built and not used"


@torch.no_grad()
def test_untrained_it_gives_the_mean_image() -> None:
    """Codes are the mean plus a little; another mean moves them by exactly its difference."""
    psp, generator = _psp(), ToyGenerator()
    before = psp.invert(_images(4), generator).ws
    offset = before - generator.mean_ws()
    assert 0.001 < offset.std().item() < 0.2
    generator.to_w.bias.add_(1.0)
    assert torch.allclose(psp.invert(_images(4), generator).ws, before + 1, atol=1e-6)


def test_rows_share_nothing_but_the_map() -> None:
    """The gradient of one row reaches the weights of that row's network alone."""
    torch.manual_seed(0)
    head = MapToStyles(size=4, channels=6, rows=3, w_dim=5)
    torch.autograd.backward(head(torch.randn(2, 6, 4, 4))[:, 1].square().sum())
    for name, parameter in head.named_parameters():
        assert parameter.grad is not None
        reached = parameter.grad.reshape(3, -1).abs().sum(1) > 0
        assert reached.tolist() == [False, True, False], name


def test_fine_rows_know_of_the_coarse_map() -> None:
    """The top-down path: the gradient of the last row reaches the coarsest lateral layer."""
    psp = _psp()
    torch.autograd.backward(psp.invert(_images(1), ToyGenerator()).ws[:, -1].square().sum())
    for lateral in psp.pyramid.lateral:
        gradient = lateral.get_parameter("weight").grad
        assert gradient is not None
        assert gradient.abs().amax().item() > 0


def test_generator_gets_no_gradient() -> None:
    """Through the mean code, that is: it is where codes start, not what is trained."""
    generator = ToyGenerator()
    torch.autograd.backward(_psp().invert(_images(1), generator).ws.square().sum())
    assert generator.to_w.bias.grad is None


def test_learns_to_invert_a_generator() -> None:
    """Codes of unseen images: the error falls below half of the mean code's."""
    torch.manual_seed(0)
    config = StyleGAN2Config(resolution=32, z_dim=4, w_dim=16, channel_base=256, channel_max=16)
    generator, psp = StyleGAN2(config).eval(), _psp(pyramid_channels=16, widths=(8, 12, 16, 16))
    with torch.no_grad():
        generator.follow_mean(generator.mapping(torch.randn(256, 4)), momentum=0.0)
    optimiser = torch.optim.Adam(psp.parameters(), lr=3e-3)

    for _ in range(80):
        with torch.no_grad():
            ws = generator.mapping(torch.randn(16, 4), truncation=0.7)
            images = generator.synthesis(ws, noise="none")
        optimiser.zero_grad()
        torch.autograd.backward(functional.mse_loss(psp.invert(images, generator).ws, ws))
        optimiser.step()
    with torch.no_grad():
        ws = generator.mapping(torch.randn(32, 4), truncation=0.7)
        found = psp.invert(generator.synthesis(ws, noise="none"), generator).ws
        share = ((found - ws).square().mean() / (generator.mean_ws() - ws).square().mean()).item()
    assert share < 0.5, f"{share:.2f} of the variance is left"


@torch.no_grad()
def test_refusals() -> None:
    """Too small an image, or a generator of another size than it was built for."""
    with pytest.raises(InputError, match="at least 32, got 16"):
        _psp(16)
    with pytest.raises(InputError, match=r"mean_ws\(\) has the wrong shape: axis L"):
        _psp(num_ws=10).invert(_images(1), ToyGenerator())


@torch.no_grad()
def test_precision() -> None:
    """Codes have the dtype of the images, also under autocast and with bf16 parameters."""
    psp, generator, images = _psp(), ToyGenerator(), _images(2)
    exact = psp.invert(images, generator).ws
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = psp.invert(images, generator).ws
    psp.bfloat16()
    for other in (mixed, psp.invert(images, generator).ws):
        assert other.dtype is torch.float32
        assert (other - exact).abs().amax().item() < 0.01
    assert psp.invert(images.bfloat16(), generator).ws.dtype is torch.bfloat16

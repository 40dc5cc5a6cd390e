"""The field's solver against a dense matrix: solution, gradients, and what never passes a cut."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from spnet.model.gaussian_field import Field, _Joined, _levels, inner, right_side, solve

HEIGHT, WIDTH = 32, 64


def problem(seed: int = 0, *, width: int = WIDTH) -> tuple[list[Tensor], list[Tensor]]:
    """Precisions that span four orders of magnitude, and targets and steps."""
    generator = torch.Generator().manual_seed(seed)

    def maps() -> Tensor:
        return torch.randn(2, 1, HEIGHT, width, generator=generator)

    measured = (maps() > 2).float()
    precisions = [(2 * maps() - 4 + 8 * measured).exp(), maps().exp(), maps().exp()]
    return precisions, [maps(), 0.1 * maps(), 0.1 * maps()]


def exact(precisions: list[Tensor], values: list[Tensor]) -> Tensor:
    """The minimum by the normal equations of the sum of squares itself, in float64."""
    target, right, down = (p.double() for p in precisions)
    value, step_right, step_down = (v.double() for v in values)
    batch, _, height, width = target.shape
    number = torch.arange(height * width).reshape(height, width)
    pairs = [
        (number[:, :-1].flatten(), number[:, 1:].flatten(), right[..., :-1], step_right[..., :-1]),
        (number[:-1].flatten(), number[1:].flatten(), down[..., :-1, :], step_down[..., :-1, :]),
    ]
    answers = []
    for image in range(batch):
        matrix = torch.diag(target[image].flatten())
        side = (target[image] * value[image]).flatten()
        for first, second, precision, step in pairs:
            w, s = precision[image].flatten(), step[image].flatten()
            matrix = matrix.index_put((first, first), w, accumulate=True).index_put(
                (second, second), w, accumulate=True
            )
            matrix = matrix.index_put((first, second), -w, accumulate=True)
            matrix = matrix.index_put((second, first), -w, accumulate=True)
            side = side.index_add(0, second, w * s).index_add(0, first, -w * s)
        answers.append(torch.linalg.solve(matrix, side).reshape(1, height, width))
    return torch.stack(answers)


def minimum(precisions: list[Tensor], values: list[Tensor], iterations: int) -> Tensor:
    field = Field(precisions[0], *inner(*precisions[1:]))
    return solve(field, right_side(field, *values), values[0], iterations=iterations)


def test_it_finds_the_least_squares_solution() -> None:
    precisions, values = problem()
    truth = exact(precisions, values)
    off = [(minimum(precisions, values, n) - truth).abs().mean().item() for n in (1, 5, 40)]
    assert off[0] > 3 * off[1] > 30 * off[2]
    assert off[2] < 1e-4


def test_its_gradients_are_those_of_the_exact_solution() -> None:
    precisions, values = problem()
    weight = torch.randn(2, 1, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(1))
    gradients = []
    for find in (exact, lambda p, v: minimum(p, v, 60)):
        leaves = [x.clone().requires_grad_() for x in (*precisions, *values)]
        (find(leaves[:3], leaves[3:]) * weight).sum().backward()
        gradients.append([leaf.grad for leaf in leaves])
    for wanted, got in zip(*gradients, strict=True):
        assert wanted is not None
        assert got is not None
        assert (got - wanted).norm() < 1e-3 * wanted.norm()


def test_nothing_passes_a_cut() -> None:
    precisions, values = problem()
    precisions[1][..., 20] = 0  # between columns 20 and 21
    changed = [values[0].clone(), *values[1:]]
    changed[0][..., :21] += 5
    one, other = (minimum(precisions, v, 80) for v in (values, changed))
    assert (one[..., :21] - other[..., :21]).abs().min() > 1
    assert (one[..., 21:] - other[..., 21:]).abs().max() < 1e-3


@pytest.mark.parametrize("width", [32, 96])
def test_a_plane_is_kept_by_its_steps(width: int) -> None:
    """Targets and steps that agree are the solution, whatever the precisions."""
    precisions, _ = problem(width=width)
    plane = torch.arange(width)[None, :] * 0.01 - torch.arange(HEIGHT)[:, None] * 0.02
    plane = plane[None, None].expand(2, 1, -1, -1).contiguous()
    steps = [torch.full_like(plane, 0.01), torch.full_like(plane, -0.02)]
    assert torch.allclose(minimum(precisions, [plane, *steps], 5), plane, atol=1e-5)


def test_what_is_exported_solves_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    precisions, values = problem()
    here = minimum(precisions, values, 5)
    monkeypatch.setattr("spnet.model.gaussian_field.exporting", lambda: True)
    coarse = _levels(Field(precisions[0], *inner(*precisions[1:])))[1:]
    assert all(isinstance(field, _Joined) for field, _ in coarse)
    there = minimum(precisions, values, 5)
    assert torch.allclose(here, there, rtol=1e-5, atol=1e-5)

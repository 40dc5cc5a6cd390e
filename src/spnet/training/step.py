"""One optimiser step: micro-batches, precision, gradients of all processes, and what happens when one is not finite.

Nothing here waits for the device: whether a step is left out is decided where its gradients are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from spnet.losses import Loss, loss_totals, training_loss
from spnet.model.network import Block
from spnet.training.config import TrainConfig
from spnet.training.distributed import World
from spnet.training.samples import Batch

_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}
_DRAWS = 1  # sets the seeds of the steps apart from those of the samples


@dataclass(frozen=True)
class Step:
    """What a step has done. Nothing of it has been read from the device.

    Attributes:
        loss: of the whole batch, over all processes.
        bad: () float32, 1 where loss or gradient were not finite, and the step was therefore left out; 0 otherwise.
        batch, pred: the last micro-batch of this process and the network's answer, (B, 1, S, S) float32.
    """

    loss: Loss
    bad: Tensor
    batch: Batch
    pred: Tensor


def make_optimizer(config: TrainConfig, model: nn.Module) -> torch.optim.AdamW:
    """AdamW of all parameters; fused, because that can leave a step out without the CPU's looking at it."""
    return torch.optim.AdamW(model.parameters(), config.lr, weight_decay=config.weight_decay, fused=True)


def make_scaler(config: TrainConfig, device: torch.device) -> torch.amp.GradScaler:
    """Scales the loss so that small gradients survive half precision; does nothing but for fp16."""
    return torch.amp.GradScaler(device.type, enabled=config.precision == "fp16")


def train_step(
    config: TrainConfig,
    model: Callable[..., Any],
    optimizer: torch.optim.Optimizer,
    batches: Sequence[Batch],
    *,
    step: int = 0,
    world: World = World(),  # noqa: B008 (immutable)
    scaler: torch.amp.GradScaler | None = None,
) -> Step:
    """Forward, backward and update for one batch of the whole run.

    The losses divide by mask sizes of the whole batch, and drop-path draws once a step, so that neither the number of
    processes nor `micro_batch` changes what is computed. BatchNorm is the exception: its statistics are a
    micro-batch's.

    Args:
        config: the run.
        model: the network, or what `World.replicate` or `torch.compile` made of it.
        optimizer: see `make_optimizer`.
        batches: this process's share of the batch, as micro-batches: rgb, gt, raw and, for a fill, fill.
        step: number of the step, which its random draws follow from.
        world: all processes; they call this together.
        scaler: see `make_scaler`.
    """
    batches = [_laid_out(config, batch) for batch in batches]
    totals = world.sum(torch.stack([loss_totals(config.loss, b["gt"], b["raw"]) for b in batches]).sum(dim=0))
    optimizer.zero_grad(set_to_none=True)
    parts: dict[str, Tensor] = {}
    for number, batch in enumerate(batches, start=1):
        with _apart(model) if number < len(batches) else nullcontext():
            torch.manual_seed(_seed(config.seed, step))
            pred = _forward(config, model, batch)
            start = batch["fill"][:, :1] if "fill" in batch else None
            loss = training_loss(config.loss, pred, batch["gt"], batch["raw"], totals, start)
            whole = loss.total * world.size if world.size > 1 else loss.total  # gradients are averaged, losses added
            (scaler.scale(whole) if scaler else whole).backward()  # type: ignore[no-untyped-call]
        for key, value in {"total": loss.total, **loss.parts}.items():
            parts[key] = parts[key] + value.detach() if key in parts else value.detach()
    summed = dict(zip(parts, world.sum(torch.stack(list(parts.values()))).unbind(), strict=True))
    total = summed.pop("total")
    return Step(Loss(total, summed), _update(config, optimizer, scaler, total), batches[-1], pred.detach())


def _laid_out(config: TrainConfig, batch: Batch) -> Batch:
    if not config.channels_last:
        return batch
    return {key: value.contiguous(memory_format=torch.channels_last) for key, value in batch.items()}


def settle(config: TrainConfig, model: Callable[..., Any], network: nn.Module, batch: Batch) -> None:
    """A pass that changes nothing, before the first step of processes that train together.

    After the first backward pass PyTorch puts the gradients into its buckets anew, in the order in which they came. Of
    three or more addends, the order of addition depends on the place in a bucket: without this pass, the first step of
    a resumed run would add otherwise than the same step of a run that was never stopped.
    """
    buffers = [buffer.clone() for buffer in network.buffers()]
    unused: Tensor = (_forward(config, model, _laid_out(config, batch)) * 0).sum()
    unused.backward()  # type: ignore[no-untyped-call]
    put_back(network, buffers, torch.ones(()))
    network.zero_grad(set_to_none=True)


def _forward(config: TrainConfig, model: Callable[..., Any], batch: Batch) -> Tensor:
    rgb, raw = batch["rgb"], batch["raw"]
    extra = {"fill": batch["fill"]} if "fill" in batch else {}
    half = _DTYPES.get(config.precision)
    with nullcontext() if half is None else torch.autocast(raw.device.type, half):
        pred: Tensor = model(rgb, raw, (raw > 0).float(), **extra)
    return pred if half is None else pred.float()


def _update(
    config: TrainConfig, optimizer: torch.optim.Optimizer, scaler: torch.amp.GradScaler | None, loss: Tensor
) -> Tensor:
    """Change the weights, unless loss or gradient are not finite; returns `Step.bad`.

    After the gradients were added up they are the same in all processes, and so is the decision.
    """
    if scaler is not None and scaler.is_enabled():
        scaler.unscale_(optimizer)
    gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
    norm = nn.utils.get_total_norm(gradients)
    if config.clip:
        nn.utils.clip_grads_with_norm_(
            [p for group in optimizer.param_groups for p in group["params"]], config.clip, norm
        )
    bad = 1 - (torch.isfinite(norm) & torch.isfinite(loss)).float()
    optimizer.found_inf = bad  # type: ignore[attr-defined]  # where it is 1, a fused update changes nothing
    optimizer.step()
    if scaler is not None:
        scaler.update()
    return bad


def _apart(model: Callable[..., Any]) -> AbstractContextManager[None]:
    """Gradients stay in this process: they are exchanged once a step, with those of the last micro-batch."""
    no_sync: Callable[[], AbstractContextManager[None]] = getattr(model, "no_sync", nullcontext)
    return no_sync()


def _seed(seed: int, step: int) -> int:
    """Of what is drawn in a step (drop-path): the same in all processes and micro-batches, whatever came before."""
    return int(np.random.SeedSequence([seed, step, _DRAWS]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def checkpoint_blocks(model: nn.Module) -> None:
    """From now on the blocks forget their activations and compute them once more in the backward pass.

    Same result, drop-path's draws included, and the same names in the state dict.
    """
    for block in (module for module in model.modules() if isinstance(module, Block)):
        options: dict[str, Any] = {"context_fn": partial(_contexts, block)} if list(block.buffers()) else {}
        object.__setattr__(block, "forward", partial(checkpoint, block.forward, use_reentrant=False, **options))


def _contexts(block: nn.Module) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    return nullcontext(), _buffers_kept(block)


@contextmanager
def _buffers_kept(module: nn.Module) -> Iterator[None]:
    """Running statistics (BatchNorm's) that change in the block are put back: a second pass must not count twice."""
    before = [buffer.clone() for buffer in module.buffers()]
    try:
        yield
    finally:  # the second pass ends with an exception where it has all that it needs
        put_back(module, before, torch.ones(()))


def put_back(module: nn.Module, buffers: Sequence[Tensor], bad: Tensor) -> None:
    """Give the module's buffers the earlier values where `bad`, (), is 1."""
    for buffer, value in zip(module.buffers(), buffers, strict=True):
        buffer.copy_(torch.where(bad.to(buffer.device) > 0, value, buffer))

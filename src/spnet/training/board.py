"""The same records for TensorBoard: `tensorboard --logdir RUNS`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from spnet.extras import need
from spnet.training.records import RUN_KEYS, Record
from spnet.types import ByteImage

FOLDER = "tensorboard"
_NO_SCALARS = {"step", "validation", "reason", "bad_image"}


class Board:
    """Writes `<out>/tensorboard`; what a run that was cut off wrote after `step` is hidden."""

    def __init__(self, out: Path, step: int) -> None:
        """Open the writer.

        Raises:
            MissingExtra: tensorboard is not installed.
        """
        need("tensorboard", "train", "TensorBoard logs")
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(str(out / FOLDER), purge_step=step + 1)

    def scalars(self, record: Record) -> None:
        """The numbers of a record: `loss/...`, `val/...`, and `run/...` for the rest."""
        for key, value in record.items():
            if key not in _NO_SCALARS and isinstance(value, int | float):
                group = "" if "/" in key else "run/" if key in RUN_KEYS else "loss/"
                self._writer.add_scalar(f"{group}{key}", value, record["step"])
        self._writer.flush()

    def picture(self, step: int, panel: ByteImage, name: str) -> None:
        """A panel, (H, W, 3) uint8."""
        self._writer.add_image(name, panel, step, dataformats="HWC")

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()

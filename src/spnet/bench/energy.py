"""Energy counters, where a machine lets them be read: RAPL of Intel's and AMD's processors, NVML of NVIDIA's GPUs."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

RAPL = Path("/sys/class/powercap")


class Energy:
    """Joules since some time in the past; `why` says what is missing where there are none."""

    def __init__(self, device: str, *, rapl: Path = RAPL) -> None:
        """Find a counter for a device ("cpu", "cuda", "cuda:1")."""
        self._files: list[Path] = []
        self._gpu: Any = None
        self.why = ""
        self.name = ""
        if device.startswith("cuda"):
            self._open_gpu(int(device.partition(":")[2] or 0))
        else:
            self._open_rapl(rapl)

    def _open_rapl(self, folder: Path) -> None:
        files = sorted(folder.glob("intel-rapl:*/energy_uj"))
        packages = [file for file in files if file.parent.name.count(":") == 1]  # what is below one is in it
        try:
            for file in packages:
                int(file.read_text())
        except (OSError, ValueError) as error:
            self.why = f"RAPL cannot be read ({getattr(error, 'strerror', error)})"
            return
        self._files, self.name = packages, "RAPL, whole processor, other programs included"
        if not packages:
            self.why = "this machine shows no RAPL counter"

    def _open_gpu(self, index: int) -> None:
        try:
            module = import_module("pynvml")
        except ImportError:
            self.why = "NVML needs the package nvidia-ml-py"
            return
        try:
            module.nvmlInit()
            handle = module.nvmlDeviceGetHandleByIndex(index)
            module.nvmlDeviceGetTotalEnergyConsumption(handle)
        except module.NVMLError as error:
            self.why = f"NVML cannot be read ({error})"
            return
        self._gpu, self.name = (module, handle), "NVML, whole GPU"

    def joules(self) -> float | None:
        """What the counter says now; None where there is none."""
        if self._gpu is not None:
            module, handle = self._gpu
            return float(module.nvmlDeviceGetTotalEnergyConsumption(handle)) / 1e3
        if not self._files:
            return None
        return sum(int(file.read_text()) for file in self._files) / 1e6

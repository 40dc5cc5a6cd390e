"""spnet: dense metric depth from one RGB image and any sparse depth.

>>> import spnet
>>> result = spnet.complete("rgb.png", "depth.png")      # doctest: +SKIP
>>> result.depth                                         # (H, W) float32 metres  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Public name -> module. Resolved on first use (PEP 562), so that `import spnet` does not import torch.
_LAZY = {
    "complete": "spnet.predictor",
    "Predictor": "spnet.predictor",
    "Completion": "spnet.completion",
    "load_model": "spnet.model.weights",
    "list_models": "spnet.model.weights",
    "Intrinsics": "spnet.types",
    "SpnetError": "spnet.errors",
}
__all__ = [
    "Completion",
    "Intrinsics",
    "Predictor",
    "SpnetError",
    "__version__",
    "complete",
    "list_models",
    "load_model",
]

if TYPE_CHECKING:
    from spnet.completion import Completion
    from spnet.errors import SpnetError
    from spnet.model.weights import list_models, load_model
    from spnet.predictor import Predictor, complete
    from spnet.types import Intrinsics


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'spnet' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)

"""Names that command lines and functions share, without importing what they stand for."""

from typing import Literal

BackendName = Literal["auto", "torch", "onnxruntime", "openvino"]

"""Evaluation: methods on data sets under sparsity patterns, scored on the very same inputs."""

from spnet.evaluation.methods import FunctionMethod, Method, make_method
from spnet.evaluation.results import Result
from spnet.evaluation.run import Run, evaluate

__all__ = ["FunctionMethod", "Method", "Result", "Run", "evaluate", "make_method"]

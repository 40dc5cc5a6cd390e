"""Evaluation: methods on data sets under sparsity patterns, scored on pixels that were not measured."""

from spnet.evaluation.methods import FunctionMethod, Method, list_methods, make_method
from spnet.evaluation.report import markdown_table
from spnet.evaluation.run import Score, evaluate

__all__ = ["FunctionMethod", "Method", "Score", "evaluate", "list_methods", "make_method", "markdown_table"]

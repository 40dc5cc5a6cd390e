"""Sensor patterns: which pixels of a depth map a sparse sensor would have measured. Pure and seeded."""

from spnet.sparsity.grammar import quote
from spnet.sparsity.holes import HoleMaps, procedural_holes
from spnet.sparsity.patterns import random_count, random_fraction
from spnet.sparsity.scanner import lidar
from spnet.sparsity.spec import Pattern, input_seed, list_patterns, parse_pattern

__all__ = [
    "HoleMaps",
    "Pattern",
    "input_seed",
    "lidar",
    "list_patterns",
    "parse_pattern",
    "procedural_holes",
    "quote",
    "random_count",
    "random_fraction",
]

"""Sensor patterns: which pixels of a depth map a sparse sensor would have measured. Pure and seeded."""

from spnet.sparsity.holes import HoleMaps, procedural_holes
from spnet.sparsity.patterns import lidar, random_count, random_fraction
from spnet.sparsity.spec import Pattern, parse_pattern

__all__ = [
    "HoleMaps",
    "Pattern",
    "lidar",
    "parse_pattern",
    "procedural_holes",
    "random_count",
    "random_fraction",
]

"""Data on disk: the paper's folder layout."""

from spnet.datasets.folder import FolderDataset, Pair, find_pairs
from spnet.datasets.opening import open_data

__all__ = ["FolderDataset", "Pair", "find_pairs", "open_data"]

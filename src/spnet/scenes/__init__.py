"""Synthetic RGB-D scenes: what stands where, how it looks, how a camera sees it (docs/scenes.md)."""

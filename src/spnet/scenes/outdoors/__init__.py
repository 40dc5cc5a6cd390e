"""What outdoor layouts are built from: tracks, terrain, roads, houses, fences, trees, traffic, points of view."""

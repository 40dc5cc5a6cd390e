"""The HTTP service: `spnet serve` (docs/service.md)."""

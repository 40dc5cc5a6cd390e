"""The page to try it on: `spnet app` (docs/app.md)."""

"""The command line, run in this process."""

from __future__ import annotations

import sys

import pytest

from spnet.cli import main


def spnet(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run `spnet` with these arguments; returns the exit status."""
    monkeypatch.setattr(sys, "argv", ["spnet", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main.main()
    return int(stopped.value.code or 0)

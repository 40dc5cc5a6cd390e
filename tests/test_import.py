"""The front door opens quickly: what does not need torch does not load it."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

import spnet

HELP = """
import sys
sys.argv = {argv!r}
from spnet.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
assert "torch" not in sys.modules
"""


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_import_loads_neither_torch_nor_scipy_nor_numpy() -> None:
    python("import sys, spnet; assert not {'torch', 'scipy', 'numpy'} & set(sys.modules); dir(spnet)")


def test_import_takes_under_a_fifth_of_a_second() -> None:
    def seconds() -> float:
        return float(python("import time; t = time.perf_counter(); import spnet; print(time.perf_counter() - t)"))

    deadline = time.monotonic() + 10
    while (taken := seconds()) >= 0.2:  # a busy machine may need another try
        assert time.monotonic() < deadline, f"{taken:.2f} s"


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["complete", "--help"], ["models", "--help"]])
def test_help_does_not_load_torch(arguments: list[str]) -> None:
    python(HELP.format(argv=["spnet", *arguments]))


def test_every_public_name_is_there() -> None:
    assert dir(spnet) == sorted(spnet.__all__)
    for name in spnet.__all__:
        assert getattr(spnet, name) is not None


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = spnet.nothing

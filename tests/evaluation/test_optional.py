"""What the evaluation loads: nothing optional before it is asked for, and little for a help text."""

from __future__ import annotations

import subprocess
import sys

WITHOUT_EXTRAS = """
import importlib, pkgutil, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("cv2", "matplotlib", "jinja2", "h5py", "OpenEXR"):
            raise ImportError(name)

sys.meta_path.insert(0, Blocked())
import spnet
names = [m.name for m in pkgutil.walk_packages(spnet.__path__, "spnet.") if not m.name.endswith("__main__")]
assert len(names) > 50
for name in names:
    importlib.import_module(name)

import numpy as np
from spnet.errors import MissingExtra
from spnet.evaluation import make_method
from spnet.sparsity import parse_pattern
from spnet.types import Sample

sample = Sample(np.zeros((24, 32, 3), np.uint8), np.ones((24, 32), np.float32), "a")
assert make_method("linear").complete(sample).all()
for act in (lambda: make_method("ip-basic").complete(sample), lambda: parse_pattern("sift")(sample, 0)):
    try:
        act()
    except MissingExtra as error:
        assert "pip install 'spnet[eval]'" in str(error)
    else:
        raise AssertionError("it needs cv2")
"""

HELP = """
import sys
sys.argv = ["spnet", "eval", "--help"]
from spnet.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
loaded = {"torch", "scipy", "cv2", "matplotlib", "jinja2", "h5py", "pebble"} & set(sys.modules)
assert not loaded, loaded
"""

METHODS = """
import sys
import spnet.evaluation, spnet.evaluation.html, spnet.evaluation.run
loaded = {"torch", "cv2", "matplotlib", "jinja2", "h5py"} & set(sys.modules)
assert not loaded, loaded
"""


def run(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr


def test_everything_imports_without_the_extras_and_says_what_is_missing_when_it_is_needed() -> None:
    run(WITHOUT_EXTRAS)


def test_the_help_of_eval_loads_no_heavy_package() -> None:
    run(HELP)


def test_the_evaluation_imports_without_torch_and_the_extras() -> None:
    run(METHODS)

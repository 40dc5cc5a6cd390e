# `make demo` and `make test` each do all the set-up on a fresh machine: Python 3.10 to 3.13, git and make are enough.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PIP_ARGS ?=
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test check slow clean

demo: $(VENV)/ready
	$(BIN)/spnet complete examples/desk/rgb.jpg examples/desk/depth_kinect.png -o out/kinect
	$(BIN)/spnet complete examples/desk/rgb.jpg examples/desk/depth_500_points.png -o out/500_points
	@echo "Look at out/kinect/rgb_preview.png and out/500_points/rgb_preview.png"

test: $(VENV)/ready-dev check
	$(BIN)/python -m pytest

check: $(VENV)/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

slow: $(VENV)/ready-dev
	$(BIN)/python -m pytest -m slow

# pip comes last into a new environment: without it the making was interrupted, and starts again.
$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "spnet needs Python 3.10 to 3.13 and $(PYTHON) is not one: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/ready: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(BIN)/python -m pip install -q $(PIP_ARGS) -c constraints.txt -e .
	touch $@

$(VENV)/ready-dev: $(VENV)/ready
	$(BIN)/python -m pip install -q $(PIP_ARGS) -c constraints.txt -e '.[dev,exr,eval,data,train,onnx,openvino,scenes,assets,serve,kernels,app,docs]'
	touch $@

clean:
	rm -rf $(VENV) out build dist

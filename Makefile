# `make demo` and `make test` each do all the set-up on a fresh machine: Python >= 3.10, git and make are enough.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PIP_ARGS ?=
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test check slow clean

demo: $(VENV)/ready
	$(BIN)/spnet complete examples/desk/rgb.jpg examples/desk/depth_500_points.png -o out
	$(BIN)/spnet complete examples/table/rgb.jpg examples/table/depth_kinect.png -o out/table
	@echo "Look at out/rgb_preview.png and out/table/rgb_preview.png"

test: $(VENV)/ready-dev check
	$(BIN)/python -m pytest

check: $(VENV)/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

slow: $(VENV)/ready-dev
	$(BIN)/python -m pytest -m slow

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/ready: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -q $(PIP_ARGS) -c constraints.txt -e .
	touch $@

$(VENV)/ready-dev: $(VENV)/ready
	$(BIN)/python -m pip install -q $(PIP_ARGS) -c constraints.txt -e '.[dev,exr]'
	touch $@

clean:
	rm -rf $(VENV) out build dist

# Every target sets up what it needs on a fresh machine with Python 3.11 or 3.12. A C++ compiler makes the native engine; without one
# torch is installed, everything but the analysis of recordings works, and the reference engine serves.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

HOST ?= 127.0.0.1
PORT ?= 8000
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# At a terminal pip shows how far it is, elsewhere only what went wrong.
QUIET := $(if $(MAKE_TERMOUT),,--quiet)
# The first Python of this machine that Sonant runs on.
PYTHON ?= $(shell for python in python3 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2> /dev/null && echo $$python && break; done)
# All that there is here: pyworld and pesq come as sources only.
HAS_COMPILER := $(shell command -v "$${CXX:-c++}")
ALL := $(if $(HAS_COMPILER),service codecs telemetry wyoming reference analysis train measure batch distributed dev,service codecs telemetry wyoming reference batch distributed dev)
# What `make serve` needs.
SERVING := service codecs$(if $(shell command -v nvidia-smi), gpu)
# For pip, and for the environments in which it builds what has no wheel (the second name is that of pip 25.3 and later).
export PIP_CONSTRAINT := $(abspath constraints.txt)
export PIP_BUILD_CONSTRAINT := $(PIP_CONSTRAINT)

# What is installed is remembered by empty files, named so that other extras are other files.
empty :=
stamp = $(VENV)/.packages-$(subst $(empty) $(empty),-,$(strip $(1)))
# `make serve` alone installs little, and nothing where all is installed already.
EXTRAS ?= $(if $(filter-out serve,$(MAKECMDGOALS))$(wildcard $(call stamp,$(ALL))),$(ALL),$(SERVING))
PACKAGES := $(call stamp,$(EXTRAS))
# Developers keep cmake and its like in .venv, so that what did not change is not compiled again; elsewhere pip builds in an environment that it drops.
BUILD := $(if $(filter dev,$(EXTRAS)),--no-build-isolation)
ENGINE := $(VENV)/.engine
SOURCES := $(wildcard CMakeLists.txt vocoder/native/*.* vocoder/native/*/*)

# What these extras need, from pyproject.toml, and with dev the build; cmake and ninja are what scikit-build-core would fetch for an isolated build.
define REQUIREMENTS
import sys, tomllib
with open("pyproject.toml", "rb") as file:
    settings = tomllib.load(file)
needed = settings["project"]["dependencies"]
if "dev" in sys.argv:
    needed = [*needed, *settings["build-system"]["requires"], "cmake>=3.26", "ninja"]
for extra in sys.argv[1:]:
    needed += settings["project"]["optional-dependencies"][extra]
print(*(line for line in needed if not line.startswith("sonant[")), sep="\n")
endef
export REQUIREMENTS

# What is installed beside these extras without what it requires.
define NO_DEPS
import sys, tomllib
with open("pyproject.toml", "rb") as file:
    groups = tomllib.load(file)["dependency-groups"]
print(*(line for extra in sys.argv[1:] for line in groups.get(extra, ())), sep="\n")
endef
export NO_DEPS

.PHONY: help setup serve test test-slow test-gpu test-browser check format bench sanitize bf16 arm wheel image clean

help:  ## this list
	@sed -n -E 's/^([a-z0-9-]+):[^#]*## (.*)/make \1\t\2/p' Makefile | expand -t 18

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'Sonant needs Python 3.11 or 3.12: install one, or name it: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(PACKAGES): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -c "$$REQUIREMENTS" $(EXTRAS) | $(PIP) install $(QUIET) --requirement /dev/stdin
	$(BIN)/python -c "$$NO_DEPS" $(EXTRAS) | xargs -r $(PIP) install $(QUIET) --no-deps
	rm -f $(VENV)/.packages-* && touch $@

$(ENGINE): $(PACKAGES) $(SOURCES)
	$(PIP) install $(QUIET) --no-deps $(BUILD) --editable .
	@if $(BIN)/python -c 'import vocoder._native' 2> /dev/null; then touch $@; \
	else rm -f $@; echo 'No C++ compiler with Python.h was found: the reference engine serves, far slower than real time. It needs torch.' >&2; \
	$(BIN)/python -c "$$REQUIREMENTS" reference | $(PIP) install $(QUIET) -r /dev/stdin; fi

setup: $(ENGINE)  ## make .venv, install all that constraints.txt pins (EXTRAS=service: less), build the native engine

serve: setup  ## install what serving needs, and start the service with the default voice (HOST=127.0.0.1 PORT=8000)
	$(BIN)/sonant serve --host $(HOST) --port $(PORT)

test: setup  ## the quick tests, on every core of the CPU
	$(BIN)/python -m pytest --numprocesses auto

test-slow: setup  ## the tests that take more than some seconds, on the CPU (PART='and not thorough': most of them)
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile -m 'slow and not gpu and not browser $(PART)'

test-gpu: setup  ## the laws of all that computes on a GPU, on one (with a CUDA build of torch)
	$(BIN)/python -m pytest -m gpu

test-browser: setup  ## the page at / in Chromium, which is installed where there is none and that may be done
	.ci/chromium
	$(BIN)/python -m pytest -m browser

CPP_FOLDERS = vocoder/native vocoder/native/engine vocoder/native/frames vocoder/native/layers tests/native benchmarks
CPP = $(wildcard $(addsuffix /*.cpp,$(CPP_FOLDERS)) $(addsuffix /*.h,$(CPP_FOLDERS)))

check: setup  ## formatting, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/clang-format --dry-run --Werror $(CPP)
	$(BIN)/ruff check .
	$(BIN)/mypy

format: setup  ## format, and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $(CPP)
	$(BIN)/ruff check --fix .

bench: setup  ## how fast each engine is here, at the reference size
	$(BIN)/sonant bench --reference-size

APART = $(BIN)/cmake -S . -G Ninja -DCMAKE_MAKE_PROGRAM="$$(realpath -s $(BIN)/ninja)" -DPython_EXECUTABLE="$$(realpath -s $(BIN)/python)"
# The tests load the module that SONANT_NATIVE names (tests/conftest.py). Python's own leaks are none of ours; its allocator would hide overruns.
TESTS := tests/engine tests/acoustic/test_native_model.py tests/wavenet/test_native_conditioning.py $(addprefix tests/audio/,test_windows.py test_correction.py test_linear_prediction.py test_second_order.py test_emphasis.py)
sanitize: setup  ## the native engine under the address, undefined-behaviour and thread sanitizers
	$(APART) -B build/address -DSONANT_SANITIZE=address,undefined
	$(BIN)/cmake --build build/address
	SONANT_NATIVE=$$(ls "$$PWD"/build/address/_native*.so) LD_PRELOAD="$$($${CXX:-c++} -print-file-name=libasan.so) $$($${CXX:-c++} -print-file-name=libstdc++.so.6)" \
		ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 PYTHONMALLOC=malloc $(BIN)/python -m pytest $(TESTS)
	$(APART) -B build/thread -DSONANT_SANITIZE=thread
	$(BIN)/cmake --build build/thread --target race
	TSAN_OPTIONS=halt_on_error=1 build/thread/race

# CMakeLists.txt says what the two are. SONANT_ISA: the instruction set that must be there (tests/conftest.py). BF16=assumed is for virtual
# machines that hide what the processor has.
BF16 ?= emulated
bf16: setup  ## the native engine with AVX512_BF16 emulated, on a processor with AVX-512; BF16=assumed: with its instructions, unasked
	$(APART) -B build/bf16-$(BF16) -DSONANT_BF16=$(BF16)
	$(BIN)/cmake --build build/bf16-$(BF16)
	SONANT_NATIVE=$$(ls "$$PWD"/build/bf16-$(BF16)/_native*.so) SONANT_ISA=avx512bf16$(subst assumed,,$(BF16)) $(BIN)/python -m pytest tests/engine
	if [ $(BF16) = emulated ]; then build/bf16-emulated/pairs; fi

# Without Python: the program of the thread sanitizer, all of whose calls must agree, in every precision; and work on frames, which must have the bits that it has
# here. Debian has both as g++-aarch64-linux-gnu and qemu-user.
ARM_CXX ?= aarch64-linux-gnu-g++
ARM_RUN ?= qemu-aarch64
NATIVE := vocoder/native
FLAGS := -std=c++17 -O3 -fno-math-errno -Wall -Wextra -Wno-psabi -Wno-unused-function -static -pthread -DSONANT_ISA=portable -I$(NATIVE) -I$(NATIVE)/engine
arm:  ## the native code compiled for 64-bit Arm, and run under emulation
	mkdir -p build
	$(ARM_CXX) $(FLAGS) -ffp-contract=fast tests/native/race.cpp $(addprefix $(NATIVE)/engine/,kernels.cpp dispatch.cpp packed_network.cpp pool.cpp) -o build/race-arm
	$(ARM_RUN) build/race-arm
	$(ARM_CXX) $(FLAGS) -ffp-contract=off tests/native/frames.cpp $(NATIVE)/frames/frames.cpp $(NATIVE)/layers/layers.cpp -o build/frames-arm
	$(CXX) $(FLAGS) -ffp-contract=off tests/native/frames.cpp $(NATIVE)/frames/frames.cpp $(NATIVE)/layers/layers.cpp -o build/frames-here
	@there=$$($(ARM_RUN) build/frames-arm) && here=$$(build/frames-here) && echo "frames: $$there there, $$here here" && test "$$there" = "$$here"

wheel: setup  ## a wheel for this Python in build/wheels, installed and heard in an empty environment, with its size
	rm -rf build/wheels build/trial
	$(PIP) wheel $(QUIET) --no-deps --wheel-dir build/wheels/plain .
	PATH="$$(realpath -s $(BIN)):$$PATH" auditwheel repair --wheel-dir build/wheels build/wheels/plain/*.whl
	$(BIN)/python -m venv build/trial
	build/trial/bin/python -m pip install $(QUIET) build/wheels/*.whl
	build/trial/bin/sonant say "Hello." --engine native --output - > /dev/null
	build/trial/bin/python benchmarks/installed.py --without pip setuptools

# Neither pip, tests of numpy nor symbols of other packages' modules. *.libs stay: auditwheel has moved their sections, and strip may break them.
IMAGE ?= build/image
IMAGE_EXTRAS ?= service
image: | $(BIN)/python  ## what the service's image holds, in build/image, with its size (IMAGE_EXTRAS=service,codecs,telemetry: more)
	rm -rf $(IMAGE)
	$(PYTHON) -m venv --without-pip $(IMAGE)
	$(PIP) --python $(IMAGE)/bin/python install $(QUIET) ".[$(IMAGE_EXTRAS)]"
	find $(IMAGE)/lib/python*/site-packages/numpy -type d -name tests -prune -exec rm -r {} +
	find $(IMAGE)/lib -name '*.so' -not -path '*.libs/*' -exec strip --strip-unneeded {} +
	$(IMAGE)/bin/sonant say "Hello." --engine native --output - > /dev/null
	$(IMAGE)/bin/python benchmarks/installed.py

clean:  ## remove what was built and installed, not what was trained
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis

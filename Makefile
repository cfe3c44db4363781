# Two commands do everything: `make demo` and `make test`. Each sets up its own environment in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help packages demo test lint types floor-plan tests faults slow bench lock clean

help:
	@echo "make demo     make a small made-up Mac home, archive it, show the result"
	@echo "make test     ruff, mypy --strict, import-linter, pytest: all that must be green"
	@echo "make faults   the long crash tests: kill -9, full disks, yanked drives"
	@echo "make bench    speed, as ratios against osxphotos and the floor"
	@echo "make lock     pin the dependencies anew (needs uv)"
	@echo "make packages on Debian, as root: programs that some tests use, and are skipped without"

$(STAMP): requirements/dev.txt requirements/without-a-mac.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "rootcellar needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/without-a-mac.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q src exporters templates
	@touch $(STAMP)

# Other readers of sidecars, file systems, what wakes programs: what a test needs and does not find, it says and is skipped.
packages:
	@if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
			libimage-exiftool-perl exfat-fuse exfatprogs xfsprogs btrfs-progs \
			systemd cron libnotify-bin restic borgbackup rsync >/dev/null; \
	else echo "No Debian, or not root: tests that need more programs will be skipped."; fi

# The sample holds one picture that is "only in iCloud", on purpose, so exit code 3 (partial) is right here.
demo: $(STAMP)
	@$(BIN)/rootcellar demo demo || test $$? -eq 3

test: lint types floor-plan tests

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

floor-plan: $(STAMP)
	$(BIN)/lint-imports

tests: $(STAMP)
	$(BIN)/pytest -n auto -m "not slow"

faults: $(STAMP)
	ROOTCELLAR_FAULTS=all $(BIN)/pytest -m faults

slow: $(STAMP)
	$(BIN)/pytest -m slow

bench: $(STAMP)
	$(BIN)/python -m benchmarks

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header pyproject.toml --group dev -o requirements/dev.txt

clean:
	rm -rf $(VENV) build dist demo .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Every target sets up .venv by itself, with uv where it is present; where not, with venv, pip, and the lock's own uv, which needs a
# third of pip's time. Where uv reaches no index, pip does it all.
# SHELL commands are POSIX; PYTHON=… chooses another interpreter (3.12 or newer).
.PHONY: site serve test run full bench bench-builds bench-peers bench-speed mutants torture lock check picture clean
.DELETE_ON_ERROR:

PYTHON ?= $(shell for p in python3.13 python3.14 python3.12 python3; do $$p -c 'import sys; sys.exit(not (3, 12) <= sys.version_info < (3, 15))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
export NO_MKDOCS_2_WARNING := 1 # mkdocs is pinned below 2
PORT ?= 8000
CHAPTER ?= 1
KILLS ?= 50
LANG_ARG := $(if $(BOOK_LANG),--lang $(BOOK_LANG))

site: .venv/ready  ## build the site into site/; the last good one stays until the new one is whole
	@$(BIN)/python -m gradbook.site.build

serve: .venv/ready  ## serve with live reload (PORT=8000)
	@$(BIN)/python -c 'import socket, sys; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", int(sys.argv[1])))' $(PORT) 2>/dev/null || { echo "serve: port $(PORT) is busy: choose another with make serve PORT=8001" >&2; exit 1; }
	$(BIN)/mkdocs serve --dev-addr 127.0.0.1:$(PORT)

test: .venv/ready  ## lint, types, import direction, all tests (builds the site on the way)
	@sh .ci/browser
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/gradbook prepare
	@# Four at once, since builds wait for their parts, and those that build first; what the others say comes after the site's.
	@nice $(BIN)/pytest tests/deepgrad tests/gradbook >.cache/tests.code 2>&1 & code=$$!; \
	$(BIN)/pytest tests/builds/test_torture.py >.cache/tests.torture 2>&1 & torture=$$!; \
	$(BIN)/pytest tests/builds --ignore=tests/builds/test_torture.py >.cache/tests.builds 2>&1 & builds=$$!; \
	trap 'trap - INT TERM; cat .cache/tests.*; kill 0' INT TERM; nice $(BIN)/pytest tests/site; failed=$$?; \
	for part in $$code $$torture $$builds; do wait $$part || failed=1; done; cat .cache/tests.*; exit $$failed

run: .venv/ready  ## measure one chapter, print its claims, write its figures (CHAPTER=1, BOOK_LANG=en)
	$(BIN)/gradbook run $(CHAPTER) $(LANG_ARG)

full: .venv/ready  ## the dearer protocol: more seeds, longer training; marks where intervals disagree
	$(BIN)/gradbook full

bench: bench-builds bench-peers bench-speed  ## all measurements of speed: they assert nothing

bench-builds: .venv/ready  ## how long builds take, how heavy pages are
	$(BIN)/python -m tests.bench

bench-peers: .venv/ready .venv-peers/ready  ## the same chapters built by this book and by its peers, once and fourfold (THEME=… a folder with Jupyter Book's)
	PYTHONPATH=code .venv-peers/bin/python -m tests.peers $(if $(THEME),--theme $(THEME))
	PYTHONPATH=code .venv-peers/bin/python -m tests.peers --copies 4 --rounds 2 $(if $(THEME),--theme $(THEME))

bench-speed: .venv-bench/ready  ## training steps of deepgrad beside scikit-learn's, JAX's and the peak of the matrix product
	PYTHONPATH=code .venv-bench/bin/python -m tests.speed

mutants: .venv-bench/ready  ## break deepgrad, one place at a time, and list what its tests do not notice
	nice .venv-bench/bin/python -m tests.mutants

torture: .venv/ready  ## builds killed at random moments, caches damaged file by file (KILLS=50 SEED=…, SMALL=1: a small book)
	KILLS=$(KILLS) SEED=$(SEED) SMALL=$(SMALL) MEASURED=$(MEASURED) $(BIN)/python -m tests.torture

check: .venv/ready  ## what pre-commit runs
	$(BIN)/pre-commit run --all-files

picture: site  ## the page that the README shows
	$(BIN)/python -m tests.picture

lock: .venv/ready  ## requirements.lock from pyproject.toml, newest versions, with hashes, naming no index
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.12 --generate-hashes --no-header --no-annotate --no-emit-index-url --group dev pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.12 --generate-hashes --no-header --no-annotate --no-emit-index-url --constraint requirements.lock --group bench pyproject.toml --output-file tests/bench.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.12 --generate-hashes --no-header --no-annotate --no-emit-index-url --constraint requirements.lock --group peers pyproject.toml --output-file tests/peers.lock

clean:  ## all that was built or measured; .venv stays
	rm -rf site out .cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

.venv/ready: requirements.lock
.venv-bench/ready: tests/bench.lock
.venv-peers/ready: tests/peers.lock

.venv/ready .venv-bench/ready .venv-peers/ready:
	@[ -n "$(PYTHON)" ] || { echo "make: the book needs Python 3.12, 3.13 or 3.14 with venv; install one, or name it: make PYTHON=/path/to/python3.13" >&2; exit 1; }
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --clear --python $(PYTHON) $(@D) && \
	  uv pip install --quiet --python $(@D)/bin/python --require-hashes --requirement $< && \
	  if [ $(@D) = .venv ]; then uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .; fi; \
	else \
	  pip="$(@D)/bin/python -m pip install --quiet --disable-pip-version-check" && \
	  $(PYTHON) -m venv --clear $(@D) && \
	  sed -n '/^uv==/,/^[^ ]/{/^uv==/p;/^ /p;}' requirements.lock >$(@D)/uv.txt && \
	  { { $$pip --require-hashes --requirement $(@D)/uv.txt && \
	  $(@D)/bin/uv pip install --quiet --python $(@D)/bin/python --require-hashes --requirement $<; } || \
	  $$pip --require-hashes --requirement $<; } && \
	  if [ $(@D) = .venv ]; then $$pip --no-deps --no-build-isolation --editable .; fi; \
	fi
	@touch $@

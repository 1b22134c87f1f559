# The words: install, run, test, check, bench, bench-lifecycle, bench-modules, bench-snapshots, bench-timescape, soak, soak-gtypes, soak-timescape, props, dist, clean.

LISTEN ?= 127.0.0.1:8080
SECONDS ?= 60
bin := .venv/bin
stamp := .venv/.installed

.PHONY: install run test check bench bench-lifecycle bench-modules bench-snapshots bench-timescape soak soak-gtypes soak-timescape props dist clean

install: $(stamp)
	@:

$(stamp): pyproject.toml requirements.lock tests/collections.lock
	@test -x $(bin)/python && $(bin)/python -c '' 2>/dev/null && exit; \
	for python in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	  $$python -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	  echo "setting up .venv with `$$python --version` (once, about half a minute)"; \
	  exec $$python -m venv --clear .venv; \
	done; \
	echo "gatid needs Python 3.11 or newer, with its venv module, as python3.13, python3.12," >&2; \
	echo "python3.11 or python3, and none is here; 'make PYTHON=/path/to/python3' names another" >&2; \
	exit 1
	@$(bin)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(bin)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(bin)/python -m pip download --quiet --disable-pip-version-check --require-hashes --no-deps \
	  --no-binary :all: --no-build-isolation --dest .venv/collections -r tests/collections.lock
	@touch $@
	@echo "ready: $(bin)/gatid --help"

run: install
	@sed 's/127\.0\.0\.1:8080/$(LISTEN)/' examples/shop/try.txt
	@exec $(bin)/gatid serve examples/shop.gati --listen $(LISTEN) --state .state

test: check
	@$(bin)/python -m pytest -q --props --numprocesses auto --dist loadfile

check: install
	@$(bin)/ruff format --check --quiet .
	@$(bin)/ruff check --quiet .
	@$(bin)/mypy
	@$(bin)/lint-imports --no-logo

bench: install
	@$(bin)/python benchmarks/comparing.py
	@$(bin)/python benchmarks/bench.py

bench-timescape: install
	@$(bin)/python benchmarks/timescape.py $(if $(CADWYN),--cadwyn $(CADWYN))

bench-modules: install
	@$(bin)/python benchmarks/modules.py

bench-lifecycle: install
	@$(bin)/python benchmarks/lifecycle.py

bench-snapshots: install
	@$(bin)/python benchmarks/snapshots.py

soak: install
	@$(bin)/python benchmarks/soak_lifecycle.py $(if $(REQUESTS),--requests $(REQUESTS)) \
	  $(if $(filter file,$(origin SECONDS)),,--seconds $(SECONDS))

soak-gtypes: install
	@$(bin)/python benchmarks/soak_types.py $(SECONDS)

soak-timescape: install
	@$(bin)/python benchmarks/soak_timescape.py $(if $(MESSAGES),--messages $(MESSAGES)) \
	  $(if $(filter file,$(origin SECONDS)),,--seconds $(SECONDS))

props: install
	@$(bin)/python -m pytest -q -m prop --props

dist: install
	@$(bin)/hatchling build --clean

clean:
	rm -rf .venv dist .state

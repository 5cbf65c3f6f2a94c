# Everything below needs only Python 3.11, 3.12 or 3.13, make and git: `make run` and `make test` set up .venv by themselves.
# Another interpreter: make PYTHON=python3.12 run

PYTHON ?= python3
PYTEST = .venv/bin/python -m pytest -n 2 --dist loadfile
INSTALL = .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help run test test-slow test-pure check style layers types docs docs-quick format clean
.NOTPARALLEL:

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "make %-10s %s\n", $$1, $$2 }'

run: .venv/run.stamp  ## the main job: run configs/big_shift.yaml into runs/big_shift
	.venv/bin/evo run configs/big_shift.yaml --out runs/big_shift --resume

test: .venv/test.stamp  ## the tests, without the slow ones; of the many cases of a kind a third, another one each day
	$(PYTEST) --junitxml=build/tests.xml

test-slow: .venv/test.stamp  ## the slow tests, and all cases of a kind
	$(PYTEST) -m "slow or rota" --rota all

test-pure: .venv/test.stamp  ## the small cases again, kernels run as plain Python
	NUMBA_DISABLE_JIT=1 $(PYTEST) -m pure

check: style layers types  ## style, layering and types

style: .venv/test.stamp
	.venv/bin/ruff check
	.venv/bin/ruff format --check

layers: .venv/test.stamp
	.venv/bin/lint-imports

types: .venv/test.stamp
	.venv/bin/pyright

docs: .venv/test.stamp .venv/docs.stamp  ## the site, with pictures and notebooks, into docs/_build/site
	.venv/bin/python docs/site/build.py

docs-quick: .venv/test.stamp .venv/docs.stamp  ## the site without running gallery and notebooks
	.venv/bin/python docs/site/build.py --quick

format: .venv/test.stamp  ## put the code into the house format
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

clean:  ## remove what make and the tools made; results in runs/ stay
	rm -rf .venv build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp says that .venv holds what pyproject.toml and constraints.txt ask for: run.stamp the program itself,
# test.stamp the extra [test] as well; any other extra works the same way (.venv/jupyter.stamp).
.venv/run.stamp: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else "evo needs Python 3.11, 3.12 or 3.13, but $(PYTHON) is %d.%d. Try: make PYTHON=python3.12 $(MAKECMDGOALS)" % v)'
	@echo "Setting up .venv (once; about a minute)"
	@.venv/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(INSTALL) hatchling
	@$(INSTALL) --no-build-isolation -e .
	@touch $@

.venv/%.stamp: .venv/run.stamp
	@echo "Adding the extra [$*] to .venv"
	@$(INSTALL) --no-build-isolation -e '.[$*]'
	@touch $@

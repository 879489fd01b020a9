# Commands for Caretaker. `make run` serves it; the others are for developers.

# Keep compiled modules, whatever the environment says: test processes would compile all modules again and again.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
DEMO ?= 1
# Arguments for pytest, such as `make test ARGS="facility -k rating"`.
ARGS ?=
# COVERAGE=1 measures branch coverage, including some of the deep tests; less than 95 % fails.
COVERAGE ?=

IN := .venv/bin/
MANAGE := $(IN)python manage.py
PIP := $(IN)python -m pip install --quiet --quiet --disable-pip-version-check

# Our own code.
OWN := backoffice config scripts manage.py $(patsubst %/apps.py,%,$(wildcard */apps.py))

# The packages of `make test-quick`: the write service, the API, forms, rights, and the two apps.
QUICK := $(addprefix backoffice/,records api forms people lists) facility supportdesk

WORDS := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/django.po */locale/*/LC_MESSAGES/django.po))

.PHONY: help run test test-quick test-postgres test-mongodb test-deep test-attack test-faults conformance check audit \
	lock words bench tour image clean
.DELETE_ON_ERROR:

help:
	@echo "make run         install, migrate, load demo data into an empty database, and serve (HOST, PORT, DEMO=0)"
	@echo "make test        run the test suite (ARGS=… for pytest; COVERAGE=1 measures branch coverage)"
	@echo "make test-quick  run one case of each test of the most important packages, in 20 seconds"
	@echo "make test-postgres, make test-mongodb"
	@echo "                 run the test suite on a throw-away server, or on that of TEST_DATABASE_URL"
	@echo "make test-deep   run the deep tests, which take long (COMPILED_SQL=off: with the plain ORM, as for all tests)"
	@echo "make test-attack, make test-faults"
	@echo "                 run the attack tests; run a writer and a checker during faults"
	@echo "make conformance run every documented property on three databases, and write docs/conformance.md"
	@echo "make check       run linters, mypy, import-linter, bandit, and check migrations, settings, spelling and messages"
	@echo "make audit       check the pinned packages for known vulnerabilities"
	@echo "make lock        pin the hashes of all packages (after a change of requirements*.txt)"
	@echo "make words       update the Danish and German catalogues from the code, and list missing translations"
	@echo "make image       build a container image with Docker"
	@echo "make tour        draw the tour of the README, whose statements are checked (ARGS=--check only checks them)"
	@echo "make bench       run benchmarks against other frameworks (docs/performance.md; ARGS=\"--rounds 5 …\")"

run: .venv/installed $(WORDS)
	@$(MANAGE) check_database --verbosity 0
	@echo "Preparing the database …"
	@$(MANAGE) migrate --verbosity 0
	@echo "Collecting static files …"
	@$(MANAGE) collectstatic --noinput --verbosity 0
	@if [ "$(DEMO)" != 0 ]; then $(MANAGE) demo --if-empty; \
		else echo "No demo data. To start: $(MANAGE) start_company NAME ADMIN_EMAIL"; fi
	@HOST=$(HOST) PORT=$(PORT) exec $(IN)python -m gunicorn --config config/serving/gunicorn.py config.wsgi

test: .venv/installed-dev $(WORDS)
	@$(IN)python -m pytest -n 2 --dist worksteal $(if $(COVERAGE),-m "not deep or everywhere or measured" --cov --cov-report=term --cov-fail-under=95) $(ARGS)

test-quick: .venv/installed-dev $(WORDS)
	@$(IN)python -m pytest -p tests.support.quick --no-migrations -n 2 --dist worksteal -m "not deep and not browser" \
		--durations=5 --durations-min=2 $(or $(ARGS),$(QUICK))

test-postgres test-mongodb: test-%: .venv/installed-dev $(WORDS)
	@$(IN)python -m scripts.throwaway_servers $* $(IN)python -m pytest -n 2 --dist worksteal -m "not deep and not browser or everywhere" $(ARGS)

test-deep: .venv/installed-dev $(WORDS)
	@$(IN)python -m pytest -n 2 --dist worksteal -m deep $(ARGS)

test-attack test-faults: test-%: .venv/installed-dev $(WORDS)
	@$(IN)python -m pytest -n 2 --dist worksteal -m $(patsubst test-%,%,$@) $(ARGS)

conformance: .venv/installed-dev $(WORDS)
	@$(IN)python -m scripts.conformance

check: .venv/installed-dev
	@echo "ruff check"; $(IN)ruff check .
	@echo "ruff format --check"; $(IN)ruff format --check .
	@echo "djade --check"; $(IN)djade --target-version 5.2 --check $$(find templates -name '*.html')
	@echo "lines of templates"; $(IN)python -m scripts.check_templates
	@echo "codespell"; git ls-files -z | xargs -0 $(IN)codespell
	@echo "mypy"; $(IN)mypy
	@echo "import-linter"; $(IN)lint-imports
	@echo "makemigrations --check"; $(MANAGE) makemigrations --check --dry-run
	@echo "check --deploy"; HTTPS=1 $(MANAGE) check --deploy --fail-level WARNING
	@echo "bandit"; output=$$($(IN)bandit --quiet --recursive $(OWN) --exclude '*/tests/*,*/migrations/*' 2>&1) || \
		{ echo "$$output"; exit 1; }
	@echo "messages"; $(IN)python -m scripts.messages --check
	@echo "words"; $(IN)python -m scripts.check_words

audit: .venv/installed-dev
	@$(IN)python scripts/audit.py

# Pin the hash of every file that pip may install. Run it after a change of requirements.txt or requirements-dev.txt.
lock: .venv/bin/python
	@$(PIP) $$(grep -o '^uv==[^ ]*' requirements-dev.txt)
	@for file in requirements requirements-dev; do $(IN)uv pip compile $$file.txt --output-file $$file.lock --quiet \
		--generate-hashes --universal --python-version 3.11 --no-strip-extras --no-annotate --custom-compile-command "make lock"; done

words: .venv/installed-dev
	@command -v xgettext >/dev/null || { echo "This needs gettext. On Debian: apt install gettext" >&2; exit 1; }
	@$(IN)python -m scripts.messages

bench: .venv/installed .venv-bench/installed
	@$(IN)python -m benchmarks.run $(ARGS)

tour: .venv/installed-dev $(WORDS)
	@$(IN)python -m scripts.tour $(ARGS)

image:
	@docker build --tag caretaker --tag caretaker:$$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml) .

clean:
	rm -rf .venv .venv-bench .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis .coverage*

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Caretaker needs Python 3.11 or newer as '$(PYTHON)'. To use another one: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "This Python cannot create virtual environments. On Debian: apt install python3-venv" >&2; exit 1; }
	@echo "Creating a virtual environment in .venv …"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/installed: requirements.lock | .venv/bin/python
	@echo "Installing packages …"
	@$(PIP) --require-hashes -r requirements.lock
	@touch $@

.venv/installed-dev: requirements.lock requirements-dev.lock | .venv/bin/python
	@echo "Installing packages for tests and tools …"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@ .venv/installed

%.mo: %.po | .venv/installed
	@$(IN)python -m config.compile_messages

.venv-bench/installed: benchmarks/requirements.txt | .venv/bin/python
	@echo "Installing packages for benchmarks …"
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@touch $@

# Every target does its own set-up: the virtual environment is made from the locks, by hash, on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.run
DEV := $(VENV)/.dev
# A test file runs in one worker; tests/support/order.py says which comes first. Bytecode is kept: the tests start
# about a hundred processes, each of which would otherwise compile the whole tree.
TESTS = PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder
# Percentages of lines below which `make coverage` fails.
FLOORS := shared=99 mobile/sync=86 mobile/store=97.5 sync_server/store=95 sync_server/sealing=95
COVERED := build/coverage
# What of the server's tests the measured packages live on; pages, the command line and addresses have no floor.
APART := console_% connect connection_limits data_folder enrol_page first_start form_tokens fault_log host_check hostile_% intake_% notice_layout odd_records paper_layout phone_% private_logs proxies sample% started_work summaries_at_once system_folder temporary tls tus_clients unread_bodies webapp windows copies_machine cli
MEASURED := tests/shared $(filter-out $(APART:%=tests/sync_server/test_%.py),$(wildcard tests/sync_server/test_*.py)) tests/mobile --ignore=tests/mobile/ui $(foreach name,handover partition restore recover disk_full,tests/faults/test_$(name).py) tests/end_to_end/one_phone/test_rewound_phone.py tests/faults/test_kill_renewal.py
# What `make test-engines` puts the server's data on; empty for SQLite and the data folder.
DATABASE ?= postgresql
FILES ?= s3
CODE := shared mobile sync_server demo.py main.py

.DEFAULT_GOAL := help
.PHONY: help app wheel apk ipa demo test test-extended test-engines test-fast faults cluster coverage mutants check fix bench fonts paper pictures screens lock province clean

help:  ## list the targets
	@echo "上门 Doorstep"; echo
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: $(RUN)  ## the main job end to end on a sample county, then console and phone app in a browser (DATA=dir, OUT=dir, SERVE=0)
	@$(BIN)/python demo.py

test: $(DEV)  ## every test but the extended ones (REQUIRE_BROWSER=1: no browser is a failure)
	@$(TESTS) -m "not extended"
	@echo "另有较长的浏览器测试:make test-extended"

test-extended: $(DEV)  ## the longer forms: the installed app, a whole day, a season from the first start, every port once more, the wheel, hostile texts over PostgreSQL
	@$(TESTS) -m extended tests/browser tests/packaging tests/sync_server/test_database.py

test-engines: $(DEV)  ## the server's and the end-to-end tests once more on PostgreSQL and an S3 store (DATABASE=, FILES=: one of them as usual)
	@DOORSTEP_TEST_DATABASE=$(DATABASE) DOORSTEP_TEST_FILES=$(FILES) REQUIRE_POSTGRES=1 $(TESTS) -m "not extended" tests/sync_server tests/end_to_end

test-fast: $(DEV)  ## the quick ones: rules, phone core, server core
	@$(TESTS) tests/shared tests/mobile tests/sync_server

faults: $(DEV)  ## the long forms of tests/faults (PART=kills,flips; SEED=n): ends with a table of counts, also in build/faults.txt (about an hour)
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m tests.faults --part "$(PART)" --seed "$(SEED)"

cluster: $(DEV)  ## two servers of ours on PostgreSQL under Patroni and an S3 store, killed in the middle (SEED=n, LENGTH=long; Debian's etcd-server patroni haproxy postgresql): a table, also in build/cluster.txt (about ten minutes)
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m tests.cluster --seed "$(SEED)" --length "$(LENGTH)"

coverage: $(DEV)  ## a floor under the lines that tests run of rules, sync, stores and sealing
	@mkdir -p build
	@COVERAGE_FILE=$(COVERED) $(TESTS) --cov=shared --cov=mobile --cov=sync_server --cov-report= $(MEASURED)
	@for floor in $(FLOORS); do \
	  printf '%s ' "$$floor"; \
	  COVERAGE_FILE=$(COVERED) $(BIN)/coverage report --include="$${floor%=*}/*" --precision=1 --format=total --fail-under="$${floor#*=}" || exit 1; \
	done

mutants: $(DEV)  ## change the core in one place at a time and see whether a test fails (PART="standing money", AGAIN=1); below 90 % it fails
	@$(BIN)/python -m tests.mutants

check: $(DEV)  ## format, lint, types, import rules; changes nothing
	@$(BIN)/ruff format --check $(CODE) tests assets
	@$(BIN)/ruff check $(CODE) tests assets
	@$(BIN)/mypy $(CODE)
	@$(BIN)/lint-imports

fix: $(DEV)  ## fix by machine what check reports
	@$(BIN)/ruff check --fix $(CODE) tests assets
	@$(BIN)/ruff format $(CODE) tests assets

app: $(RUN)  ## the phone's web app in build/app/ (for any static server, under /app/)
	@$(BIN)/python -m mobile.packaging app

wheel: app  ## the package to install on a server, web app included, in build/wheel/
	@rm -rf build/wheel
	@$(BIN)/python -m pip wheel -q --disable-pip-version-check --no-deps --no-build-isolation -w build/wheel .

apk ipa: $(DEV)  ## the Android and the iPhone app, where the Flutter SDK is (make apk, make ipa)
	@$(BIN)/python -m mobile.packaging $@

fonts: $(DEV)  ## rebuild the subset fonts (needs the distribution's Noto CJK and Unihan)
	@$(BIN)/python assets/fonts/build.py

pictures: $(DEV)  ## take the README's pictures again from the running programs
	@$(BIN)/python -m tests.browser.pictures

paper: $(DEV)  ## a picture of every kind of printed page into docs/paper/
	@$(BIN)/python -m tests.support.paper_pictures

screens: $(DEV)  ## a picture of every screen of the app into docs/screens/, at every size, light and dark
	@$(BIN)/python -m tests.browser.screens

lock: $(DEV)  ## resolve the locks again: to run, to run on PostgreSQL, to test
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml --extra server --extra build -o requirements.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml --extra server --extra s3 --extra postgres --extra build --extra dev -c requirements.lock -o requirements-dev.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml --extra server --extra build --extra postgres --extra s3 -c requirements-dev.lock -o requirements-large.lock

bench: $(DEV)  ## speed and size against what limits them, within 15 % of what was reached (PART="B1 B6", RECORD=1, PEERS=1)
	@$(BIN)/python -m tests.bench

province: $(DEV)  ## a province's morning by parts that run here, into docs/scale.md (FRACTION=100, LARGEST=25; about six minutes)
	@$(BIN)/python -m tests.bench.province

clean:  ## remove what was built (not the virtual environment)
	@rm -rf out build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)

$(RUN): requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "正在安装依赖(第一次约一分钟)…"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "正在安装测试依赖(第一次约一分钟)…"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(RUN)

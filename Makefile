# Local use and development. Only Python 3.11 or newer is needed; `make help` lists the targets.
#   make up ENGINE=postgresql WORKERS=3 PG_PORT=25432 API_PORT=9090 CITUS_IMAGE=… HISTORIA_STATE=…
SHELL = /bin/sh
.DEFAULT_GOAL = help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell for v in 3.11 3.12 3.13 3.14 3; do command -v python$$v && exit; done; echo python3)
VENV = .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet install
PACKAGES = middleware hooks local
FAST_TIERS = unit chart docs integration contract citus
# Each process starts nodes of its own for the files that it takes; 0: none besides pytest's own.
JOBS ?= 2

DOCKER ?= docker
BUILD_FLAGS ?=
IMAGE_PREFIX ?= historia-clinica
TAG = $(shell sed -n 's/^version = "\(.*\)"/\1/p' middleware/pyproject.toml)
IMAGES = middleware hooks

HELM_VERSION = v4.3.1
UV = .tools/uv/bin/uv
COMPILE = $(UV) pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock"
LOCAL_SOURCES = middleware/pyproject.toml hooks/pyproject.toml local/pyproject.toml --extra embedded

.PHONY: help
help: ## Muestra esta lista
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-22s%s\n", $$1, $$2}'

.PHONY: up status psql logs down clean
up: $(VENV)/.local ## Arranca todo en esta máquina: nodos, hooks y API
	@$(BIN)/historia-local up
status psql logs down clean: $(VENV)/.local
	@$(BIN)/historia-local $@ $(ARGS)
status: ## Dice qué está en marcha; falla si falta algo
psql: ## Consola SQL en el coordinador; ARGS='-c "SELECT 1"'
logs: ## Sigue todos los registros
down: ## Para todo; los datos se quedan
clean: ## Para todo y borra los datos

.PHONY: test lint format docs test-cluster
test: lint helm ## Revisa el código y pasa las pruebas que no piden Kubernetes
	@PATH="$(CURDIR)/.tools:$$PATH" $(BIN)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder \
		$(wildcard $(FAST_TIERS:%=tests/%)) $(ARGS)
lint: $(VENV)/.dev ## Revisa estilo, tipos y capas
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
format: $(VENV)/.dev ## Da formato al código
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
docs: $(VENV)/.dev ## Escribe de nuevo las partes generadas de la documentación
	@# Written aside: whatever reads the document meanwhile, and whoever ran this in vain, keeps the whole one of before.
	@$(BIN)/python -m historia_clinica.openapi >docs/openapi.json.new || { rm -f docs/openapi.json.new; exit 1; }
	@mv docs/openapi.json.new docs/openapi.json
	$(BIN)/python tools/docs.py --write
	$(BIN)/python tools/chart_docs.py --write
test-cluster: $(VENV)/.dev helm ## Prueba el chart en el clúster de KUBECONFIG
	@PATH="$(CURDIR)/.tools:$$PATH" $(BIN)/pytest tests/cluster $(ARGS)

.PHONY: checkov
checkov: .tools/checkov/.done $(VENV)/.dev helm ## Revisa la seguridad del chart con checkov (lo instala: 300 MB)
	@PATH="$(CURDIR)/.tools:$$PATH" $(BIN)/pytest tests/chart/test_checkov.py $(ARGS)
.tools/checkov/.done: requirements/checkov.txt
	$(PYTHON) -m venv .tools/checkov
	.tools/checkov/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r $<
	@touch $@

.PHONY: helm
helm: # The one on PATH, or one built here where Go exists; without it the chart's tests are skipped
	@if test -n "$(HELM)" || command -v helm >/dev/null || test -x .tools/helm; then :; \
	elif command -v go >/dev/null; then echo "Building helm $(HELM_VERSION) into .tools/"; \
		GOBIN="$(CURDIR)/.tools" CGO_ENABLED=0 go install -trimpath helm.sh/helm/v4/cmd/helm@$(HELM_VERSION) \
			|| echo "No helm: the chart's tests are skipped."; \
	else echo "No helm and no Go to build it: the chart's tests are skipped."; fi

.PHONY: images image-names package lock
images: ## Construye las dos imágenes; BUILD_FLAGS va a docker build
	@for image in $(IMAGES); do \
		DOCKER_BUILDKIT=1 $(DOCKER) build $(BUILD_FLAGS) --target $$image -t $(IMAGE_PREFIX)/$$image:$(TAG) . || exit 1; done
image-names: ## Escribe los nombres de las dos imágenes
	@echo $(IMAGES:%=$(IMAGE_PREFIX)/%:$(TAG))
package: helm ## Empaqueta el chart en dist/
	@PATH="$(CURDIR)/.tools:$$PATH" $(PYTHON) tools/package.py --destination dist
lock: $(UV) ## Resuelve de nuevo las dependencias
	$(COMPILE) middleware/pyproject.toml -o requirements/middleware.txt
	$(COMPILE) hooks/pyproject.toml -o requirements/hooks.txt
	$(COMPILE) --group pyproject.toml:build -o requirements/build.txt
	$(COMPILE) --group pyproject.toml:checkov -o requirements/checkov.txt
	$(COMPILE) $(LOCAL_SOURCES) -o requirements/local.txt
	$(COMPILE) $(LOCAL_SOURCES) --group pyproject.toml:dev -c requirements/local.txt -c requirements/build.txt \
		-o requirements/dev.txt

$(UV):
	$(PYTHON) -m venv .tools/uv
	.tools/uv/bin/python -m pip --disable-pip-version-check --quiet install uv

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Hace falta Python 3.11 o posterior; diga cuál con: make up PYTHON=/ruta/a/python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "A $(PYTHON) le falta el módulo venv (en Debian y Ubuntu: apt install python3-venv)"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
# --require-hashes: what is installed is what was locked. --no-deps: the lists are whole, and pip's resolver, left to itself, takes
# the newest release of a package asked for with an extra (pydantic[email]) before it looks at the list. The packages themselves
# stay where they are (editable).
$(VENV)/.local: requirements/local.txt requirements/build.txt $(PACKAGES:%=%/pyproject.toml) | $(BIN)/python
	@echo "Instalando dependencias en $(VENV)…"
	@$(PIP) --no-deps --require-hashes -r requirements/local.txt -r requirements/build.txt
	@$(PIP) --no-deps --no-build-isolation $(PACKAGES:%=-e ./%)
	@missing=$$($(BIN)/python -m pip check) || { echo "$$missing"; echo "requirements/ no está completo: make lock"; exit 1; }
	@touch $@
$(VENV)/.dev: requirements/dev.txt $(VENV)/.local
	@$(PIP) --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

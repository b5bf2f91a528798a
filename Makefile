# Everything here works with git, make and Node 20.19 or newer. `make help` prints the comments below.
.DEFAULT_GOAL := all
.PHONY: all help setup demo up test bundle size watch bench vectors firmware check-firmware flash monitor docs format lint compile native-lua clean
MAKEFLAGS += --no-print-directory
SHELL := bash
bin := node_modules/.bin
tsx := $(bin)/tsx
# What is installed is right when npm wrote it after the lock file last changed.
installed := node_modules/.package-lock.json

all: format lint compile test size ## Format, lint, both compilers, all tests, sizes

help: ## Print this
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: $(installed) ## Install what package-lock.json names; done by itself where needed

$(installed): package-lock.json
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null \
	  || { echo "esp32-jobs needs Node.js 20.19 or newer; found $$(node --version 2>/dev/null || echo none)." >&2; exit 1; }
	@npm ci >&2 && touch $@

demo: setup ## Watch jobs travel through AWS IoT Jobs into a virtual ESP32; JSON=1 prints one JSON object
	@$(tsx) tools/demo.ts $(if $(JSON),--json)

up: setup ## Start a Jobs service and one virtual board, and leave them running
	@$(tsx) tools/cli/main.ts up

test: setup ## Tell the sizes and run every test, those of check-firmware among them; the last line counts them
	@mkdir -p build; tools/native-lua/build.sh 2>build/native-lua.log || true
	-@$(tsx) tools/firmware/build/sizes.ts
	@$(bin)/vitest run

bundle: setup ## Compile src to build/lua/agent.lua, the file that boards run
	@$(tsx) tools/bundle/main.ts bundle

size: setup ## Compile, and tell what the bundle costs
	@$(tsx) tools/bundle/main.ts size $(if $(JSON),--json)

watch: setup ## After each change in src a virtual board runs the new bundle, seconds later
	@$(tsx) tools/watch.ts

bench: setup ## Measure what README promises
	@$(tsx) tools/bench.ts $(if $(JSON),--json)

vectors: setup ## Run a file of request/response cases against the Jobs service: make vectors FILE=path
	@$(tsx) tools/vectors.ts $(FILE)

firmware: setup ## Build our firmware: make firmware NODEMCU=/path/to/clone [CHIP=esp32] [FLASH=4MB] [VERSION=1.0.0]
	@$(tsx) tools/cli/main.ts firmware build $(if $(NODEMCU),--nodemcu "$(NODEMCU)") $(if $(CHIP),--chip $(CHIP)) $(if $(FLASH),--flash $(FLASH)) \
	  $(if $(VERSION),--image-version "$(VERSION)") $(ARGS)

check-firmware: setup ## Check what turns NodeMCU into our firmware, as far as no chip is needed; tells sizes and limits
	@$(bin)/vitest run test/firmware test/flash test/monitor test/nvs test/cli-provision test/sign test/nodemcu-boot test/getting-started
	@$(tsx) tools/firmware/build/sizes.ts

flash: setup ## Write build/firmware to a board: make flash PORT=/dev/ttyUSB0 [IDENTITY=file] [ARGS=--erase]
	@$(tsx) tools/cli/main.ts flash $(if $(PORT),--port $(PORT)) $(if $(IDENTITY),--identity $(IDENTITY)) $(ARGS)

monitor: setup ## Watch a board's console: make monitor PORT=/dev/ttyUSB0 [ARGS=--reset]
	@$(tsx) tools/cli/main.ts monitor $(if $(PORT),--port $(PORT)) $(ARGS)

docs: setup ## Write the generated parts of the pages: actions, failures, choices, examples, numbers
	@$(tsx) tools/docs/main.ts

format: setup ## Put every file into the one format
	@$(bin)/prettier --write --log-level warn .

lint: setup ## Check the rules that keep TypeScript and Lua the same, and the format
	@$(bin)/eslint --max-warnings 0 .
	@$(bin)/prettier --check --log-level warn .

compile: setup bundle ## Run both compilers: tsc for Node, TypeScriptToLua for the board
	@$(bin)/tsc -p tsconfig.json

native-lua: ## Build Lua with the numbers of stock NodeMCU (Debian, gcc -m32); tests use it when it is there
	@tools/native-lua/build.sh

clean: ## Remove what was built; installed packages stay
	@rm -rf build

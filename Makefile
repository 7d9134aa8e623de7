# Everything a fresh Debian machine needs is installed by `make test`; `make demo` needs Go alone.
GO ?= go
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)

# The race detector watches our code; SQLite, translated from C, and its memory would only be made five times slower by it.
RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc=-race=false -gcflags=modernc.org/memory=-race=false

.PHONY: demo test fuzz quick build lint bench bench-large bench-rows bench-duplicates bench-servers campaign docs duplicates servers

demo: build ## the main job in one process, ending with a ledger that balances
	./satupintu demo

test: servers ## everything, with the race detector, nothing skipped
	@test -z "$$(gofmt -l . )" || { echo "not gofmt-ed:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/satupintu
	SATUPINTU_TEST=all $(GO) test $(RACE) -timeout 45m ./...

FUZZTIME ?= 1m

fuzz: ## every fuzzer for a minute, one after the other, about three quarters of an hour; FUZZTIME=10s is shorter, IN=./connectors only those below
	@grep -rn --include='*_test.go' '^func Fuzz' $(or $(IN),.) | sed 's|/[^/]*_test.go:[0-9]*:func \(Fuzz[A-Za-z0-9]*\).*| \1|' | sort | \
	while read -r folder name; do echo "$$folder $$name"; $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$folder" || exit 1; done

quick: ## what needs no server, in about a minute
	$(GO) test ./...

build: ## one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.release=$(VERSION)' -o satupintu ./cmd/satupintu

lint: ## vet, format, and golangci-lint when it is installed
	$(GO) vet ./...
	@test -z "$$(gofmt -l . )" || { echo "not gofmt-ed:"; gofmt -l .; exit 1; }
	@if command -v golangci-lint >/dev/null; then golangci-lint run && cd bench && golangci-lint run --config ../.golangci.yml; else echo "golangci-lint is not installed: only vet and gofmt ran"; fi

bench: bench-servers ## ours beside river on both stores, taking turns; the tables go into bench/README.md (a quarter of an hour)
	cd bench && $(GO) run . -write README.md

bench-large: bench-servers ## ours with 10^6 deliveries waiting and 10^7 delivered long ago, beside an empty database (a quarter of an hour, 25 GB of disk)
	cd bench && $(GO) run . -waiting 1000000 -history 10000000 -write README.md

bench-rows: servers ## a file of a million rows on both stores, the rate and the memory; a week without the platform (20 minutes)
	SATUPINTU_TEST=all $(GO) test -run '^$$' -bench AMillionRows -benchtime 1x -timeout 60m ./cmd/satupintu
	SATUPINTU_OUTAGE=168h $(GO) test -run TestALongOutage -v -timeout 60m ./sync/relay

bench-duplicates: servers ## decisions a second with 10^6 complaints in the index, on both stores; SATUPINTU_OPEN=10000000 for 10^7; then the race of two gateways, ten times
	SATUPINTU_TEST=all $(GO) test -run '^$$' -bench Decisions -benchtime 1x -timeout 120m ./sync/store
	SATUPINTU_TEST=all SATUPINTU_PAIRS=5000 SATUPINTU_SEEDS=10 $(GO) test -run TestTwoGatewaysLinkEachPair -v -timeout 60m ./sync/store

campaign: servers ## half an hour of everything that breaks, on both stores at once; SATUPINTU_SEED=n replays one
	SATUPINTU_TEST=all SATUPINTU_CAMPAIGN=30m $(GO) test -run Campaign -v -count 1 -timeout 90m ./cmd/satupintu

docs: ## the generated pages
	$(GO) run ./cmd/satupintu connectors reference > docs/connectors.md
	$(GO) test ./sync/relay -run TestEveryFaultOfEveryStepEndsAsThePageSays -update

duplicates: ## the tables of docs/duplicates.md; COMPLAINTS=C.csv PAIRS=P.csv are labelled pairs, without them only made cases
	$(GO) run ./cmd/satupintu duplicates sturdiness --into docs/duplicates.md
	@if [ -n "$(PAIRS)" ]; then $(GO) run ./cmd/satupintu duplicates eval --complaints "$(COMPLAINTS)" --pairs "$(PAIRS)" --folds 5 --into docs/duplicates.md; fi

# PostgreSQL, and strace to count what is synced to disk.
bench-servers:
	@if ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || ! command -v strace >/dev/null; then \
		$(SUDO) apt-get update && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y --no-install-recommends postgresql strace; \
	fi

# PostgreSQL for the stores, Dovecot for mail, OpenSSH for spreadsheets over SFTP, Prometheus for promtool, systemd to verify the unit, gcc for the race detector, strace to see syncs.
# MariaDB and the schema of Gammu SMSD for the connector sql; slim images leave a package's documents out unless told otherwise.
servers:
	@if ! command -v mariadbd >/dev/null; then \
		$(SUDO) apt-get update && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y --no-install-recommends mariadb-server; \
	fi
	@if ! [ -e /usr/share/doc/gammu-smsd/examples/mysql.sql ]; then \
		$(SUDO) apt-get update && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y --no-install-recommends --reinstall \
			-o DPkg::Options::='--path-include=/usr/share/doc/gammu-smsd/*' gammu-smsd; \
	fi
	@if ! [ -x /usr/sbin/sshd ]; then \
		$(SUDO) apt-get update && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y --no-install-recommends openssh-server; \
	fi
	@if ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || ! ls /usr/lib/dovecot/imap >/dev/null 2>&1 || ! command -v promtool >/dev/null || ! command -v gcc >/dev/null || ! command -v strace >/dev/null || ! command -v systemd-analyze >/dev/null; then \
		$(SUDO) apt-get update && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y --no-install-recommends postgresql dovecot-imapd prometheus systemd gcc libc6-dev strace; \
	fi

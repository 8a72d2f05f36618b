# Jedan-Auth. `make run` and `make test` are all a newcomer needs.
GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
BIN     := bin/jedan-auth

export CGO_ENABLED = 0

.PHONY: run build test race check fmt lint gen bench cover fuzz mutants risk races crowd hung conformance conformance-rp interop interop-tools

run: build ## build, start on SQLite in ./data, print the link that sets up the first administrator
	./$(BIN) serve

TAGS    := nomsgpack

build:
	$(GO) build -trimpath -buildvcs=auto -tags $(TAGS) -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/jedan-auth

test: ## every test that needs no service; those that need one say what they skipped
	$(GO) test ./...

race: ## the same with the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race '-gcflags=modernc.org/...=-d=checkptr=0' '-gcflags=modernc.org/sqlite/lib=-race=false -d=checkptr=0' ./...

check: fmt lint gen ## formatting, linters, generated files fresh
	$(GO) vet ./...
	$(GO) test ./internal/arch/

fmt:
	@out=$$(gofmt -l .); [ -z "$$out" ] || { echo "not formatted: $$out"; exit 1; }

lint:
	@if command -v golangci-lint >/dev/null; then golangci-lint run; else echo "golangci-lint is not installed: lint skipped"; fi

gen: ## generated files must be fresh
	$(GO) run ./cmd/jedan-gen -check
	$(GO) run ./cmd/jedan-mutants -attacks -check

bench: build ## CPU ratios against a bare net/http JSON handler; see docs/benchmarks.md
	$(GO) run ./cmd/jedan-bench

cover:
	$(GO) test -coverprofile=cover.out -coverpkg=./... ./... && $(GO) tool cover -func=cover.out | tail -1

fuzz: ## every fuzz target for 30s, or for FUZZTIME each with a line in docs/fuzzing.md; FUZZ='folder' picks some
	./scripts/fuzz.sh

export FUZZ FUZZTIME FUZZPARALLEL
export FUZZREPORT ?= $(if $(FUZZTIME),docs/fuzzing.md)

mutants: ## removes each row of the tables of checks in turn: a test must fail for every one
	$(GO) run ./cmd/jedan-mutants

risk: ## measures the risk engine on generated sign-ins and writes docs/risk.md
	$(GO) run ./cmd/jedan-risk

races: ## 10,000 races each for codes and refresh tokens, request_uri, device_code, auth_req_id, each jti and second factors, 200 x kill -9; hours on a small machine
	JEDAN_RACES=10000 JEDAN_KILLS=200 CGO_ENABLED=1 $(GO) test -count=1 -timeout 4h -v -run 'TestRaces|TestKill' ./conformance/drills/

crowd: ## 500 people sign in by password at once for a minute, against one core and 256 MiB
	JEDAN_CROWD=500 JEDAN_CROWD_SECONDS=60 $(GO) test -count=1 -v -run TestCrowdOfPasswords ./conformance/drills/
hung: ## mail, text messages and all feeds hang, silently and by dropping packets (root): ten windows of 30 s and ten minutes with a kill, on each database; an hour on a quiet machine
	JEDAN_HUNG=30 JEDAN_DRILLS_REPORT=docs/drills.md $(GO) test -count=1 -timeout 3h -v -run 'TestHung' ./conformance/drills/

TOOLS    := bin/interop
KEYCLOAK := 26.7.3

interop-tools: ## what `make interop` needs beside Debian's packages: Keycloak (Maven), oidc-provider (npm), pysaml2 (pip)
	mvn -q -B -ntp -Dstyle.color=never org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy -Dartifact=org.keycloak:keycloak-quarkus-dist:$(KEYCLOAK):zip -DoutputDirectory=$(CURDIR)/$(TOOLS)
	cd conformance/interop/node && npm ci --no-progress
	python3 -m venv $(TOOLS)/saml && $(TOOLS)/saml/bin/pip install -q --disable-pip-version-check -r federation/samlsp/testdata/requirements.txt

interop: ## the built program against other people's software (conformance/interop/doc.go says what, and needs what; root), figures into docs/interop.md; RUN='Test…' picks some
	JEDAN_INTEROP_LDAP=100000 JEDAN_SLAPD=/usr/sbin/slapd JEDAN_SAMBA=/usr/sbin/samba JEDAN_KRB5KDC=/usr/sbin/krb5kdc JEDAN_NGINX=/usr/sbin/nginx JEDAN_SAML_PYTHON=$(CURDIR)/$(TOOLS)/saml/bin/python \
		JEDAN_INTEROP_NODE=conformance/interop/node JEDAN_KEYCLOAK=$(TOOLS)/keycloak-quarkus-dist-$(KEYCLOAK).zip JEDAN_INTEROP_REPORT=docs/interop.md \
		CGO_ENABLED=0 $(GO) test -tags interop -count=1 -timeout 1h -v -run '$(RUN)' ./conformance/interop/

conformance: build ## the official suite against this build; docs/guides/conformance.md says how to start both
	./$(BIN) conformance run --config $(CONFIG) --username $(USERNAME) --password-file $(PASSWORD_FILE) --report conformance $(PLANS)

PLANS ?= '*'

conformance-rp: build ## the official suite as an upstream of this build
	./$(BIN) conformance run-rp --config $(CONFIG) --server-log $(SERVER_LOG) --ca $(CA) --report conformance $(RP_PLANS)

RP_PLANS ?= 'rp-*'

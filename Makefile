# SPDX-License-Identifier: Apache-2.0
# Hearth. `make help` lists the targets; docs/building.md explains the layout.

# B: where everything is built. SAN=1 builds with ASan and UBSan, TSAN=1 with ThreadSanitizer.
B ?= build
PREFIX ?= /usr/local
DESTDIR ?=
SYSTEMD_UNITDIR ?= $(PREFIX)/lib/systemd/system
CC ?= cc
PROTOC_C ?= protoc-c
PYTHON ?= /usr/bin/python3

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
OPT ?= -O2
# DWARF 4: Debian 12's valgrind cannot read what clang writes by default.
CPPFLAGS += -I. -I$(B)/gen -isystem /usr/include/decaf -D_GNU_SOURCE -D_FORTIFY_SOURCE=2
CFLAGS_ALL := -std=c11 $(OPT) -gdwarf-4 -fstack-protector-strong -fPIE -pthread $(WARN) $(CFLAGS)
LDFLAGS_ALL := -pie -Wl,--as-needed,-z,relro,-z,now -pthread $(LDFLAGS)
ifdef SAN
CPPFLAGS := $(filter-out -D_FORTIFY_SOURCE=2,$(CPPFLAGS))
CFLAGS_ALL += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS_ALL += -fsanitize=address,undefined
endif
ifdef TSAN
CPPFLAGS := $(filter-out -D_FORTIFY_SOURCE=2,$(CPPFLAGS))
CFLAGS_ALL += -fsanitize=thread -fno-omit-frame-pointer
LDFLAGS_ALL += -fsanitize=thread
endif

# Rooms, in link order: each may use those to its right. tests/lint checks the includes.
ROOMS := agent matcher client/hub client proto/figures proto/mail proto/audit proto/rpc keys proto/domain proto/backup proto/store proto/crypto proto/metrics proto/base
PROTOS := $(wildcard proto/*.proto)
GEN_C := $(PROTOS:%.proto=$(B)/gen/%.pb-c.c)
GEN_H := $(GEN_C:.c=.h)
CATALOGUES := $(wildcard proto/domain/catalogue-*.csv)
CATALOGUE_C := $(B)/gen/proto/domain/catalogue_data.c
STANDARDS_C := $(B)/gen/proto/domain/standards_data.c

room_sources = $(filter-out %/main.c,$(wildcard $(1)/*.c))
room_objects = $(patsubst %.c,$(B)/obj/%.o,$(call room_sources,$(1)))
archive = $(B)/lib/$(subst /,-,$(1)).a

LIBS := -lsodium -ldecaf -lgrpc -lgpr -lprotobuf-c -llmdb -ljansson -lproj -lgeos_c -lcsv -lzip -lcrypto -lsystemd -lseccomp -lmicrohttpd -lm
LIBS_SMALL := -lsodium -ldecaf -lprotobuf-c -llmdb -ljansson -lproj -lgeos_c -lcsv -lzip -lcrypto -lseccomp -lsystemd -lm

PROGRAMS := $(B)/hearth $(B)/hearth-agent $(B)/hearth-matcher $(B)/hearth-keys
SHARED := $(foreach r,proto/figures proto/mail proto/audit proto/rpc keys proto/domain proto/backup proto/store proto/crypto proto/metrics proto/base,$(call archive,$(r))) $(B)/lib/messages.a

.PHONY: all deps check check-unit check-e2e check-san soak demo bench lint format install install-units clean help
all: deps $(PROGRAMS)

help:
	@sed -n 's/^## //p' Makefile

## make              build the four programs into build/
## make deps         install the Debian packages that are missing
## make check        unit and end-to-end tests, short versions of the soak, sanitizer runs; its parts alone:
##                   check-unit check-e2e check-faults check-load check-leaks check-fuzz check-tsan check-soak
## make demo         a whole scheme on this machine: AGENCIES=12 HOUSEHOLDS=540
## make soak         the long versions (an hour or more); its parts alone: soak-faults soak-load soak-leaks
##                   soak-fuzz soak-tsan soak-figures (a simulated year)
## make bench        measure against the cost of the primitive operations
## make lint         formatting, static analysis, house rules
## make fuzz         SECONDS=10 for each decoder of untrusted bytes (needs clang)
## make install      programs, manual pages, documents, systemd units: PREFIX=/usr/local, DESTDIR=, SYSTEMD_UNITDIR=PREFIX/lib/systemd/system
# Order-only for everything that compiles: with -j nothing starts before the packages are there.
deps:
	@tests/lint/deps

# ---- generated code ----
$(B)/gen/%.pb-c.c $(B)/gen/%.pb-c.h: %.proto | deps
	@mkdir -p $(dir $@)
	$(PROTOC_C) --c_out=$(B)/gen $<

$(CATALOGUE_C): $(CATALOGUES) proto/domain/csv.awk proto/domain/catalogue_data.awk | deps
	@mkdir -p $(dir $@)
	awk -f proto/domain/csv.awk -f proto/domain/catalogue_data.awk $(CATALOGUES) > $@.tmp && mv $@.tmp $@

$(STANDARDS_C): $(CATALOGUES) proto/domain/standards.csv proto/domain/csv.awk proto/domain/standards_data.awk | deps
	@mkdir -p $(dir $@)
	awk -f proto/domain/csv.awk -f proto/domain/standards_data.awk $(CATALOGUES) proto/domain/standards.csv > $@.tmp && mv $@.tmp $@

$(B)/obj/gen/%.pb-c.o: $(B)/gen/%.pb-c.c
	@mkdir -p $(dir $@)
	$(CC) $(CPPFLAGS) $(filter-out -Wpedantic -Wconversion -Wshadow,$(CFLAGS_ALL)) -c -o $@ $<

$(B)/obj/gen/proto/domain/%_data.o: $(B)/gen/proto/domain/%_data.c
	@mkdir -p $(dir $@)
	$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# ---- rooms ----
$(B)/obj/%.o: %.c | deps $(GEN_H)
	@mkdir -p $(dir $@)
	$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(B)/lib/messages.a: $(patsubst $(B)/gen/%.c,$(B)/obj/gen/%.o,$(GEN_C))
	@mkdir -p $(dir $@)
	@rm -f $@
	$(AR) rcs $@ $^

define room_rule
$(call archive,$(1)): $(call room_objects,$(1)) $(2)
	@mkdir -p $$(dir $$@)
	@rm -f $$@
	$(AR) rcs $$@ $$^
endef
$(foreach r,$(filter-out proto/domain,$(ROOMS)),$(eval $(call room_rule,$(r),)))
$(eval $(call room_rule,proto/domain,$(patsubst $(B)/gen/%.c,$(B)/obj/gen/%.o,$(CATALOGUE_C) $(STANDARDS_C))))

# ---- programs ----
$(B)/hearth: $(B)/obj/client/main.o $(call archive,client/hub) $(call archive,client) $(SHARED)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
$(B)/hearth-agent: $(B)/obj/agent/main.o $(call archive,agent) $(SHARED)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
$(B)/hearth-matcher: $(B)/obj/matcher/main.o $(call archive,matcher) $(SHARED)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
$(B)/hearth-keys: $(B)/obj/keys/main.o $(filter-out $(foreach r,proto/figures proto/mail proto/audit proto/rpc proto/metrics,$(call archive,$(r))),$(SHARED))
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_SMALL)

# ---- unit tests: tests/unit/ROOM/test_NAME.c links that room and those below it ----
UNIT_SRC := $(wildcard tests/unit/*/test_*.c tests/unit/*/*/test_*.c)
# Some run under valgrind, which excludes sanitizers; one is about AddressSanitizer itself.
UNIT_PLAIN := $(wildcard tests/unit/*/test_constant_time*.c tests/unit/*/*/test_constant_time*.c)
UNIT_SAN := tests/unit/proto/base/test_sanitizers.c
UNIT_SRC := $(filter-out $(if $(SAN)$(TSAN),$(UNIT_PLAIN)) $(if $(SAN),,$(UNIT_SAN)),$(UNIT_SRC))
UNIT := $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT_SRC))
UNIT_SUPPORT := $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/unit/support/*.c))
# What needs keys/ cannot be linked into the tests of rooms below it.
UNIT_SUPPORT_KEYS := $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/unit/support_keys/*.c))
unit_support = $(UNIT_SUPPORT) $(if $(filter keys proto/rpc proto/audit proto/mail proto/figures agent matcher client client/hub,$(1)),$(UNIT_SUPPORT_KEYS))
below_proto/base :=
below_proto/metrics := proto/base
below_proto/crypto := proto/base
below_proto/store := proto/base
below_proto/domain := proto/store proto/crypto proto/base
below_proto/backup := proto/store proto/base
below_keys := proto/backup proto/store proto/crypto proto/base
below_proto/rpc := keys proto/backup proto/store proto/crypto proto/base
below_proto/audit := keys proto/domain proto/backup proto/store proto/crypto proto/base
below_proto/mail := proto/rpc keys proto/domain proto/backup proto/store proto/crypto proto/base
below_proto/figures := proto/mail proto/audit proto/rpc keys proto/domain proto/backup proto/store proto/crypto proto/base
below_agent := proto/figures proto/mail proto/audit proto/rpc keys proto/domain proto/backup proto/store proto/crypto proto/metrics proto/base
below_matcher := $(below_agent)
below_client := $(below_agent)
below_client/hub := client $(below_agent)
needs_all = $(filter proto/metrics proto/rpc proto/mail proto/figures agent matcher client client/hub,$(1))
unit_libs = $(if $(call needs_all,$(1)),$(LIBS),$(LIBS_SMALL))
define unit_rule
$(patsubst tests/unit/$(1)/%.c,$(B)/unit/$(1)/%,$(wildcard tests/unit/$(1)/test_*.c)): $(B)/unit/$(1)/%: $(B)/obj/tests/unit/$(1)/%.o $(call unit_support,$(1)) $(foreach r,$(1) $(below_$(1)),$(call archive,$(r))) $(B)/lib/messages.a
	@mkdir -p $$(dir $$@)
	$(CC) $(LDFLAGS_ALL) -o $$@ $$^ -lcmocka $(call unit_libs,$(1))
endef
$(foreach r,$(ROOMS),$(eval $(call unit_rule,$(r))))

check-unit: deps $(UNIT)
	tests/run_unit $(UNIT)

# ---- peers that misbehave, for the end-to-end tests ----
HOSTILE := $(B)/hostile/hostile_agent $(B)/hostile/hostile_la
$(HOSTILE): $(B)/hostile/%: $(B)/obj/tests/e2e/hostile/%.o $(B)/obj/tests/e2e/hostile/hostile.o $(call archive,client) $(SHARED)
	@mkdir -p $(dir $@)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

# The real agent, but for an evaluation that lies.
CHEATING := $(B)/hostile/cheating_agent
HOSTILE += $(CHEATING)
$(CHEATING): $(B)/obj/tests/e2e/hostile/cheating_agent.o $(B)/obj/agent/main.o $(call archive,agent) $(SHARED)
	@mkdir -p $(dir $@)
	$(CC) $(LDFLAGS_ALL) -Wl,--wrap=blind_evaluate -o $@ $^ $(LIBS)

# What `make check` runs plainly and again with sanitizers, and what `make soak` runs; each folder of tests adds its own.
CHECKS := check-unit
CHECKS_SAN := check-unit
SOAKS :=
include $(sort $(wildcard tests/*/*.mk))

# One kind of test after the other, so that they do not take each other's time, each built with all processors;
# a failure does not hide what comes after it.
in_turn = failed=0; for kind in $(1); do $(MAKE) -j$$(nproc) $(2) $$kind || failed=1; done; exit $$failed

check: deps
	@$(call in_turn,$(CHECKS) check-san)

check-san: deps
	@$(call in_turn,$(CHECKS_SAN),B=build-san SAN=1)

soak: deps
	@$(call in_turn,$(SOAKS))

demo: all
	tests/lab/demo --build $(B) --agencies $(or $(AGENCIES),12) --households $(or $(HOUSEHOLDS),540)

# ---- lint ----
C_FILES := $(shell git ls-files -co --exclude-standard '*.c' '*.h' 2>/dev/null)
lint: deps $(GEN_H) $(CATALOGUE_C) $(STANDARDS_C)
	tests/lint/run $(B)
format:
	clang-format -i $(C_FILES)

UNITS := $(wildcard matcher/*.service agent/*.service client/*.service client/*.timer)
install-units:
	install -d $(DESTDIR)$(SYSTEMD_UNITDIR)
	for unit in $(UNITS); do sed 's|@PREFIX@|$(PREFIX)|g' $$unit > $(DESTDIR)$(SYSTEMD_UNITDIR)/$$(basename $$unit) && \
	    chmod 644 $(DESTDIR)$(SYSTEMD_UNITDIR)/$$(basename $$unit) || exit 1; done

install: all install-units
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/doc/hearth/docs/examples
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 docs/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 README.md LICENSE $(DESTDIR)$(PREFIX)/share/doc/hearth
	install -m 644 docs/*.md docs/*.svg $(DESTDIR)$(PREFIX)/share/doc/hearth/docs
	install -m 644 docs/examples/* $(DESTDIR)$(PREFIX)/share/doc/hearth/docs/examples

clean:
	rm -rf build build-*/

-include $(shell test -d $(B)/obj && find $(B)/obj -name '*.d')
.SECONDARY:

# SPDX-License-Identifier: Apache-2.0
# Every tests/fuzz/fuzz_NAME.c under libFuzzer, AddressSanitizer and UBSan, from the seeds in tests/fuzz/corpus/NAME:
# a number of inputs each in `make check`, SECONDS each in `make fuzz`. What is found on the way stays in $(B)-fuzz.
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(FUZZ_SRC))
SOAK_FUZZ_SECONDS ?= 60

# A program's own rooms are linked only by targets that name them: fuzz_agent_NAME.c, fuzz_client_hub_NAME.c and so on.
fuzz_room = $(filter agent matcher client,$(word 2,$(subst _, ,$(1))))
fuzz_rooms = $(if $(filter fuzz_client_hub_%,$(1)),client/hub) $(fuzz_room)
# Network and threads are played in all of them.
FUZZ_PLAYED := $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/fuzz/played/*.c)) $(UNIT_SUPPORT) $(UNIT_SUPPORT_KEYS)
define fuzz_rule
$(B)/fuzz/$(1): $(B)/obj/tests/fuzz/$(1).o $(FUZZ_PLAYED) $(foreach r,$(call fuzz_rooms,$(1)),$(call archive,$(r))) $(SHARED)
	@mkdir -p $$(dir $$@)
	$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $$@ $$^ $(LIBS)
endef
$(foreach f,$(notdir $(FUZZ)),$(eval $(call fuzz_rule,$(f))))

CHECKS += check-fuzz
SOAKS += soak-fuzz

fuzz_make = $(MAKE) B=$(B)-fuzz CC=clang SAN=1 OPT=-O1 CFLAGS=-fsanitize=fuzzer-no-link
.PHONY: fuzz fuzz-run fuzz-short check-fuzz soak-fuzz
fuzz: deps
	+$(fuzz_make) fuzz-run SECONDS=$(or $(SECONDS),10)
soak-fuzz: deps
	+$(fuzz_make) fuzz-run SECONDS=$(SOAK_FUZZ_SECONDS)
check-fuzz: deps
	+$(fuzz_make) fuzz-short
fuzz-run: $(FUZZ)
	tests/fuzz/run --seconds $(SECONDS) $(FUZZ)
fuzz-short: $(FUZZ)
	tests/fuzz/run --short $(FUZZ)

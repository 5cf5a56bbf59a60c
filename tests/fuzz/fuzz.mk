# SPDX-License-Identifier: Apache-2.0
# make fuzz SECONDS=n: every tests/fuzz/fuzz_NAME.c under libFuzzer, AddressSanitizer and UBSan, from the seeds in
# tests/fuzz/corpus/NAME, n seconds each. What is found on the way stays in $(B)-fuzz.
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(FUZZ_SRC))
FUZZ_ROOMS := $(filter-out agent matcher client/hub client proto/figures proto/mail proto/audit proto/rpc,$(ROOMS))

# Rooms above keys are linked only by targets that name them: tests/fuzz/fuzz_agent_NAME.c and so on.
fuzz_room = $(filter $(word 2,$(subst _, ,$(1))),agent matcher client) $(patsubst %,proto/%,$(filter $(word 2,$(subst _, ,$(1))),figures mail audit))
fuzz_archives = $(foreach r,$(call fuzz_room,$(1)) $(if $(strip $(call fuzz_room,$(1))),$(filter-out $(call fuzz_room,$(1)),proto/figures proto/mail proto/audit) proto/rpc) $(FUZZ_ROOMS),$(call archive,$(r)))
define fuzz_rule
$(B)/fuzz/$(1): $(B)/obj/tests/fuzz/$(1).o $(call fuzz_archives,$(1)) $(B)/lib/messages.a
	@mkdir -p $$(dir $$@)
	$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $$@ $$^ $(LIBS)
endef
$(foreach f,$(notdir $(FUZZ)),$(eval $(call fuzz_rule,$(f))))

.PHONY: fuzz fuzz-run
fuzz: deps
	$(MAKE) B=$(B)-fuzz CC=clang SAN=1 CFLAGS=-fsanitize=fuzzer-no-link fuzz-run
fuzz-run: $(FUZZ)
	tests/fuzz/run $(or $(SECONDS),10) $(FUZZ)

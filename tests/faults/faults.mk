# SPDX-License-Identifier: Apache-2.0
# Faults, end to end (tests/faults/run): `make check-faults` each of them a few times, `make soak-faults` for a quarter of
# an hour, with a new seed each round. SEED=N ONLY=NAME choose.
SEED ?= 1
FAULTS := HEARTH_BUILD=$(abspath $(B)) HEARTH_E2E_SLOW=$(E2E_SLOW) $(PYTHON) tests/faults/run --seed $(SEED) $(if $(ONLY),--only $(ONLY))

FILL_STORE := $(B)/faults/fill_store

$(FILL_STORE): $(B)/obj/tests/faults/fill_store.o $(call archive,matcher) $(SHARED)
	@mkdir -p $(dir $@)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

CHECKS += check-faults
SOAKS += soak-faults

.PHONY: check-faults soak-faults
check-faults: deps $(PROGRAMS) $(FILL_STORE)
	$(FAULTS)
soak-faults: deps $(PROGRAMS) $(FILL_STORE)
	$(FAULTS) --long --minutes 10 --json

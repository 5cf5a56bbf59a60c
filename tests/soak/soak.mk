# SPDX-License-Identifier: Apache-2.0
# A simulated year of figures (tests/soak/soak.h): `make soak-figures` runs all of it, `make check` two periods, and fewer
# parties with sanitizers.
SOAK := $(B)/soak/figures
SOAK_SIZE ?= $(if $(SAN)$(TSAN),--agencies 40 --households 800 --las 20 --searches 200)

$(SOAK): $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/soak/*.c)) $(UNIT_SUPPORT) $(UNIT_SUPPORT_KEYS) $(call archive,agent) $(call archive,client/hub) $(call archive,client) $(SHARED)
	@mkdir -p $(dir $@)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

CHECKS += check-soak
CHECKS_SAN += check-soak
SOAKS += soak-figures

.PHONY: soak-figures check-soak
soak-figures: deps $(SOAK)
	tests/soak/run --periods 12 $(SOAK_SIZE) $(SOAK)
check-soak: deps $(SOAK)
	timeout --kill-after=60 1200 tests/soak/run --periods 2 $(SOAK_SIZE) $(SOAK)

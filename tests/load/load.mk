# SPDX-License-Identifier: Apache-2.0
# Load on a real matcher (tests/load/load.h): 1,000 agencies and 50 searches in flight for ten minutes, and less of all.
LOAD := $(B)/load/load

$(LOAD): $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/load/*.c)) $(UNIT_SUPPORT) $(UNIT_SUPPORT_KEYS) $(call archive,matcher) $(call archive,client) $(SHARED)
	@mkdir -p $(dir $@)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

# 150 agencies and 10 searches in flight, for CI; it adds nothing with sanitizers that the unit tests of searches do not.
CHECKS += check-load
SOAKS += soak-load

.PHONY: check-load soak-load
check-load: deps $(LOAD) $(B)/hearth-matcher
	timeout --kill-after=10 300 tests/load/run --build $(B) --seconds 10
soak-load: deps $(LOAD) $(B)/hearth-matcher
	timeout --kill-after=10 3600 tests/load/run --build $(B) --agents 1000 --las 10 --in-flight 50 --seconds 600 --early 120 \
	    --slow 20 --frozen 5 --deaf 5 --deadline-ms 20000 --quadrants 2

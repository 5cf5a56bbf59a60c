# SPDX-License-Identifier: Apache-2.0
# Whether replies tell how many carers qualify, and what an LA's rights suffice to find out (docs/threat-model.md).
# What parties hold, send and receive is in tests/e2e/test_leaks.py, with programs from here.
LEAKS := $(B)/leaks/answers $(B)/leaks/conditions $(B)/leaks/asker
LEAKS_E2E := $(B)/leaks/tls_keys $(B)/leaks/core_scan

$(B)/leaks/answers: $(patsubst %.c,$(B)/obj/%.o,tests/leaks/answers.c tests/leaks/statistics.c) $(UNIT_SUPPORT) $(call archive,agent) $(SHARED)
	@mkdir -p $(dir $@)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcmocka $(LIBS)

$(B)/leaks/conditions: $(B)/obj/tests/leaks/conditions.o $(call archive,proto/crypto) $(call archive,proto/base)
	@mkdir -p $(dir $@)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_SMALL)

$(B)/leaks/asker: $(B)/obj/tests/leaks/asker.o $(B)/obj/tests/e2e/hostile/hostile.o $(call archive,client) $(SHARED)
	@mkdir -p $(dir $@)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

$(LEAKS_E2E): $(B)/leaks/%: $(B)/obj/tests/leaks/%.o $(B)/obj/tests/e2e/hostile/hostile.o $(SHARED)
	@mkdir -p $(dir $@)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

check-e2e: $(LEAKS_E2E)

CHECKS += check-leaks
SOAKS += soak-leaks

.PHONY: check-leaks soak-leaks
check-leaks: deps $(LEAKS) $(PROGRAMS)
	timeout --kill-after=60 900 tests/leaks/run --build $(B)
soak-leaks: deps $(LEAKS) $(PROGRAMS)
	tests/leaks/run --build $(B) --long

# SPDX-License-Identifier: Apache-2.0
# Whether replies tell how many carers qualify, and what an LA's rights suffice to find out (docs/threat-model.md).
# What parties hold, send and receive is in tests/e2e/test_leaks.py, with programs from here.
LEAKS := $(B)/leaks/answers
LEAKS_E2E := $(B)/leaks/tls_keys $(B)/leaks/core_scan

$(LEAKS): $(patsubst %.c,$(B)/obj/%.o,tests/leaks/answers.c tests/leaks/statistics.c) $(UNIT_SUPPORT) $(call archive,agent) $(SHARED)
	@mkdir -p $(dir $@)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcmocka $(LIBS)

$(LEAKS_E2E): $(B)/leaks/%: $(B)/obj/tests/leaks/%.o $(B)/obj/tests/e2e/hostile/hostile.o $(SHARED)
	@mkdir -p $(dir $@)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

check-e2e: $(LEAKS_E2E)

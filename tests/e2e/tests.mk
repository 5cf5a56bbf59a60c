# SPDX-License-Identifier: Apache-2.0
# End-to-end tests: the real programs, run by the lab. Fewer random requests and more patience with sanitizers.
E2E_REQUESTS ?= $(if $(SAN)$(TSAN),20,100)
E2E_SLOW ?= $(if $(SAN)$(TSAN),4,1)
E2E_SECONDS ?= 1200
# 1 leaves out what mostly waits: with sanitizers in `make check`, where `make soak` has all of it.
E2E_SHORT ?= $(if $(SAN),1,0)
# TESTS="test_lab test_search.Search.test_table" runs some of them.
TESTS ?=

CHECKS += check-e2e
CHECKS_SAN += check-e2e
SOAKS += soak-san

# Makes stores of the form before today's.
$(B)/hostile/old_form: $(B)/obj/tests/e2e/old_form.o
	@mkdir -p $(dir $@)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ -llmdb

.PHONY: check-e2e soak-san
soak-san: deps
	@$(MAKE) B=build-san SAN=1 E2E_SHORT=0 check-e2e
check-e2e: deps $(PROGRAMS) $(HOSTILE) $(B)/hostile/old_form
	HEARTH_BUILD=$(abspath $(B)) HEARTH_E2E_REQUESTS=$(E2E_REQUESTS) HEARTH_E2E_SLOW=$(E2E_SLOW) \
	    HEARTH_E2E_SHORT=$(E2E_SHORT) \
	    timeout --kill-after=60 $(E2E_SECONDS) $(PYTHON) tests/e2e/run $(TESTS)

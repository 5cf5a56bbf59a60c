# SPDX-License-Identifier: Apache-2.0
# ThreadSanitizer (docs/assurance.md "Sanitizers"): first what it must see, then threaded unit tests, then a whole
# scheme under load. `make check` runs those of TSAN_UNITS, `make soak` all that start a thread, a longer load and more
# end-to-end modules. Built into $(B)-tsan.
TSAN_UNITS := proto/base/test_pool proto/rpc/test_rpc proto/crypto/test_blind_pool proto/crypto/test_blind_share proto/crypto/test_query_groups proto/mail/test_exchange proto/figures/test_serve matcher/test_attach matcher/test_epoch matcher/test_figures matcher/test_groups matcher/test_mail_session agent/test_attach
TSAN_UNITS_ALL := $(patsubst tests/unit/%.c,%,$(shell grep -lE 'pthread_create|pool_start|rpc_start|players\.h|callers\.h|served\.h|played_' $(UNIT_SRC)))
TSAN_SECONDS ?= 30
TSAN_E2E := test_lifecycle test_story test_explain test_figures test_hub test_kills test_hostile test_late
TSAN_CONTROL := $(B)/tsan/control

$(TSAN_CONTROL): $(B)/obj/tests/tsan/control.o $(UNIT_SUPPORT) $(UNIT_SUPPORT_KEYS) $(foreach r,proto/rpc $(below_proto/rpc),$(call archive,$(r))) $(B)/lib/messages.a
	@mkdir -p $(dir $@)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

CHECKS += check-tsan
SOAKS += soak-tsan

.PHONY: check-tsan soak-tsan tsan-run tsan-soak-run
check-tsan: deps
	@$(MAKE) B=$(B)-tsan TSAN=1 tsan-run
soak-tsan: deps
	@$(MAKE) B=$(B)-tsan TSAN=1 tsan-soak-run
tsan-run: deps $(PROGRAMS) $(TSAN_CONTROL) $(TSAN_UNITS:%=$(B)/unit/%)
	tests/tsan/run --build $(B) --seconds $(TSAN_SECONDS) $(TSAN_UNITS)
tsan-soak-run: deps $(PROGRAMS) $(HOSTILE) $(TSAN_CONTROL) $(TSAN_UNITS_ALL:%=$(B)/unit/%)
	tests/tsan/run --build $(B) --seconds 300 --e2e "$(TSAN_E2E)" $(TSAN_UNITS_ALL)

# SPDX-License-Identifier: Apache-2.0
# `make bench`: the arithmetic first, that of the figures too, then the gazetteer, then whole
# searches, then imports, then referrals. All run even where one is over a bar.
BENCH_ROOMS := proto/domain proto/store proto/crypto proto/base

$(B)/bench/arithmetic: $(patsubst %.c,$(B)/obj/%.o,tests/bench/arithmetic.c tests/bench/costs.c tests/bench/households.c) $(foreach r,$(BENCH_ROOMS),$(call archive,$(r))) $(B)/lib/messages.a
	@mkdir -p $(dir $@)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_SMALL)

$(B)/bench/figures: $(patsubst %.c,$(B)/obj/%.o,tests/bench/figures.c tests/bench/costs.c) $(SHARED)
	@mkdir -p $(dir $@)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

$(B)/bench/gazetteer: $(patsubst %.c,$(B)/obj/%.o,tests/bench/gazetteer.c tests/bench/postcodes.c tests/unit/support/temp_dir.c) $(foreach r,$(BENCH_ROOMS),$(call archive,$(r))) $(B)/lib/messages.a
	@mkdir -p $(dir $@)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_SMALL)

bench: all $(B)/bench/arithmetic $(B)/bench/figures $(B)/bench/gazetteer
	@status=0; $(B)/bench/arithmetic || status=1; \
	$(B)/bench/figures || status=1; \
	$(B)/bench/gazetteer || status=1; \
	if [ -x tests/bench/search ]; then tests/bench/search --build $(B) || status=1; fi; \
	tests/bench/import --build $(B) || status=1; \
	tests/bench/mail --build $(B) || status=1; \
	exit $$status

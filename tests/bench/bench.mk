# SPDX-License-Identifier: Apache-2.0
# `make bench`: the arithmetic first, then whole searches. Both run even where the first is over a bar.
BENCH_ROOMS := proto/domain proto/store proto/crypto proto/base

$(B)/bench/arithmetic: $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/bench/*.c)) $(foreach r,$(BENCH_ROOMS),$(call archive,$(r))) $(B)/lib/messages.a
	@mkdir -p $(dir $@)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_SMALL)

bench: all $(B)/bench/arithmetic
	@status=0; $(B)/bench/arithmetic || status=1; \
	if [ -x tests/bench/search ]; then tests/bench/search --build $(B) || status=1; fi; \
	exit $$status

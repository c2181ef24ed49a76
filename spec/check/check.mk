# make check: what takes longer than a test run may, or needs tools that users do not. Each part
# stands alone (make check-threads); check.sh beside this file says what they do. Makefile includes
# this after its own rules.

CHECKS = long isa emulated sanitizers threads valgrind faults fuzz clang optuna measures torch7 report tensorboard kills slurm \
         install bundle rock deb aarch64 readme
.PHONY: check $(CHECKS:%=check-%)
check $(CHECKS:%=check-%):
	@MAKE='$(MAKE) --no-print-directory' LUA='$(LUA)' PYTHON='$(PYTHON)' \
	  sh spec/check/check.sh $(if $(filter check,$@),$(CHECKS),$(@:check-%=%))

# Programs that only checks use. An interpreter brings the runtime of a sanitizer along.
LUA_LIBS ?= $(shell pkg-config --libs lua5.4 2>/dev/null || echo -llua5.4)
$(BUILD)/bin/lua5.4: spec/check/lua.c
$(BUILD)/bin/states: spec/check/states.c
$(BUILD)/bin/%:
	@mkdir -p $(@D)
	@echo "cc $<"
	$(Q)$(CC) $(CFLAGS) $(LUA_CFLAGS) -o $@ $< $(LUA_LIBS) -lpthread

# Refuses memory to Lua, for spec/calls.
$(BUILD)/lua_memory.so: spec/calls/lua_memory.c
	@mkdir -p $(@D)
	@echo "cc $<"
	$(Q)$(CC) $(CFLAGS) $(LUA_CFLAGS) $(LDFLAGS) -o $@ $<

# Fuzzers: make CUDA=0 BUILD=build/fuzz CC=clang SANITIZE=fuzzer-no-link,address,undefined build/fuzz/idx
FUZZED = $(filter $(addprefix $(BUILD)/core/,base/% tensor/% io/% ops/copy.o cpu/copy% cpu/loop.o \
                    cpu/isa.o cuda/none.o),$(OBJECTS))
$(addprefix $(BUILD)/,idx npy gzip zip image journal): $(BUILD)/%: spec/fuzz/parsers.c $(FUZZED)
	@echo "cc $< for $*"
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer -DFUZZ_$(shell echo $* | tr a-z A-Z) -o $@ $^ $(LIBS)

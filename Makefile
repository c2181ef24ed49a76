# circlet: build, install, test. Settings first; `make help` lists the targets.

BUILD    ?= build
PREFIX   ?= /usr/local
LUADIR   ?= $(PREFIX)/share/lua/5.4
LIBDIR   ?= $(PREFIX)/lib/lua/5.4
SHLIBDIR ?= $(PREFIX)/lib
LUA      ?= lua5.4
CC        = gcc
OPT      ?= -O3
# A sanitizer build: make SANITIZE=address,undefined BUILD=build/asan
SANITIZE ?=
# make V=1 shows whole commands.
Q         = $(if $(V),,@)
# Where lua.h and OpenBLAS are: pkg-config knows; LuaRocks passes LUA_CFLAGS.
ifndef LUA_CFLAGS
LUA_CFLAGS := $(shell pkg-config --cflags lua5.4 2>/dev/null)
endif
ifndef BLAS_LIBS
BLAS_CFLAGS := $(shell pkg-config --cflags openblas 2>/dev/null)
BLAS_LIBS   := $(shell pkg-config --libs openblas 2>/dev/null || echo -lopenblas)
endif

# a*b+c is contracted nowhere but where a kernel asks for it: the same bits on every machine.
# (pass-failed: clang telling of a loop it could not vectorise, which is no fault of the code)
WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Werror -Wno-pass-failed
CFLAGS   = -std=gnu11 $(OPT) -g -fPIC -fopenmp -fvisibility=hidden -ffp-contract=off \
           -fno-math-errno -fno-trapping-math $(WARNINGS) -Icore $(BLAS_CFLAGS) \
           $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
LDFLAGS  = -shared -fopenmp -Wl,-z,nodelete $(if $(SANITIZE),-fsanitize=$(SANITIZE))
LIBS     = $(BLAS_LIBS) $(CUDA_LIBS) -lpng16 -ljpeg -lz -lm -lpthread

# CUDA code is built where nvcc is found; CUDA=0 leaves it out, CUDA=1 insists. cuBLAS and cuDNN are
# looked up at run time. Machine code for sm_80 and sm_90, and PTX that drivers compile for others.
NVCC      ?= $(shell command -v nvcc 2>/dev/null || ls /usr/local/cuda/bin/nvcc 2>/dev/null)
CUDA      ?= $(if $(NVCC),1,0)
NVCC_ARCH ?= -gencode arch=compute_80,code=[sm_80,compute_80] -gencode arch=compute_90a,code=sm_90a
NVCCFLAGS  = -std=c++20 -O3 -lineinfo -Icore --Werror all-warnings -fmad=false \
             -Xcompiler -fPIC,-fvisibility=hidden,-Wall,-Wextra,-Wno-missing-field-initializers $(NVCC_ARCH)
ifeq ($(CUDA),1)
CUDA_SOURCES = $(wildcard core/cuda/*.cu)
CUDA_HEADERS = $(wildcard core/cuda/*.cuh)
# NVCC may be two words, such as "ccache nvcc".
CUDA_LIBS    = -L$(dir $(lastword $(NVCC)))../lib64 -lcudart_static -lstdc++ -lrt -ldl
else
CUDA_C       = core/cuda/none.c
endif

# Files named *_kernels.c are compiled once per instruction set (core/cpu/isa.h).
MACHINE := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
ifeq ($(MACHINE),x86_64)
ISAS = base avx2 avx512
else
ISAS = base
endif
ISA_base   =
ISA_avx2   = -mavx2 -mfma -mf16c
ISA_avx512 = -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma -mf16c -mprefer-vector-width=512

KERNELS = $(wildcard core/*/*_kernels.c)
SOURCES = $(filter-out $(KERNELS),$(wildcard $(addsuffix /*.c,$(addprefix core/,base tensor ops loss metric io cpu ref)))) \
          $(CUDA_C)
BINDING = $(wildcard core/bind/*.c)
HEADERS = $(wildcard core/*.h core/*/*.h)
OBJECTS = $(SOURCES:%.c=$(BUILD)/%.o) $(CUDA_SOURCES:%.cu=$(BUILD)/%.o) \
          $(foreach isa,$(ISAS),$(KERNELS:%.c=$(BUILD)/%.$(isa).o))
BINDING_OBJECTS = $(BINDING:%.c=$(BUILD)/%.o)
MODULE  = $(BUILD)/circlet/core.so
LIBRARY = $(BUILD)/libcirclet.so
# What core/circlet.h says of the release, and of the interface that programs are linked with.
VERSION := $(shell sed -n 's/^.define CIRCLET_VERSION *"\(.*\)"$$/\1/p' core/circlet.h)
SONAME  := libcirclet.so.$(shell sed -n 's/^.define CIRCLET_ABI_VERSION *//p' core/circlet.h)

# Run from the tree, without installing.
export LUA_PATH  = $(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua;;
export LUA_CPATH = $(CURDIR)/$(BUILD)/?.so;;

.PHONY: all
all: $(MODULE) $(LIBRARY)

$(MODULE): $(OBJECTS) $(BINDING_OBJECTS)
	@mkdir -p $(@D)
	@echo "link $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# The C ABI (core/circlet.h): it exports what that header names, and nothing else.
$(LIBRARY): $(OBJECTS) $(BUILD)/core/circlet.o core/circlet.map
	@mkdir -p $(@D)
	@echo "link $@"
	$(Q)$(CC) $(LDFLAGS) -Wl,-soname,$(SONAME) -Wl,--version-script=core/circlet.map -o $@ $(filter %.o,$^) $(LIBS)
	@ln -sf $(@F) $(@D)/$(SONAME)

# Objects are made again when their compilers or flags change, not with every line of this file.
COMPILED_WITH := $(BUILD)/compiled-with
FLAGS_NOW := $(CC) $(CFLAGS) $(LUA_CFLAGS) $(foreach isa,$(ISAS),$(isa): $(ISA_$(isa))) $(NVCC) $(NVCCFLAGS)
.PHONY: always
$(COMPILED_WITH): always
	@mkdir -p $(@D)
	@echo '$(FLAGS_NOW)' | cmp -s - $@ || echo '$(FLAGS_NOW)' >$@

$(BUILD)/core/bind/%.o: CFLAGS += $(LUA_CFLAGS)
$(BUILD)/%.o: %.c $(COMPILED_WITH)
	@mkdir -p $(@D)
	@echo "cc $<"
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.cu $(COMPILED_WITH)
	@mkdir -p $(@D)
	@echo "nvcc $<"
	$(Q)$(NVCC) $(NVCCFLAGS) -MMD -MP -c -o $@ $<

define kernel_rule
$(BUILD)/%_kernels.$(1).o: %_kernels.c $(COMPILED_WITH)
	@mkdir -p $$(@D)
	@echo "cc $$< for $(1)"
	$$(Q)$$(CC) $$(CFLAGS) $$(ISA_$(1)) -DCT_ISA=$(1) -MMD -MP -c -o $$@ $$<
endef
$(foreach isa,$(ISAS),$(eval $(call kernel_rule,$(isa))))

# The register-tiled products are sums of fused multiply-adds by design, and so is the yardstick.
$(foreach isa,$(ISAS),$(BUILD)/core/cpu/tile_kernels.$(isa).o \
                      $(BUILD)/core/cpu/yardstick_kernels.$(isa).o): CFLAGS += -ffp-contract=fast
# Some thousand copies of a few loops: where their variables are would take as long as compiling them.
# They meet finite numbers alone, which rows are checked for; without NaN and -0 the larger of two
# numbers is one instruction.
$(foreach isa,$(ISAS),$(BUILD)/core/cpu/pair_kernels.$(isa).o): CFLAGS += -g1 -ffinite-math-only \
                                                                         -fno-signed-zeros

-include $(shell find $(BUILD) -type f -name '*.d' 2>/dev/null)

## Packages: what building, testing and the scripts need on Debian and Ubuntu.
PACKAGES = gcc make pkg-config lua5.4 liblua5.4-dev libopenblas-dev zlib1g-dev libpng-dev libjpeg-dev \
           luajit lua-argparse lua-filesystem lua-luv lua-readline lua-busted lua-check lua-ldoc clang-format \
           gnuplot-nox node-d3 tmux fonts-dejavu-core dataset-fashion-mnist
.PHONY: deps
deps:
	@sh scripts/deps.sh $(PACKAGES)

## Tests
BUSTED = $(LUA) $$(command -v busted)
.PHONY: test lint spec
test: deps
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory spec

lint:
	@clang-format --dry-run --Werror $(SOURCES) $(KERNELS) $(BINDING) core/circlet.c $(HEADERS) $(wildcard core/cuda/*.cu core/cuda/*.cuh) $(wildcard spec/*/*.c scripts/*/*.c)
	@luacheck -q lua scripts scripts/circlet spec

## Specs send Ctrl-C to programs, which some shells have their background jobs ignore.
SPEC ?= spec
SEED ?= 1
RUN_SPECS = env --default-signal=INT $(BUSTED) --helper=spec/helper.lua --shuffle-files \
            --shuffle-tests --seed=$(SEED) --pattern=_spec --output=spec/output.lua $(SPEC)
spec: all
	@$(RUN_SPECS)

include spec/check/check.mk
include spec/emulated/emulated.mk

## Installing, and packages
include scripts/package/package.mk
include scripts/gpu/gpu.mk
include scripts/paper/paper.mk

## Programs on the real images (scripts/README.md). FLAGS go to the script: make train FLAGS=--help
## Waiting threads sleep: where other programs run too, threads that spin take the time of those
## that work (on a busy machine a step took 65-200 ms with spinning, 15 ms without).
FLAGS ?=
.PHONY: sweep train compare-torch
sweep train: deps
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@OMP_WAIT_POLICY=$${OMP_WAIT_POLICY:-passive} $(LUA) scripts/$@.lua $(FLAGS)

# What circlet is compared with: `make bench-peers` puts it into a virtual environment of its own.
PEERS  ?= $(HOME)/.cache/circlet/peers
PYTHON ?= $(firstword $(wildcard $(PEERS)/bin/python) python3)
compare-torch: all
	@$(LUA) scripts/bench/compare_torch.lua --python '$(PYTHON)' $(FLAGS)

## Speed and memory, in one run (make bench FLAGS=--help). Nothing may hold OpenBLAS back here.
.PHONY: bench bench-peers config
bench: deps
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@unset OPENBLAS_CORETYPE $$(env | sed -n 's/^\(OPENBLAS_[A-Za-z0-9_]*\)=.*/\1/p'); \
	  $(LUA) scripts/bench/bench.lua --python '$(PYTHON)' $(FLAGS)
	@$(LUA) scripts/bench/studies.lua --python '$(PYTHON)'
	@$(LUA) scripts/bench/samplers.lua --python '$(PYTHON)'

bench-peers:
	@echo "circlet: PyTorch, pytorch-metric-learning, Optuna, TensorBoard from PyPI into $(PEERS): several GB"
	@[ -x '$(PEERS)/bin/python' ] || python3 -m venv '$(PEERS)'
	@'$(PEERS)/bin/python' -m pip install --quiet torch numpy pytorch-metric-learning \
	  optuna scikit-learn cmaes plotly tensorboard

# What a trial costs and how long a journal takes to open, beside Optuna's; a part of make bench.
.PHONY: bench-studies
bench-studies: all
	@$(LUA) scripts/bench/studies.lua --python '$(PYTHON)' $(FLAGS)

# Samplers beside Optuna's (some minutes): the best value after equal trials, 20 seeds.
.PHONY: bench-samplers
bench-samplers: all
	@$(LUA) scripts/bench/samplers.lua --python '$(PYTHON)' $(FLAGS)

config: all
	@$(LUA) -e 'print(require("circlet").config())'

## The manual out of the doc comments: HTML by LDoc, and annotations for editors (LuaCATS).
.PHONY: doc
doc: all
	@$(LUA) -e 'assert(require("circlet.manual.publish").write("$(BUILD)/doc"))'
	@cd $(BUILD)/doc/source && ldoc --quiet --config config.ld --dir ../html . >/dev/null
	@echo "$(BUILD)/doc/html/index.html, $(BUILD)/doc/annotations/circlet.lua"

.PHONY: format clean help
format:
	@clang-format -i $(SOURCES) $(KERNELS) $(BINDING) core/circlet.c $(HEADERS) $(wildcard core/cuda/*.cu core/cuda/*.cuh) $(wildcard spec/*/*.c scripts/*/*.c)

clean:
	rm -rf $(BUILD)

help:
	@echo "make          build $(MODULE)"
	@echo "make sweep    a hyper-parameter sweep on Fashion-MNIST, from nothing to its picture"
	@echo "make train    train one model on Fashion-MNIST (FLAGS='--model conv --epochs 5')"
	@echo "make test     install what is missing, build, lint, run every spec"
	@echo "make check    the long checks: large grids, sanitizers, faults, fuzzing, other compilers"
	@echo "make install  install below PREFIX ($(PREFIX)); make uninstall takes it away again"
	@echo "make deb      a package for Debian and Ubuntu"
	@echo "make bundle   a tarball with all that circlet needs, for machines where nothing can be installed"
	@echo "make compare-torch PYTHON=/path/to/python-with-torch   the same training in PyTorch"
	@echo "make bench    time and memory beside the machine's limits and PyTorch (FLAGS=--quick)"
	@echo "make bench-peers   PyTorch and Optuna, for make bench and make check, in a virtual environment (PEERS=$(PEERS))"
	@echo "make bench-studies    the overhead of a trial, beside Optuna"
	@echo "make bench-samplers   the samplers of circlet.study beside Optuna's"
	@echo "make gpu-check    everything that a GPU can be asked: specs, parity, sanitizers, times"
	@echo "make gpu-bench    losses on a GPU beside cuBLAS and PyTorch (FLAGS=--quick)"
	@echo "make paper    the figures and tables of the Circle Loss paper (OMNIGLOT=folder, FLAGS=--quick)"
	@echo "make doc      the manual as HTML, and annotations for editors, in $(BUILD)/doc"
	@echo "make config   what this build found on this machine"
	@echo "make format   clang-format the C code"
	@echo "make deps     install what is missing (Debian, Ubuntu)"
	@echo "make clean    remove $(BUILD)"

#!/bin/sh
# The checks behind `make check`; run through make, which sets MAKE and LUA. Usage: check.sh NAME ...
# Runs each in turn, whatever became of those before, and says at the end what passed, what failed
# and what was skipped for want of a tool. Fails when one of them failed.
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$PWD
busted=$(command -v busted)
skipped= # why, when a check returns 2
FUZZ_ROUNDS=${FUZZ_ROUNDS:-100000}
FUZZ_SECONDS=${FUZZ_SECONDS:-60}

export TORCH7="${TORCH7:-}"
export LUA_PATH="$root/lua/?.lua;$root/lua/?/init.lua;;"
mkdir -p build/check

build() {
  $MAKE -j"$(nproc)" "$@" >build/check/build.log 2>&1 || { cat build/check/build.log; return 1; }
}

# need COMMAND PACKAGE ...: installs the packages where that is possible.
need() {
  command=$1
  shift
  command -v "$command" >/dev/null 2>&1 || sh scripts/deps.sh "$@" >build/check/deps.log 2>&1
  command -v "$command" >/dev/null 2>&1 && return 0
  skipped="$command is missing (package $1)"
  return 1
}

# specs BUILD PATH ...: the specs below the paths, on a build and its interpreter, which programs
# that they start find under the usual name, too. $runner stands before the interpreter. They send
# Ctrl-C to programs, which some shells have their background jobs ignore.
specs() {
  build=$1
  shift
  PATH="$root/$build/bin:$PATH" LUA_CPATH="$root/$build/?.so;;" env --default-signal=INT \
    ${runner-} "$(PATH="$root/$build/bin:$PATH" command -v "$LUA")" "$busted" \
    --helper=spec/helper.lua --shuffle-files --shuffle-tests --seed=1 --pattern=_spec --output=spec/output.lua "$@"
}

# Every spec, the long grids with them.
check_long() {
  build all build/lua_memory.so && CIRCLET_LONG=1 specs build spec
}

# Every spec on the code that machines with lesser instruction sets run, alone and crowded.
check_isa() {
  build all || return 1
  echo "portable code, one thread:"
  CIRCLET_ISA=base OMP_NUM_THREADS=1 specs build spec || return 1
  echo "AVX2, eight threads:"
  CIRCLET_ISA=avx2 OMP_NUM_THREADS=8 specs build spec
}

# The specs of the GPU, kernels and all, on one that is emulated (spec/emulated), which takes long:
# convolutions on a stand-in for cuDNN, then on circlet's own kernels; losses again on one that has
# Hopper's tensor cores. Scripts, which look for the usual build, get the emulated one, too.
check_emulated() {
  [ -n "$($MAKE -s cuda-sources)" ] || { skipped="nvcc is missing"; return 2; }
  build emulated || return 1
  emulated=$root/build/emulated
  export CIRCLET_CUBLAS="$emulated/libcublas.so" CIRCLET_CUDNN="$emulated/libcudnn.so"
  export LUA_INIT="package.preload['circlet.core'] = assert(package.loadlib(
    '$emulated/circlet/core.so', 'luaopen_circlet_core'))"
  specs build/emulated spec/cuda &&
    CIRCLET_CUDNN=0 specs build/emulated spec/cuda/nn_kernels_spec.lua &&
    CIRCLET_EMULATED_HOPPER=1 specs build/emulated --filter-out="grows with rows" \
      --filter-out="Ctrl" spec/cuda/loss_options_spec.lua spec/cuda/loss_parity_spec.lua
  code=$?
  unset CIRCLET_CUBLAS CIRCLET_CUDNN LUA_INIT
  return $code
}

sanitized="BUILD=build/asan SANITIZE=address,undefined OPT=-O1"

# Refusing an allocation is no fault here, and not worth a word.
sanitize() {
  LSAN_OPTIONS=use_tls=0:print_suppressions=0:suppressions="$root/spec/check/lsan.supp" \
    ASAN_OPTIONS=allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1 \
    "$@" 2>build/check/errors
  code=$?
  grep -v 'WARNING: AddressSanitizer failed to allocate' build/check/errors
  return $code
}

# Every spec with AddressSanitizer and UndefinedBehaviorSanitizer, and what is lost at the end; then
# several states in several threads.
check_sanitizers() {
  build all || return 1 # which some specs have programs use
  build $sanitized all build/asan/bin/lua5.4 build/asan/bin/states || return 1
  sanitize specs build/asan spec || return 1
  LUA_CPATH="$root/build/asan/?.so;;" sanitize build/asan/bin/states spec/check/states.lua
}

# ThreadSanitizer: every function with four threads, then several states in several threads. It must
# be told what OpenMP synchronises: LLVM's OpenMP has Archer for that.
check_threads() {
  need clang clang libomp-dev || return 2
  archer=$(dirname "$(readlink -f "$(command -v clang)")")/../lib/libarcher.so
  [ -e "$archer" ] || sh scripts/deps.sh libomp-dev >build/check/deps.log 2>&1
  [ -e "$archer" ] || { skipped="libarcher.so is missing (package libomp-dev)"; return 2; }
  build BUILD=build/tsan CC=clang SANITIZE=thread OPT=-O1 all build/tsan/bin/lua5.4 \
    build/tsan/bin/states || return 1
  export TSAN_OPTIONS=ignore_noninstrumented_modules=1
  OMP_TOOL_LIBRARIES=$archer OMP_NUM_THREADS=4 specs build/tsan spec/calls/threads_spec.lua &&
    OMP_TOOL=disabled OMP_NUM_THREADS=1 LUA_CPATH="$root/build/tsan/?.so;;" \
      build/tsan/bin/states spec/check/states.lua
}

# Values that are used before they are set, in every function: the sanitizers do not see them.
check_valgrind() {
  need valgrind valgrind || return 2
  build all || return 1
  runner="valgrind -q --error-exitcode=9 --suppressions=spec/check/valgrind.supp"
  OMP_NUM_THREADS=1 specs build spec/calls spec/tensor spec/io spec/fuzz spec/serialize
  code=$?
  runner=
  return $code
}

# Every allocation of every function refused in turn, the interpreter's own among them.
check_faults() {
  build all build/lua_memory.so && CIRCLET_LONG=1 specs build spec/calls
}

# Damaged inputs: FUZZ_ROUNDS a parser, then libFuzzer at the parsers in C for FUZZ_SECONDS.
check_fuzz() {
  build $sanitized all build/asan/bin/lua5.4 || return 1
  CIRCLET_FUZZ=$FUZZ_ROUNDS sanitize specs build/asan spec/fuzz || return 1
  need clang clang || return 2
  build CUDA=0 BUILD=build/fuzz CC=clang SANITIZE=fuzzer-no-link,address,undefined OPT=-O1 \
    build/fuzz/idx build/fuzz/npy build/fuzz/gzip build/fuzz/zip build/fuzz/image \
    build/fuzz/journal || return 1
  build all || return 1
  LUA_CPATH="$root/build/?.so;;" LUA_PATH="./?.lua;$LUA_PATH" \
    "$LUA" spec/fuzz/corpus.lua build/fuzz/corpus || return 1
  running=
  for parser in idx npy gzip zip image journal; do
    mkdir -p build/fuzz/found/$parser
    build/fuzz/$parser -max_total_time="$FUZZ_SECONDS" -max_len=4096 -timeout=10 -seed=1 \
      -artifact_prefix=build/fuzz/broken-$parser- build/fuzz/found/$parser \
      build/fuzz/corpus/$parser >build/check/fuzz-$parser.log 2>&1 &
    running="$running $!:$parser"
  done
  failed=0
  for fuzzer in $running; do
    if wait "${fuzzer%:*}"; then
      tail -n 1 "build/check/fuzz-${fuzzer#*:}.log" | sed "s/^/${fuzzer#*:}: /"
    else
      tail -n 40 "build/check/fuzz-${fuzzer#*:}.log"
      failed=1
    fi
  done
  return $failed
}

# The warnings of another compiler.
check_clang() {
  need clang clang libomp-dev || return 2
  build BUILD=build/clang CC=clang all
}

# beside SCRIPT LIBRARY: a script that holds circlet against a Python library (make bench-peers).
beside() {
  build all || return 1
  LUA_CPATH="$root/build/?.so;;" "$LUA" "$1" "${PYTHON:-python3}"
  code=$?
  [ $code -eq 2 ] && skipped="${PYTHON:-python3} has no $2 (make bench-peers)"
  return $code
}

# Journals beside real Optuna, each reading and continuing the other's.
check_optuna() { beside spec/study/optuna_check.lua Optuna; }

# Measures beside pytorch-metric-learning's and scikit-learn's.
check_measures() { beside spec/metric/measures_check.lua pytorch-metric-learning; }

# Files and criterions to real Torch7 and back, and what tensors do in both: TORCH7 is the folder that
# its packages were unpacked into (spec/serialize/torch7/README.md), unless luajit finds it.
check_torch7() {
  need luajit luajit || return 2
  build all || return 1
  if ! "$LUA" -e 'package.path = "./?.lua;" .. package.path
      local real, why = require "spec.torch7.support".real() if not real then print(why) os.exit(1) end'
  then
    skipped="no real Torch7 (TORCH7=folder)"
    return 2
  fi
  CIRCLET_TORCH7=required specs build spec/torch7 spec/serialize
}

# The report of a study in a real browser. Chromium stays small without its window.
check_report() {
  need chromium-headless-shell chromium-headless-shell || return 2
  [ -e /usr/share/nodejs/d3/dist/d3.min.js ] || sh scripts/deps.sh node-d3 >build/check/deps.log 2>&1
  build all || return 1
  LUA_CPATH="$root/build/?.so;;" "$LUA" spec/report/study/page_check.lua chromium-headless-shell \
    "$root/build/check/report"
}

# Event files read by real TensorBoard.
check_tensorboard() { beside spec/report/tensorboard_check.lua TensorBoard; }

# A study that is killed two thousand times (KILL_ROUNDS), at random moments: nothing lost.
check_kills() {
  build all || return 1
  LUA_CPATH="$root/build/?.so;;" "$LUA" spec/study/kills_check.lua "${PYTHON:-python3}" \
    "${KILL_ROUNDS:-2000}" "${KILL_SEED:-1}"
}

# The array script on a Slurm of this machine alone, where Slurm is installed.
check_slurm() {
  build all || return 1
  LUA_CPATH="$root/build/?.so;;" sh spec/check/slurm.sh "$root" 2>build/check/slurm.err
  code=$?
  [ $code -eq 2 ] && skipped=$(tail -n 1 build/check/slurm.err) || cat build/check/slurm.err
  return $code
}

# What is installed; completions in the shells that can be had.
check_install() {
  need man man-db && need groff groff || return 2
  need zsh zsh
  need fish fish
  build all && sh spec/check/install.sh "$MAKE"
}

# script NAME ARGUMENT ...: spec/check/NAME.sh, which returns 2 and says why on stderr to be skipped.
script() {
  name_of=$1
  shift
  sh "spec/check/$name_of.sh" "$@" 2>"build/check/$name_of.err"
  code=$?
  [ $code -eq 2 ] && skipped=$(tail -n 1 "build/check/$name_of.err") || cat "build/check/$name_of.err"
  return $code
}

# The tarball on a machine that has nothing but a shell and small tools.
check_bundle() {
  build bundle && script bundle "$(ls -t build/circlet-*-"$(uname -m)".tar.gz | head -n 1)"
}

# `luarocks make` in a fresh copy of the tree.
check_rock() {
  need luarocks luarocks || return 2
  script rock
}

# The Debian package, unpacked.
check_deb() {
  need dpkg-shlibdeps dpkg-dev || return 2
  build deb && script deb "$(ls -t build/circlet_*.deb | head -n 1)"
}

# Compiled for aarch64; specs under emulation (AARCH64_SPECS).
check_aarch64() {
  need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu && need qemu-aarch64-static qemu-user-static || return 2
  script aarch64 "$MAKE" ${AARCH64_SPECS-}
}

# What README.md tells to type, in a fresh clone.
check_readme() {
  build all && script readme ${README_COMMANDS-}
}

summary= worst=0
for name in "$@"; do
  printf '\n== check-%s\n' "$name"
  start=$(date +%s)
  "check_$name"
  case $? in
    0) state=passed ;;
    2) state="SKIPPED: $skipped" ;;
    *) state=FAILED worst=1 ;;
  esac
  summary="$summary
$(printf 'check-%-12s%5d s  %s' "$name" $(($(date +%s) - start)) "$state")"
done
printf '\n%s\n' "${summary#?}"
exit $worst

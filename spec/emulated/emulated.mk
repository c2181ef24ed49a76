# The CUDA backend on an emulated GPU (emulator.h): the kernels themselves, translated to C++ and
# run on the CPU, so that a machine without a GPU finds wrong indices, sums, launches and bindings.
# `make check-emulated` runs the specs of spec/cuda there. Needs the CUDA toolkit's headers.
EMULATED         = $(BUILD)/emulated
EMULATED_HEADERS = $(CUDA_HEADERS:%=$(EMULATED)/%)
EMULATED_OBJECTS = $(CUDA_SOURCES:%.cu=$(EMULATED)/%.o) $(EMULATED)/emulator.o
EMULATED_CXX     = g++ -std=c++20 -O1 -g -fPIC -fvisibility=hidden -ffp-contract=off -w -DCT_TILE_MOST_HERE=256 \
                   -Ispec/emulated/instead -I$(EMULATED)/core -Icore -Ispec/emulated -I$(dir $(lastword $(NVCC)))../include

$(EMULATED)/core/cuda/%.cpp: core/cuda/%.cu spec/emulated/translate.lua
	@mkdir -p $(@D)
	$(Q)$(LUA) spec/emulated/translate.lua $< $@
$(EMULATED)/core/cuda/%.cuh: core/cuda/%.cuh spec/emulated/translate.lua
	@mkdir -p $(@D)
	$(Q)$(LUA) spec/emulated/translate.lua $< $@
$(EMULATED)/core/%.o: $(EMULATED)/core/%.cpp spec/emulated/emulator.h $(EMULATED_HEADERS) $(HEADERS)
	@echo "c++ $< for the emulated GPU"
	$(Q)$(EMULATED_CXX) -include emulator.h -c -o $@ $<
$(EMULATED)/emulator.o: spec/emulated/emulator.cpp spec/emulated/emulator.h
	@mkdir -p $(@D)
	$(Q)$(EMULATED_CXX) -c -o $@ $<
$(EMULATED)/libcublas.so: spec/emulated/cublas.cpp
$(EMULATED)/libcudnn.so: spec/emulated/cudnn.cpp
$(EMULATED)/lib%.so:
	@mkdir -p $(@D)
	$(Q)$(EMULATED_CXX) -shared -fvisibility=default $(BLAS_CFLAGS) -o $@ $< $(BLAS_LIBS)
$(EMULATED)/circlet/core.so: $(filter-out $(CUDA_SOURCES:%.cu=$(BUILD)/%.o),$(OBJECTS)) $(BINDING_OBJECTS) $(EMULATED_OBJECTS)
	@mkdir -p $(@D)
	@echo "link $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(filter-out -lcudart_static,$(LIBS)) -lstdc++

.SECONDARY: $(EMULATED_HEADERS) $(CUDA_SOURCES:%.cu=$(EMULATED)/%.cpp)
.PHONY: emulated cuda-sources
cuda-sources:
	@echo $(CUDA_SOURCES)
emulated: $(EMULATED)/circlet/core.so $(EMULATED)/libcublas.so $(EMULATED)/libcudnn.so

# Checking and measuring on a GPU; gpu.sh does the work, in a checkout and in a bundle alike, and tells
# by its exit status when there is no GPU (77; make then ends with 2). Makefile includes this.
.PHONY: gpu-check gpu-bench
gpu-check gpu-bench: all
	@LUA='$(LUA)' PYTHON='$(PYTHON)' sh scripts/gpu/gpu.sh $(@:gpu-%=%) $(FLAGS)

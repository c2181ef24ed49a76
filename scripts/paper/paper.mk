# make paper: the figures and tables of the Circle Loss paper that can be repeated without its data
# sets (scripts/paper/README.md). Makefile includes this after its own rules.

# Where tables and pictures go; work that can be gone on with stands in folders below it.
PAPER    ?= runs/paper
# The folder with Omniglot's images_background_small1.zip and 2: with it, all is done there too.
OMNIGLOT ?=
PAPER_RUN = OMP_WAIT_POLICY=$${OMP_WAIT_POLICY:-passive} $(LUA) scripts/paper
ON_OMNIGLOT = --data '$(OMNIGLOT)' --model conv --batch 16x5

.PHONY: paper
paper: deps
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@$(PAPER_RUN)/gradients.lua --out '$(PAPER)'
	@$(PAPER_RUN)/sensitivity.lua --out '$(PAPER)/sensitivity' --results '$(PAPER)' $(FLAGS)
	@$(PAPER_RUN)/trajectories.lua --out '$(PAPER)' $(FLAGS)
	@$(PAPER_RUN)/boundary.lua --out '$(PAPER)' $(FLAGS)
	@$(PAPER_RUN)/losses.lua --out '$(PAPER)' $(FLAGS)
ifeq ($(OMNIGLOT),)
	@echo "circlet: without OMNIGLOT=folder nothing is repeated on Omniglot"
else
	@$(PAPER_RUN)/sensitivity.lua $(ON_OMNIGLOT) --epochs 10 --out '$(PAPER)/sensitivity-omniglot' \
	  --results '$(PAPER)' $(FLAGS)
	@$(PAPER_RUN)/trajectories.lua $(ON_OMNIGLOT) --epochs 20 --out '$(PAPER)' $(FLAGS)
	@$(PAPER_RUN)/boundary.lua $(ON_OMNIGLOT) --epochs 20 --out '$(PAPER)' $(FLAGS)
	@$(PAPER_RUN)/losses.lua $(ON_OMNIGLOT) --epochs 10 --out '$(PAPER)' $(FLAGS)
endif

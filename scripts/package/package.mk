# Packages of circlet. Makefile includes this.

# The one place that says so; the specs hold the rest to it.
VERSION := $(shell sed -n 's/^.define CIRCLET_VERSION *"\(.*\)"$$/\1/p' core/circlet.h)
ifndef VERSION
$(error core/circlet.h does not say CIRCLET_VERSION)
endif
MACHINE := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))

# A tarball that runs where nothing can be installed. The Lua packages of PACKAGES come along.
BUNDLE = circlet-$(VERSION)-$(MACHINE)
.PHONY: bundle
bundle: deps
	@sh scripts/deps.sh patchelf
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@sh scripts/package/bundle.sh $(BUILD) $(BUNDLE) $(filter-out lua-check,$(filter lua-%,$(PACKAGES)))

# Installing, and packages of circlet. Makefile includes this.

ifndef VERSION
$(error core/circlet.h does not say CIRCLET_VERSION)
endif
PACKAGED = $(BUILD)/package

# What is made of the version, of the places of an installation, or of the program's own --help.
.PHONY: packaged
packaged: all
	@mkdir -p $(PACKAGED)
	@sed -e 's|@PREFIX@|$(PREFIX)|; s|@SHLIBDIR@|$(SHLIBDIR)|; s|@VERSION@|$(VERSION)|' \
	  scripts/package/circlet.pc.in >$(PACKAGED)/circlet.pc
	@sed -e 's|^local prelude = .*|package.path = "$(LUADIR)/?.lua;$(LUADIR)/?/init.lua;" .. package.path|' \
	  -e 's|^if prelude .*|package.cpath = "$(LIBDIR)/?.so;" .. package.cpath|' \
	  scripts/circlet >$(PACKAGED)/circlet
	@$(LUA) scripts/package/manual.lua $(PACKAGED)

# The modules and the library: all that a rock holds.
.PHONY: install install-modules install-rock uninstall
install-modules: all
	install -D -m 755 $(MODULE) $(DESTDIR)$(LIBDIR)/circlet/core.so
	cd lua && find . '(' -name '*.lua' -o -name '*.js' ')' -exec install -D -m 644 {} $(DESTDIR)$(LUADIR)/{} ';'
	install -D -m 755 $(LIBRARY) $(DESTDIR)$(SHLIBDIR)/libcirclet.so.$(VERSION)
	ln -sf libcirclet.so.$(VERSION) $(DESTDIR)$(SHLIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(SHLIBDIR)/libcirclet.so
	install -D -m 644 core/circlet.h $(DESTDIR)$(PREFIX)/include/circlet.h
	install -D -m 644 lua/circlet/ffi.lua $(DESTDIR)$(PREFIX)/share/lua/5.1/circlet/ffi.lua

# (LuaRocks makes a program of its own, which tells this one where the modules are.)
install-rock: install-modules
	install -D -m 755 scripts/circlet $(DESTDIR)$(PREFIX)/bin/circlet

install: packaged install-modules
	install -D -m 755 $(PACKAGED)/circlet $(DESTDIR)$(PREFIX)/bin/circlet
	install -D -m 644 $(PACKAGED)/circlet.pc $(DESTDIR)$(SHLIBDIR)/pkgconfig/circlet.pc
	install -D -m 644 $(PACKAGED)/circlet.1 $(DESTDIR)$(PREFIX)/share/man/man1/circlet.1
	install -D -m 644 $(PACKAGED)/circlet.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/circlet
	install -D -m 644 $(PACKAGED)/circlet.zsh $(DESTDIR)$(ZSHDIR)/_circlet
	install -D -m 644 $(PACKAGED)/circlet.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/circlet.fish
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/circlet README.md CHANGELOG.md LICENSE
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions

# Takes away what install, with the same settings, puts there, and folders of circlet's own.
uninstall:
	@root=$$(mktemp -d) && trap 'rm -rf "$$root"' EXIT && \
	$(MAKE) --no-print-directory install DESTDIR="$$root" >/dev/null && cd "$$root" && \
	find . ! -type d | sed 's|^\.|$(DESTDIR)|' | xargs -d '\n' rm -f && \
	{ find . -depth -type d -path '*/circlet*' | sed 's|^\.|$(DESTDIR)|' | \
	  xargs -d '\n' rmdir --ignore-fail-on-non-empty 2>/dev/null || true; }

# A tarball that runs where nothing can be installed. The Lua packages of PACKAGES come along.
BUNDLE = circlet-$(VERSION)-$(MACHINE)
.PHONY: bundle
bundle: deps
	@sh scripts/deps.sh patchelf
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@sh scripts/package/bundle.sh $(BUILD) $(BUNDLE) $(filter-out lua-check,$(filter lua-%,$(PACKAGES)))

# A package for Debian and Ubuntu.
.PHONY: deb
deb: deps
	@sh scripts/deps.sh dpkg-dev
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@sh scripts/package/deb.sh '$(MAKE) --no-print-directory' $(BUILD) $(VERSION)

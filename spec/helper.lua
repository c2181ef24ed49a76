-- Loaded by busted before every spec file.
-- `require "spec.support"` holds what specs share; this file only makes the tree findable.
package.path = "./?.lua;" .. package.path
-- What a spec file loads, busted forgets after it. The loop of luv must not be collected with the
-- module while a later file uses it.
pcall(require, "luv")

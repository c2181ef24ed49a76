-- Loaded by busted before every spec file.
-- `require "spec.support"` holds what specs share; this file only makes the tree findable.
package.path = "./?.lua;" .. package.path

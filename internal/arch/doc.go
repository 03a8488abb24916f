// Package arch holds no code: its tests keep the shape of the whole. They read
// the imports of every Go file of the module, under any build tag, and compare
// them with the table of allowed ones; ARCHITECTURE.md explains that table.
package arch

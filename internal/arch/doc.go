// Package arch holds no code: its tests keep the shape of the whole. They read
// the imports of every Go file of the module, under any build tag, and compare
// them with the table of allowed ones. And they read the sources for the names of
// the kinds of activity: a kind is named in its own files and in one line of each
// layer's table, and all tables hold the same kinds. ARCHITECTURE.md explains both.
package arch

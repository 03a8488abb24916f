// Package static holds what browsers load with the pages: style sheets,
// modules, type and the icon, built by build.mjs into dist and embedded.
//
// Each file is served twice. Under its content-hashed name ("phone.3F2A….js") it
// may be cached for ever; under its plain name it is revalidated each time. Files
// that name each other ("./confetti.js", "./bricolage.woff2") are rewritten to the
// hashed names when they are loaded, so a hash covers all that a file leads to.
package static

// Package source fetches rounds of a beacon over HTTP, from the first of several hosts
// that answers. It trusts none of them: it verifies what it returns.
package source

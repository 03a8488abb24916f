// Package source fetches rounds of a beacon over HTTP, from whichever of several
// hosts answers, and believes none of them: what it returns is verified.
package source

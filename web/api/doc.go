// Package api is the JSON API under /api/v1, but for rehearsals.
//
// A handler returns an error, which the Responder of package problem answers. What a
// kind of activity needs stands in package kinds.
package api

// Package web is everything that HTTP reaches. This package has the routes, all on one
// screen (routes.go), and builds what serves them: package api (JSON), pages, live
// (websockets and the rooms that make their frames) and rehearsal.
//
// Below those are session (who calls, and from where), overload (every valve),
// entries (what phones submit), kinds (what the API asks of a kind of activity), view
// (models for package ui), crowd (simulated phones) and problem (JSON bodies and every
// refusal). What a viewer may see is decided in package event (Snapshot.Public and
// OnAir), so that no handler can forget it.
package web

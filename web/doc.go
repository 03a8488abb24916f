// Package web is everything that HTTP reaches: pages, the JSON API, the
// websocket endpoint, sessions, and the rooms that turn an event's snapshots
// into frames.
//
// Every route stands in routes.go. Handlers return errors; problem.go alone maps
// them to HTTP. What a viewer may see is decided in package event
// (Snapshot.Public and OnAir), so that no handler can forget it.
package web

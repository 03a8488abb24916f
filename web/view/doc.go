// Package view puts what only the node knows (addresses, QR codes, the time an event is
// kept) around the fold's public views, for package ui to render.
package view

//go:build e2e

package faults

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"drumroll/internal/contract"
	"drumroll/internal/nodetest"
)

// newHTTP is a client that all who call share.
func newHTTP() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: 5 * time.Second}}
}

// neverSent reports whether an error says that no request went out.
func neverSent(err error) bool {
	var dial *net.OpError
	return errors.As(err, &dial) && dial.Op == "dial"
}

// at is a client for an event at a node.
func (c *crowd) at(n *node, code, bearer string) *contract.EventClient {
	return (&contract.Client{HTTP: c.http, Server: n.URL()}).At(code, bearer)
}

// call makes one call about the crowd's event within limit.
func (c *crowd) call(limit time.Duration, n *node, bearer, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return c.at(n, c.code, bearer).Call(ctx, method, path, in, out)
}

// create makes another event at a node.
func (c *crowd) create(n *node, title string) (contract.Created, error) {
	ctx, cancel := context.WithTimeout(context.Background(), callLimit)
	defer cancel()
	return nodetest.CreateEvent(ctx, &c.at(n, "", "").Client, title)
}

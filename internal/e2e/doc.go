// Package e2e tests the whole from outside: the real binary, started as a user
// starts it, with real browsers, scripts' HTTP and websocket clients, and both
// Logs. Its tests need the build tag e2e (`make e2e`), Debian's
// chromium-headless-shell, redis-server and haproxy, and `npm ci`; what is missing
// fails them.
//
// The harness:
//
//	server   the binary on a port of its own: start, stop, kill -9, start again
//	balancer HAProxy with deploy/haproxy.cfg in front of several servers; with
//	         DRUMROLL_E2E_BEHIND=haproxy everything goes through one (`make e2e-balanced`)
//	api      a script's HTTP client; event is one event through its host's key
//	socket   a script's websocket
//	device   a page in a browser context of its own. Whatever it complains about
//	         (console, page errors, failed requests, refused policies) fails the
//	         test, unless the test said that it would provoke it.
//
// Nothing here sleeps to synchronise: conditions are waited for.
package e2e

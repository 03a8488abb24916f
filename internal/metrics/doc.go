// Package metrics counts what one node does, for Prometheus.
//
// A Node implements replica.Metrics and web.Metrics, and serves what it counted
// from a registry of its own: nothing is registered in the library's global one,
// so that a test may hold many. Names begin with drumroll_ and end in their unit;
// counters end in _total. Labels come from small closed sets (a status, a view, a
// route pattern): never from codes, names or addresses.
package metrics

// Package metrics counts what one node does, for Prometheus.
//
// A Node serves what it counted from a registry of its own: nothing is registered in
// the library's global one, so tests can use as many as they like. Names begin with drumroll_ and end in their unit;
// counters end in _total. Labels come from small closed sets (a status, a view, a
// route pattern): never from codes, names or addresses.
package metrics

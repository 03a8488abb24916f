package metrics_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/metrics"
)

// scrape returns the series of a node by "name{labels}".
func scrape(t *testing.T, n *metrics.Node) map[string]string {
	t.Helper()
	server := httptest.NewServer(n.Handler())
	defer server.Close()
	res, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %s", res.StatusCode, body)
	}
	series := map[string]string{}
	for line := range strings.Lines(string(body)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !strings.HasPrefix(line, "#") {
			series[name] = value
		}
	}
	return series
}

func TestEverythingIsCounted(t *testing.T) {
	n := metrics.New("v1.2.3")
	for range 3 {
		n.Entry(event.Counted)
	}
	n.Entry(event.Changed)
	n.Entry(event.TooLate)
	n.Entry(event.Malformed)
	n.Entry(0) // a join
	n.Flush(100, 1700, 2*time.Millisecond)
	n.Folded(100, true)
	n.Folded(0, false)
	n.Behind(3 * time.Millisecond)
	n.Behind(-time.Millisecond)
	n.Rewound()
	n.Stopped()
	n.Loaded(+1)
	n.Loaded(+1)
	n.Loaded(-1)
	n.Durable(true)
	n.Connections("phone", +20)
	n.Connections("phone", -3)
	n.Frames("screen", 7)
	n.Refused("rate")
	n.Request("/api/v1/events/{code}/entries", 200, 3*time.Millisecond)

	got := scrape(t, n)
	for name, want := range map[string]string{
		`drumroll_entries_total{outcome="counted"}`:           "3",
		`drumroll_entries_total{outcome="changed"}`:           "1",
		`drumroll_entries_total{outcome="unchanged"}`:         "0",
		`drumroll_entries_total{outcome="closed"}`:            "1",
		`drumroll_entries_total{outcome="invalid"}`:           "1",
		`drumroll_batch_items_sum`:                            "100",
		`drumroll_batch_bytes_sum`:                            "1700",
		`drumroll_append_duration_seconds_bucket{le="0.001"}`: "0",
		`drumroll_append_duration_seconds_bucket{le="0.002"}`: "1",
		`drumroll_folded_records_total{producer="own"}`:       "1",
		`drumroll_folded_records_total{producer="others"}`:    "1",
		`drumroll_folded_items_total`:                         "100",
		`drumroll_fold_lag_seconds_count`:                     "2",
		`drumroll_fold_lag_seconds_sum`:                       "0.003",
		`drumroll_log_rewound_total`:                          "1",
		`drumroll_events_stopped_total`:                       "1",
		`drumroll_events_loaded`:                              "1",
		`drumroll_log_durable`:                                "1",
		`drumroll_connections{view="phone"}`:                  "17",
		`drumroll_connections{view="host"}`:                   "0",
		`drumroll_frames_total{view="screen"}`:                "7",
		`drumroll_refused_total{reason="rate"}`:               "1",
		`drumroll_refused_total{reason="overloaded"}`:         "0",
		`drumroll_request_duration_seconds_count{route="/api/v1/events/{code}/entries",status="200"}`: "1",
	} {
		if got[name] != want {
			t.Errorf("%s = %q, want %s", name, got[name], want)
		}
	}
	for _, name := range []string{"go_goroutines", "process_open_fds"} {
		if got[name] == "" {
			t.Errorf("%s is missing", name)
		}
	}
}

// Two nodes in one process (as in tests) count apart.
func TestNodesShareNothing(t *testing.T) {
	a, b := metrics.New("a"), metrics.New("b")
	a.Rewound()
	if got := scrape(t, b)["drumroll_log_rewound_total"]; got != "0" {
		t.Errorf("another node's metric stands at %s", got)
	}
}

func TestConcurrentUse(t *testing.T) {
	n := metrics.New("test")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				n.Entry(event.Counted)
				n.Frames("phone", 1)
				n.Refused("rate")
				n.Request("/{code}", 200, time.Millisecond)
			}
		})
	}
	wg.Wait()
	if got := scrape(t, n)[`drumroll_entries_total{outcome="counted"}`]; got != "400" {
		t.Errorf("counted = %s, want 400", got)
	}
}

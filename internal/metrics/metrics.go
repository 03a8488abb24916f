package metrics

import (
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"drumroll/internal/event"
)

// Node is the metrics of one process. Its methods may be called from many
// goroutines at once.
type Node struct {
	registry *prometheus.Registry

	// By status, so that an entry costs one atomic addition.
	entries [event.Malformed + 1]prometheus.Counter

	batchItems    prometheus.Histogram
	batchBytes    prometheus.Histogram
	appendSeconds prometheus.Histogram
	folded        *prometheus.CounterVec
	foldedOwn     prometheus.Counter
	foldedOthers  prometheus.Counter
	foldedItems   prometheus.Counter
	foldLag       prometheus.Histogram
	rewound       prometheus.Counter
	stopped       prometheus.Counter
	loaded        prometheus.Gauge
	durable       prometheus.Gauge

	connections *prometheus.GaugeVec
	frames      *prometheus.CounterVec
	refused     *prometheus.CounterVec
	refusedFor  map[string]prometheus.Counter // by known reason, so that refusing a flood costs no look-up of labels
	requests    *prometheus.HistogramVec
	series      sync.Map // of requests: requestSeries → prometheus.Observer, since finding one takes longer than observing
}

// requestSeries is the labels of one series of requests.
type requestSeries struct {
	route  string
	status int
}

// New returns a Node. All series of closed label sets begin at zero, so that a rate over
// them is right from the first scrape on. version is what `drumroll version` prints.
func New(version string) *Node {
	n := &Node{
		registry:   prometheus.NewRegistry(),
		refusedFor: map[string]prometheus.Counter{},
		batchItems: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "drumroll_batch_items", Help: "Submissions (entries, joins, commands) that one append carried.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 13), // 1 … 4096
		}),
		batchBytes: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "drumroll_batch_bytes", Help: "Size of one append's records.",
			Buckets: prometheus.ExponentialBuckets(64, 4, 9), // 64 B … 4 MiB
		}),
		appendSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "drumroll_append_duration_seconds", Help: "Time from handing an append to the log until it was durable, or given up.",
			Buckets: prometheus.ExponentialBuckets(0.00025, 2, 16), // 0.25 ms … 8 s
		}),
		folded: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "drumroll_folded_records_total", Help: "Records folded, by who appended them: this node (own), or another node or an earlier run of this one (others).",
		}, []string{"producer"}),
		foldedItems: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "drumroll_folded_items_total", Help: "Joins and entries in the batch records that were folded.",
		}),
		foldLag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "drumroll_fold_lag_seconds", Help: "Time from the append of the newest record of a read, by the log's clock, until this node folded it.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14), // 1 ms … 8 s
		}),
		rewound: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "drumroll_log_rewound_total", Help: "Times the log no longer held records that this node had folded, and the event was folded again from the start.",
		}),
		stopped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "drumroll_events_stopped_total", Help: "Events that stopped: a damaged record, one of a newer version, or a panic in the fold.",
		}),
		loaded: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "drumroll_events_loaded", Help: "Events held in memory.",
		}),
		durable: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "drumroll_log_durable", Help: "1 if the log's settings lose nothing acknowledged in a crash or a power cut; 0 if they can, or cannot be read.",
		}),
		connections: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "drumroll_connections", Help: "Open websockets by view.",
		}, []string{"view"}),
		frames: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "drumroll_frames_total", Help: "Frames that sockets took, by view; several ticks of one moment count as one.",
		}, []string{"view"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "drumroll_refused_total", Help: "Requests, sockets and entries turned away, by reason.",
		}, []string{"reason"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "drumroll_request_duration_seconds", Help: "HTTP requests by route pattern and status.",
			Buckets: []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10},
		}, []string{"route", "status"}),
	}
	entries := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "drumroll_entries_total", Help: "Entries submitted at this node, by what the fold made of them.",
	}, []string{"outcome"})
	for status, outcome := range outcomes {
		if outcome != "" {
			n.entries[status] = entries.WithLabelValues(outcome)
		}
	}
	n.foldedOwn, n.foldedOthers = n.folded.WithLabelValues("own"), n.folded.WithLabelValues("others")
	for _, view := range []string{"phone", "screen", "host"} {
		n.connections.WithLabelValues(view)
		n.frames.WithLabelValues(view)
	}
	for _, reason := range []string{"overloaded", "arrivals", "rate", "closed", "invalid", "auth", "origin"} {
		n.refusedFor[reason] = n.refused.WithLabelValues(reason)
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "drumroll_build_info", Help: "Always 1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()},
	})
	build.Set(1)
	n.registry.MustRegister(entries, n.batchItems, n.batchBytes, n.appendSeconds, n.folded, n.foldedItems, n.foldLag,
		n.rewound, n.stopped, n.loaded, n.durable, n.connections, n.frames, n.refused, n.requests, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return n
}

// outcomes are the values of `status` in the API.
var outcomes = [event.Malformed + 1]string{
	event.Counted:   "counted",
	event.Changed:   "changed",
	event.Unchanged: "unchanged",
	event.TooLate:   "closed",
	event.Malformed: "invalid",
}

// Handler serves all metrics in Prometheus' text and OpenMetrics formats.
func (n *Node) Handler() http.Handler {
	return promhttp.HandlerFor(n.registry, promhttp.HandlerOpts{Registry: n.registry, EnableOpenMetrics: true})
}

// Entry counts one entry of this node by the fold's verdict. A status that no entry has
// (0: a join) is not counted.
func (n *Node) Entry(status event.Status) {
	if int(status) < len(n.entries) && n.entries[status] != nil {
		n.entries[status].Inc()
	}
}

// Flush counts one append, its submissions and its bytes.
func (n *Node) Flush(items, bytes int, took time.Duration) {
	n.batchItems.Observe(float64(items))
	n.batchBytes.Observe(float64(bytes))
	n.appendSeconds.Observe(took.Seconds())
}

// Folded counts one folded record; items is 0 for a command.
func (n *Node) Folded(items int, own bool) {
	if own {
		n.foldedOwn.Inc()
	} else {
		n.foldedOthers.Inc()
	}
	n.foldedItems.Add(float64(items))
}

// Behind notes how long after its append a record was folded. A negative time, from
// clocks that differ a little, counts as 0.
func (n *Node) Behind(lag time.Duration) { n.foldLag.Observe(max(0, lag).Seconds()) }

// Rewound counts a log that lost records.
func (n *Node) Rewound() { n.rewound.Inc() }

// Stopped counts an event that stopped because of its log.
func (n *Node) Stopped() { n.stopped.Inc() }

// Loaded changes the number of events in memory.
func (n *Node) Loaded(delta int) { n.loaded.Add(float64(delta)) }

// Durable notes whether the log's settings keep everything that was acknowledged.
func (n *Node) Durable(yes bool) {
	if yes {
		n.durable.Set(1)
	} else {
		n.durable.Set(0)
	}
}

// Connections changes the number of open sockets of a view.
func (n *Node) Connections(view string, delta int) {
	n.connections.WithLabelValues(view).Add(float64(delta))
}

// Frames counts frames that sockets of a view took.
func (n *Node) Frames(view string, frames int) {
	n.frames.WithLabelValues(view).Add(float64(frames))
}

// Refused counts a request, socket or entry that was turned away. Reasons: overloaded,
// arrivals, rate, closed, invalid, auth, origin; of sockets also handshake (no websocket
// request, or a foreign origin) and sockets (the node has as many as it can take).
func (n *Node) Refused(reason string) {
	c := n.refusedFor[reason]
	if c == nil {
		c = n.refused.WithLabelValues(reason)
	}
	c.Inc()
}

// Request counts one HTTP request. route is the pattern, never the path.
func (n *Node) Request(route string, status int, took time.Duration) {
	key := requestSeries{route, status}
	o, ok := n.series.Load(key)
	if !ok {
		o, _ = n.series.LoadOrStore(key, n.requests.WithLabelValues(route, strconv.Itoa(status)))
	}
	o.(prometheus.Observer).Observe(took.Seconds())
}

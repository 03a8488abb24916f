package rehearse

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Report is what a rehearsal came to. Times are in seconds and milliseconds, as
// their names say.
type Report struct {
	OK          bool    `json:"ok"` // every check held
	Event       string  `json:"event"`
	Seed        uint64  `json:"seed"`
	Seconds     float64 `json:"seconds"`
	Interrupted bool    `json:"interrupted"`
	EventGone   bool    `json:"event_gone"` // deleted before the end

	Phones     int   `json:"phones"`     // asked for
	Came       int64 `json:"came"`       // their time to join had come
	Connected  int64 `json:"connected"`  // were sent a state
	Joined     int64 `json:"joined"`     // participants
	Reconnects int64 `json:"reconnects"` // of phones that were connected before

	Taps       int64          `json:"taps"`
	Entries    Entries        `json:"entries"`
	Unanswered int64          `json:"unanswered"`
	Retried    int64          `json:"retried"` // entry frames sent again
	Refused    map[string]int `json:"refused"` // by what and why
	Claims     int64          `json:"claims"`  // by winners

	Rate     float64 `json:"rate,omitempty"`     // asked for, entries a second
	Unplaced int64   `json:"unplaced,omitempty"` // taps at the rate for which no phone was free
	LagMS    float64 `json:"lag_ms,omitempty"`   // the most that a tap left after its time, by this program's fault

	Latency Latency `json:"latency_ms"`
	Frames  Frames  `json:"frames"`
	Spread  Spread  `json:"spread"`
	Checks  []Check `json:"checks"`
}

// Entries that were accepted, by what they did.
type Entries struct {
	Counted   int64 `json:"counted"`
	Changed   int64 `json:"changed"`
	Unchanged int64 `json:"unchanged"`
}

// Latency from a tap to its acknowledgement, in milliseconds.
type Latency struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	Max   float64 `json:"max"`
}

// Frames received.
type Frames struct {
	State int64 `json:"state"`
	Tick  int64 `json:"tick"`
	Ack   int64 `json:"ack"`
	Won   int64 `json:"won"`
}

// Spread is how long a state takes from the first phone to the last.
type Spread struct {
	States int     `json:"states"` // that were sent to at least half of the phones
	MaxMS  float64 `json:"max_ms"`
}

// Check is one promise of the server's.
type Check struct {
	Name    string `json:"name"`
	Failed  int    `json:"failed"`
	Skipped bool   `json:"skipped,omitempty"` // it could not be made
	Example string `json:"example,omitempty"`
}

func (c *crowd) report(lasted time.Duration, interrupted bool) *Report {
	checks, failures := c.checks.list()
	c.spread.judge(int(c.got.Load()), true)
	return &Report{
		Event: c.base + "/" + c.code, Seed: c.cfg.Seed, Seconds: lasted.Seconds(), Interrupted: interrupted, EventGone: c.gone.Err() != nil,
		Phones: len(c.phones), Came: c.started.Load(), Connected: c.got.Load(), Joined: c.identities.Load(), Reconnects: c.reconnects.Load(),
		Taps: c.taps.Load(), Entries: Entries{c.counted.Load(), c.changed.Load(), c.unchanged.Load()},
		Unanswered: c.waiting.Load(), Retried: c.retried.Load(), Refused: c.allRefused(), Claims: c.claims.Load(),
		Rate: c.cfg.Rate, Unplaced: c.unplaced.Load(), LagMS: ms(time.Duration(c.lateness.Load())),
		Latency: Latency{c.latency.count(), ms(c.latency.quantile(0.5)), ms(c.latency.quantile(0.9)), ms(c.latency.quantile(0.99)), ms(c.latency.quantile(1))},
		Frames:  Frames{c.frames.state.Load(), c.frames.tick.Load(), c.frames.ack.Load(), c.frames.won.Load()},
		Spread:  Spread{c.spread.count, ms(c.spread.worst)},
		Checks:  checks, OK: failures == 0,
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Write writes the report as people read it.
func (r *Report) Write(w io.Writer) error {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s %s\n", name, fmt.Sprintf(format, args...))
	}
	ended := ""
	switch {
	case r.EventGone:
		ended = ", until the event was deleted"
	case r.Interrupted:
		ended = ", interrupted"
	}
	line("rehearsal", "%s, %.1f s%s, seed %d", r.Event, r.Seconds, ended, r.Seed)
	line("phones", "%d of %d connected, %d joined, %d reconnects", r.Connected, r.Phones, r.Joined, r.Reconnects)
	line("accepted", "%d: %d counted, %d changed, %d unchanged", r.Entries.Counted+r.Entries.Changed+r.Entries.Unchanged,
		r.Entries.Counted, r.Entries.Changed, r.Entries.Unchanged)
	if len(r.Refused) == 0 {
		line("refused", "nothing")
	}
	for i, why := range slices.Sorted(maps.Keys(r.Refused)) {
		name := ""
		if i == 0 {
			name = "refused"
		}
		line(name, "%d × %s", r.Refused[why], why)
	}
	if r.Claims > 0 {
		line("claims", "%d winners claimed what they won", r.Claims)
	}
	line("sent again", "%d; not answered %d", r.Retried, r.Unanswered)
	if r.Rate > 0 {
		line("rate", "%g a second asked for, at most %.1f ms late; no phone was free for %d", r.Rate, r.LagMS, r.Unplaced)
	}
	line("tap to ack", "p50 %.1f ms, p90 %.1f ms, p99 %.1f ms, max %.1f ms (of %d)", r.Latency.P50, r.Latency.P90, r.Latency.P99, r.Latency.Max, r.Latency.Count)
	line("frames", "%d state, %d tick, %d ack, %d won", r.Frames.State, r.Frames.Tick, r.Frames.Ack, r.Frames.Won)
	if r.Spread.States > 0 {
		line("spread", "%d states went to all; from the first phone to the last at most %.1f ms", r.Spread.States, r.Spread.MaxMS)
	}
	held := 0
	for _, c := range r.Checks {
		switch {
		case c.Failed > 0:
			line("FAILED", "%s: %d × (%s)", c.Name, c.Failed, c.Example)
		case c.Skipped:
			line("not checked", "%s", c.Name)
		default:
			held++
		}
	}
	line("checks", "%d of %d held", held, len(r.Checks))
	_, err := io.WriteString(w, b.String())
	return err
}

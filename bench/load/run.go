package load

import (
	"errors"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// patience is how long the loop waits when no answer comes.
const patience = 5 * time.Second

// Result is the outcome of a load.
type Result struct {
	Offered    int // requests that were due
	Sent       int
	Accepted   int
	Refused    int           // the server asked to come again later
	Failed     int           // answered in any other way
	Unanswered int           // sent, and not answered in time
	Took       time.Duration // from the first request to the last answer
}

// Rate is accepted requests per second.
func (r *Result) Rate() float64 { return float64(r.Accepted) / r.Took.Seconds() }

// mostRefused is the share of requests that a server may refuse before the figures
// of the others say little.
const mostRefused = 0.2

// Check returns an error where requests failed or were not answered, or where many
// were refused: a server may refuse some that come all at once.
func (r *Result) Check() error {
	if r.Accepted == 0 || r.Failed+r.Unanswered > 0 || float64(r.Refused) > mostRefused*float64(r.Sent) {
		return fmt.Errorf("of %d requests %d were accepted, %d were refused, %d failed and %d were not answered", r.Sent, r.Accepted, r.Refused, r.Failed, r.Unanswered)
	}
	return nil
}

func (r *Result) count(kind Kind) {
	switch kind {
	case Accepted:
		r.Accepted++
	case Refused:
		r.Refused++
	default:
		r.Failed++
	}
}

// Closed has every connection send its next request as soon as the last one is
// answered, for a time, and waits for the last answers.
func (l *Loop) Closed(d time.Duration) (*Result, error) { return l.closed(d, 1<<62) }

// Times is Closed for a number of requests.
func (l *Loop) Times(n int) (*Result, error) { return l.closed(time.Hour, n) }

func (l *Loop) closed(d time.Duration, most int) (*Result, error) {
	r := &Result{}
	begin := l.now()
	end, last := begin+int64(d), begin
	var sendErr error
	sendNext := func(c *conn) {
		if r.Sent < most && last < end && sendErr == nil {
			r.Sent++
			sendErr = l.send(c)
		}
	}
	for _, c := range l.conns {
		sendNext(c)
	}
	receive := func(c *conn, kind Kind, _ []byte) {
		if kind > Failed || !c.waiting {
			return
		}
		last = l.now()
		c.waiting = false
		r.count(kind)
		sendNext(c)
	}
	for r.open() > 0 && l.now() < last+int64(patience) {
		if err := errors.Join(l.poll(50*time.Millisecond, receive), sendErr); err != nil {
			return nil, err
		}
	}
	r.Took = time.Duration(l.now() - begin)
	r.Offered = r.Sent
	l.giveUp(r)
	return r, nil
}

// open is how many requests are under way.
func (r *Result) open() int { return r.Sent - r.Accepted - r.Refused - r.Failed }

// giveUp stops to wait for answers.
func (l *Loop) giveUp(r *Result) {
	r.Unanswered = r.open()
	for _, c := range l.conns {
		c.waiting = false
	}
}

// Flood is the outcome of requests at a rate that the server has no say in.
type Flood struct {
	Result
	Refusals *Latency // from when a refused request was sent until the refusal
	Lag      *Latency // of the generator: from when a request was due until it was sent
}

// Flood has the connections send one request each in turn, at a rate per second in
// all, for a time, and waits for the last answers. A connection that still waits for
// an answer leaves out its turn, as a phone keeps a new choice until the last one was
// answered.
func (l *Loop) Flood(rate float64, d time.Duration) (*Flood, error) {
	f := &Flood{Refusals: NewLatency(), Lag: NewLatency()}
	f.Offered = int(rate * d.Seconds())
	begin := l.now()
	last := begin
	receive := func(c *conn, kind Kind, _ []byte) {
		if kind > Failed || !c.waiting {
			return
		}
		last = l.now()
		c.waiting = false
		f.count(kind)
		if kind == Refused {
			f.Refusals.Add(time.Duration(last - c.sent))
		}
	}
	due := func(k int) int64 { return begin + int64(float64(k)/rate*1e9) }
	for k := 0; k < f.Offered || f.open() > 0 && l.now() < last+int64(patience); {
		// Answers must not wait for a burst of requests to be sent.
		for burst := 0; burst < 64 && k < f.Offered && due(k) <= l.now(); k++ {
			c := l.conns[k%len(l.conns)]
			if c.waiting {
				continue
			}
			f.Lag.Add(time.Duration(l.now() - due(k)))
			f.Sent++
			burst++
			if err := l.send(c); err != nil {
				return nil, err
			}
		}
		wait := 20 * time.Millisecond
		if k < f.Offered {
			wait = time.Duration(due(k) - l.now())
		}
		if err := l.poll(wait, receive); err != nil {
			return nil, err
		}
	}
	f.Took = time.Duration(last - begin)
	l.giveUp(&f.Result)
	return f, nil
}

// Latency is a histogram of durations, exact to three digits.
type Latency struct{ micros *hdrhistogram.Histogram }

const longest = time.Minute

// NewLatency returns an empty histogram.
func NewLatency() *Latency { return &Latency{hdrhistogram.New(1, longest.Microseconds(), 3)} }

// Add counts a duration, a minute at most.
func (h *Latency) Add(d time.Duration) {
	_ = h.micros.RecordValue(max(0, min(d, longest)).Microseconds()) // fails only out of range
}

// Ms is the latency in milliseconds that q per cent did not exceed.
func (h *Latency) Ms(q float64) float64 { return float64(h.micros.ValueAtQuantile(q)) / 1000 }

// Package crowd keeps the simulated crowds that this node sends to rehearsals, and the
// rehearsals (clones) that it knows, until they are over.
package crowd

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/rehearse"
	"drumroll/internal/replica"
	"drumroll/web/problem"
	"drumroll/web/session"
)

const (
	Stays = 15 * time.Minute // a crowd, unless it is sent home
	Goes  = 5 * time.Second  // most time that a new crowd waits for the one before it

	// MaxSimulated is how many simulated phones a node has where its Config does not say.
	MaxSimulated = 2000
)

// NoRehearsal says that an event is no rehearsal.
var NoRehearsal = problem.New(http.StatusNotFound, "unknown", "No rehearsal", "This event is no rehearsal. POST here makes one of it.")

// Config of Crowds.
type Config struct {
	Replicas *replica.Set
	Logger   *slog.Logger
	URL      string // of this node, as it reaches itself; "": it cannot rehearse
	Most     int    // simulated phones at a time, over all rehearsals; 0: MaxSimulated
}

// Crowds are the simulated phones that this node sends to rehearsals: over its own
// listener, on the path of real ones.
type Crowds struct {
	Config
	run func(context.Context, rehearse.Config) (*rehearse.Report, error)

	over    context.Context // the node is leaving
	end     context.CancelCauseFunc
	running sync.WaitGroup

	mu    sync.Mutex
	shut  bool
	all   map[event.UID]*rehearsal
	there int                 // simulated phones of all crowds that have not ended, of forgotten clones as well
	going map[*crowd]struct{} // crowds of forgotten clones that have not ended
}

// rehearsal is what this node knows of a clone, apart from its log.
type rehearsal struct {
	code, of string
	expiry   *time.Timer
	crowds   []*crowd // that came so far; several where the host asked for more
	version  uint64   // rises with what the console says in words
}

// crowd is one run of package rehearse.
type crowd struct {
	phones int
	leaves time.Time
	recent []rehearse.Progress // the newest last
	end    context.CancelCauseFunc
	gone   chan struct{} // closed once ended
	ended  bool
	report *rehearse.Report // once ended, unless it could not begin
	err    error
}

// Pace is how quickly a crowd does things.
type Pace string

// The paces. The zero value means people's.
const (
	PaceCalm   Pace = "calm"
	PacePeople Pace = "people"
	PaceAtOnce Pace = "at_once"
)

// Script is what a crowd of this pace does; false where there is no such pace.
func (p Pace) Script() (rehearse.Script, bool) {
	s := rehearse.DefaultScript()
	s.Stay = Stays
	switch p {
	case "", PacePeople:
	case PaceCalm:
		s = s.Slower(2.25)
		s.JoinOver = 45 * time.Second
	case PaceAtOnce:
		s = s.Slower(0.25)
		s.JoinOver = 2 * time.Second
	default:
		return s, false
	}
	return s, true
}

// New returns the crowds of a node.
func New(cfg Config) *Crowds {
	over, end := context.WithCancelCause(context.Background())
	cfg.Most = cmp.Or(cfg.Most, MaxSimulated)
	return &Crowds{Config: cfg, run: rehearse.Run, over: over, end: end, all: map[event.UID]*rehearsal{}, going: map[*crowd]struct{}{}}
}

// Leave sends all simulated phones home and takes no more; Wait returns when they
// are gone.
func (c *Crowds) Leave() {
	c.mu.Lock()
	c.shut = true
	for _, r := range c.all {
		r.expiry.Stop()
	}
	c.mu.Unlock()
	c.end(rehearse.ErrAtOnce)
}

// Wait returns when all simulated phones are gone, or ctx ends.
func (c *Crowds) Wait(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		c.running.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// expireAgain lets a clone expire once more, for it could not be deleted.
func (c *Crowds) expireAgain(uid event.UID, after time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.all[uid]; r != nil && !c.shut {
		r.expiry.Reset(after)
	}
}

// track makes a clone known to this node, and calls expired when it is too old.
func (c *Crowds) track(snap *event.Snapshot, expired func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shut || c.all[snap.UID] != nil {
		return
	}
	left := time.Until(time.UnixMilli(int64(snap.CreatedMs)).Add(cloneLives))
	c.all[snap.UID] = &rehearsal{code: snap.Code, of: snap.Of, expiry: time.AfterFunc(left, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.shut {
			c.running.Go(expired) // which Wait waits for
		}
	})}
}

// Forget drops a clone that is no more, and sends its crowd home.
func (c *Crowds) Forget(uid event.UID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.all[uid]; r != nil {
		r.expiry.Stop()
		delete(c.all, uid)
		for _, one := range r.crowds {
			if !one.ended {
				c.going[one] = struct{}{}
				one.end(rehearse.ErrAtOnce)
			}
		}
	}
}

// Settle returns when the crowds of forgotten clones have gone, after so long, or
// when ctx ends.
func (c *Crowds) Settle(ctx context.Context, most time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	c.mu.Lock()
	going := slices.Collect(maps.Keys(c.going))
	c.mu.Unlock()
	for _, one := range going {
		select {
		case <-one.gone:
		case <-ctx.Done():
			return
		}
	}
}

// ClonesOf are the codes of the clones of an event that this node knows.
func (c *Crowds) ClonesOf(code string) (codes []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.all {
		if r.of == code {
			codes = append(codes, r.code)
		}
	}
	return codes
}

// Version rises whenever the console of a clone should say something else.
func (c *Crowds) Version(uid event.UID) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.all[uid]; r != nil {
		return r.version
	}
	return 0
}

// Send sends so many phones to a clone that mind was told of. changed is called
// whenever version has risen. A *problem.Problem says why it cannot be.
func (c *Crowds) Send(uid event.UID, phones int, script rehearse.Script, changed func()) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.all[uid]
	switch {
	case c.shut:
		return problem.Leaving
	case r == nil:
		return NoRehearsal
	}
	if c.there+phones > c.Most {
		return problem.New(503, "overloaded", "Too many simulated phones",
			"This server simulates at most "+humanize.Comma(int64(c.Most))+" phones at a time, and "+humanize.Comma(int64(c.there))+" are there already.")
	}
	over, end := context.WithCancelCause(c.over)
	one := &crowd{phones: phones, leaves: time.Now().Add(script.Stay), end: end, gone: make(chan struct{})}
	c.there += phones
	r.crowds = append(r.crowds, one)
	r.version++
	cfg := rehearse.Config{
		JoinURL: c.URL + "/" + r.code, Direct: true, Phones: phones, Script: script, Seed: 1 + rand.Uint64N(1e6),
		Progress: func(p rehearse.Progress) {
			if c.noted(r, one, p) {
				changed()
			}
		},
	}
	c.running.Go(func() {
		report, err := c.run(over, cfg)
		end(nil)
		c.mu.Lock()
		one.ended, one.report, one.err = true, report, err
		c.there -= phones
		delete(c.going, one)
		close(one.gone)
		r.version++
		c.mu.Unlock()
		changed()
	})
	return nil
}

// rateOver is how many calls of Progress the rate of entries is taken over: some
// two seconds.
const rateOver = 5

// noted keeps a crowd's progress; it reports whether the console should be told.
func (c *Crowds) noted(r *rehearsal, one *crowd, p rehearse.Progress) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	worse := len(one.recent) > 0 && len(p.Failed) > len(one.recent[len(one.recent)-1].Failed)
	if len(one.recent) == rateOver {
		one.recent = slices.Delete(one.recent, 0, 1)
	}
	one.recent = append(one.recent, p)
	if worse {
		r.version++
	}
	return worse
}

// The states of a clone's crowd, as the API names them.
const (
	Here      = "here"
	Left      = "left"      // its time was up, or it could not come
	Elsewhere = "elsewhere" // at another node
	None      = "none"      // there is none; the node was started again
)

// State is what all crowds of a clone at this node do together; "none" where it has none.
func (c *Crowds) State(snap *event.Snapshot) contract.Rehearsal {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := contract.Rehearsal{Of: snap.Of, State: None, Checks: rehearse.Checks(), Failed: []contract.BrokenCheck{}}
	r := c.all[snap.UID]
	if r == nil || len(r.crowds) == 0 {
		return out
	}
	out.State = Left
	if slices.ContainsFunc(r.crowds, func(one *crowd) bool { return !one.ended }) {
		out.State = Here
	}
	for _, one := range r.crowds {
		if one.err != nil && !errors.Is(one.err, context.Canceled) {
			out.Error = one.err.Error()
		}
		var newest rehearse.Progress
		if n := len(one.recent); n > 0 {
			newest = one.recent[n-1]
		}
		if one.report != nil { // all that was told in the end
			newest.Failed, newest.Accepted = one.report.Checks, one.report.Latency.Count
		}
		out.Failed = addFailed(out.Failed, newest.Failed)
		out.Accepted += newest.Accepted
		out.Refused += newest.Refused
		out.Retried += newest.Retried
		out.P99MS = max(out.P99MS, float64(newest.LatencyP99.Microseconds())/1000)
		if one.ended && out.State == Here {
			continue
		}
		out.Phones += one.phones
		if !one.ended {
			out.Connected += newest.Connected
			out.PerSecond += one.perSecond()
			out.LeavesInMS = max(out.LeavesInMS, time.Until(one.leaves).Milliseconds())
		}
	}
	out.PerSecond = math.Round(10*out.PerSecond) / 10
	return out
}

func (one *crowd) perSecond() float64 {
	if len(one.recent) < 2 {
		return 0
	}
	first, last := one.recent[0], one.recent[len(one.recent)-1]
	took := (last.Elapsed - first.Elapsed).Seconds()
	if took <= 0 {
		return 0
	}
	return float64(last.Accepted-first.Accepted) / took
}

// addFailed adds checks that failed to those of other crowds.
func addFailed(all []contract.BrokenCheck, checks []rehearse.Check) []contract.BrokenCheck {
	for _, check := range checks {
		if i := slices.IndexFunc(all, func(known contract.BrokenCheck) bool { return known.Name == check.Name }); i >= 0 {
			all[i].Failed += check.Failed
		} else if check.Failed > 0 {
			all = append(all, contract.BrokenCheck{Name: check.Name, Failed: check.Failed, Example: check.Example})
		}
	}
	return all
}

// cloneLives is how long a rehearsal that nobody ended is kept.
const cloneLives = 24 * time.Hour

// expiryAgain is how long after a deletion that failed it is tried again.
const expiryAgain = time.Minute

// Discard deletes a rehearsal; false where that failed. An event that has taken its
// code since stays.
func (c *Crowds) Discard(ctx context.Context, code string, uid event.UID) bool {
	rep, err := c.Replicas.Open(ctx, code)
	if err == nil && session.UID(rep) == uid {
		err = c.Replicas.Delete(ctx, rep)
	}
	if err != nil && problem.Of(err).Status != http.StatusNotFound {
		c.Logger.Warn("a rehearsal could not be deleted", "event", code, "err", err)
		return false
	}
	c.Forget(uid)
	return true
}

// Expire has a rehearsal deleted 24 hours after it was made.
func (c *Crowds) Expire(snap event.Snapshot) {
	c.track(&snap, func() {
		ctx, cancel := context.WithTimeout(c.over, session.SyncTimeout)
		defer cancel()
		c.Logger.Info("rehearsal expired", "event", snap.Code)
		if !c.Discard(ctx, snap.Code, snap.UID) {
			c.expireAgain(snap.UID, expiryAgain)
		}
	})
}

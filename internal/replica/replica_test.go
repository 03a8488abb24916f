package replica_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/replica"
)

func TestCreateOpenSubmitPropose(t *testing.T) {
	onEachLog(t, func(t *testing.T, log, _ eventlog.Store) {
		n := newNode(t, log)
		if _, err := n.Open(t.Context(), code); !errors.Is(err, eventlog.ErrNotFound) {
			t.Errorf("open before it was created: %v", err)
		}
		n.create()
		if err := n.Create(t.Context(), event.UID{9}, creation()); !errors.Is(err, eventlog.ErrExists) {
			t.Errorf("created twice: %v", err)
		}
		e := n.open(code)
		id := e.openPoll(0, "tabs", "spaces")

		e.submit(vote(1, id, 1, 0)).want(t, event.Counted)
		e.submit(vote(1, id, 2, 1)).want(t, event.Changed)
		e.submit(vote(1, id, 3, 1)).want(t, event.Unchanged)
		e.submit(vote(1, 99, 3, 1)).want(t, event.Malformed)
		e.submit(event.JoinItem(2, "")).want(t, 0)
		if err := e.Submit(vote(3, id, 1, 0), nil); err != nil { // nobody waits for it
			t.Error(err)
		}
		e.do(event.Command{Type: event.CmdClose, Activity: id})
		e.submit(vote(1, id, 4, 0)).want(t, event.TooLate)

		s, err := e.Propose(t.Context(), &event.Command{Type: event.CmdClose, Activity: id})
		var refusal *event.Refusal
		if !errors.As(err, &refusal) || refusal.Code != event.Conflict || s.Activity == nil || s.Activity.State != event.Closed {
			t.Errorf("closed twice: %v, %+v", err, s.Activity)
		}
		if a := e.activity(id); a.Entries != 2 || a.Counts[0] != 1 || a.Counts[1] != 1 {
			t.Errorf("%+v", a)
		}
	})
}

// eager looks at the state while it is being told.
type eager struct {
	e    *loaded
	id   int
	seen chan int
}

func (w *eager) Settle(replica.Settled) { w.seen <- w.e.activity(w.id).Entries }

func TestAcknowledgedMeansFolded(t *testing.T) {
	n := newNode(t, embedded(t))
	n.create()
	e := n.open(code)
	id := e.openPoll(0, "a")
	for i := range 20 {
		w := &eager{e, id, make(chan int, 1)}
		if err := e.Submit(vote(event.Participant(i+1), id, 1, 0), w); err != nil {
			t.Fatal(err)
		}
		if got := <-w.seen; got != i+1 {
			t.Fatalf("acknowledged entry %d, and %d are to be seen", i+1, got)
		}
	}
}

func TestSettledAtItsPosition(t *testing.T) {
	n := newNode(t, embedded(t))
	n.create()
	e := n.open(code)
	id := e.openPoll(0, "a")
	s := e.submit(vote(1, id, 1, 0)).wait(t)
	if err := e.Wait(t.Context(), eventlog.Offset(s.At)); err != nil {
		t.Errorf("wait for what was acknowledged: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Wait(ctx, eventlog.Offset{Ms: s.At.Ms + 1<<40}); !errors.Is(err, context.Canceled) {
		t.Errorf("wait for what is not there: %v", err)
	}
}

// Propose does not change the caller's command, which may be used again.
func TestProposedCommandStaysTheCallers(t *testing.T) {
	n := newNode(t, embedded(t))
	n.create()
	e := n.open(code)
	c := event.Command{Type: event.CmdAdd, Spec: poll("a")}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 10 {
		if _, err := e.Propose(gone, &c); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if c.Identity != (event.Identity{}) {
			t.Fatal("the identity was set in the caller's command")
		}
		c.Spec = poll("b")
	}
	if _, err := e.Propose(t.Context(), &c); err != nil {
		t.Fatal(err)
	}
	if c.Identity != (event.Identity{}) {
		t.Error("the identity was set in the caller's command")
	}
}

func TestTwoNodesReachTheSameState(t *testing.T) {
	onEachLog(t, func(t *testing.T, logA, logB eventlog.Store) {
		a, b := newNode(t, logA), newNode(t, logB)
		a.create()
		ea, eb := a.open(code), b.open(code)
		id := ea.openPoll(0, "x", "y", "z")
		raffle := ea.openRaffle()
		var crowd sync.WaitGroup
		for i, e := range []*loaded{ea, eb} {
			crowd.Go(func() {
				var receipts []*receipt
				for p := event.Participant(1); p < 100; p++ {
					receipts = append(receipts,
						e.submit(vote(p, id, uint32(2*i+1), int(p)%3)),
						e.submit(entry(p, raffle, byte(p))),
						e.submit(vote(p, id, uint32(2*i+2), int(p+1)%3)))
				}
				for _, r := range receipts {
					if s := r.wait(t); s.Err != nil || s.Outcome.Status > event.Unchanged {
						t.Errorf("settled %+v", s)
					}
				}
			})
		}
		crowd.Wait()
		ea.do(event.Command{Type: event.CmdClose, Activity: raffle})
		seed := chain(raffle, 1).Element(1)
		eb.sync() // sees the other node's close
		if got := eb.activity(raffle).State; got != event.Closed {
			t.Errorf("after Sync the raffle is %s", got)
		}
		eb.do(event.Command{Type: event.CmdDraw, Activity: raffle, Run: 1, Seed: &seed})
		ea.sync()
		for _, e := range []*loaded{ea, eb} {
			e.until("the list of entrants", func() bool { return e.activity(raffle).Raffle.Freeze != nil })
		}
		if pa, pb := ea.picture(), eb.picture(); pa != pb {
			t.Errorf("one node has\n%s\nthe other\n%s", pa, pb)
		}
		if got := ea.activity(id); got.Entries != 99 || got.Counts[0]+got.Counts[1]+got.Counts[2] != 99 {
			t.Errorf("%+v", got)
		}
		// A third node that comes late, too.
		c := newNode(t, logB)
		ec := c.open(code)
		ec.until("the list of entrants", func() bool { return ec.activity(raffle).Raffle.Freeze != nil })
		if pa, pc := ea.picture(), ec.picture(); pa != pc {
			t.Errorf("a late node has\n%s\ninstead of\n%s", pc, pa)
		}
	})
}

// Two hosts press the same button: one wins, the other is told the present state.
func TestTwoHostsPressTheSameButton(t *testing.T) {
	onEachLog(t, func(t *testing.T, logA, logB eventlog.Store) {
		a, b := newNode(t, logA), newNode(t, logB)
		a.create()
		ea, eb := a.open(code), b.open(code)
		id := ea.openPoll(0, "x")
		eb.sync()
		errs := make(chan error, 2)
		for _, e := range []*loaded{ea, eb} {
			go func() {
				s, err := e.Propose(t.Context(), &event.Command{Type: event.CmdClose, Activity: id})
				if s.Activity == nil || s.Activity.State != event.Closed {
					err = errors.Join(err, errors.New("told another state than closed"))
				}
				errs <- err
			}()
		}
		first, second := <-errs, <-errs
		var refusal *event.Refusal
		if (first == nil) == (second == nil) || !errors.As(errors.Join(first, second), &refusal) {
			t.Errorf("both got %v and %v, want one to win", first, second)
		}
	})
}

// A node stalls, another acknowledges a newer choice, and then the first one's
// batch comes late.
func TestLateBatchOverwritesNothing(t *testing.T) {
	onEachLog(t, func(t *testing.T, logA, logB eventlog.Store) {
		stalled := newTap(logA)
		a, b := newNode(t, stalled), newNode(t, logB)
		b.create()
		ea, eb := a.open(code), b.open(code)
		id := eb.openPoll(0, "x", "y")
		ea.sync()

		release := make(chan struct{})
		stalled.set(func() {
			stalled.appends = func(do func() (eventlog.Offset, error)) (eventlog.Offset, error) {
				<-release
				return do()
			}
		})
		late := ea.submit(vote(7, id, 1, 0))
		eb.submit(vote(7, id, 2, 1)).want(t, event.Counted)
		close(release)
		late.want(t, event.Unchanged)
		eb.sync()
		for _, e := range []*loaded{ea, eb} {
			if got := e.activity(id).Counts; got[0] != 0 || got[1] != 1 {
				t.Errorf("counts %v, want the newer choice", got)
			}
		}
	})
}

func TestTimedClose(t *testing.T) {
	onEachLog(t, func(t *testing.T, logA, logB eventlog.Store) {
		a, b := newNode(t, logA), newNode(t, logB)
		a.create()
		ea, eb := a.open(code), b.open(code)
		opened := time.Now()
		id := ea.openPoll(1, "x")
		for _, e := range []*loaded{ea, eb} { // both try, one close counts
			e.until("the close", func() bool {
				snap, _ := e.Snapshot()
				return len(snap.Activities) == 1 && snap.Activities[0].State == event.Closed
			})
		}
		if took := time.Since(opened); took < 900*time.Millisecond {
			t.Errorf("closed after %v", took)
		}
		ea.submit(vote(1, id, 1, 0)).want(t, event.TooLate)
	})
}

func TestOverdueAtLoadIsClosedBeforeAnybodyLooks(t *testing.T) {
	log := embedded(t)
	first := newNode(t, log)
	first.create()
	id := first.open(code).openPoll(1, "x")
	// The node that opened it goes, and the next comes when the time is up.
	first.Close()
	head, err := log.Head(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	later := &laterLog{Store: log, by: time.Minute}
	second := newNode(t, later)
	e := second.open(code)
	if a := e.activity(id); a.State != event.Closed {
		t.Errorf("just loaded, it is %s", a.State)
	}
	if now, err := log.Head(t.Context(), code); err != nil || now.Compare(head) <= 0 {
		t.Errorf("no close stands in the log: head %v, %v", now, err)
	}
	e.submit(vote(1, id, 1, 0)).want(t, event.TooLate)
}

// laterLog is a real log whose clock is ahead.
type laterLog struct {
	eventlog.Store
	by time.Duration
}

func (l *laterLog) Now(ctx context.Context) (time.Time, error) {
	now, err := l.Store.Now(ctx)
	return now.Add(l.by), err
}

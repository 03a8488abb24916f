package replica_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/replica"
)

func TestDelete(t *testing.T) {
	onEachLog(t, func(t *testing.T, logA, logB eventlog.Store) {
		a, b := newNode(t, logA), newNode(t, logB)
		a.create()
		ea, eb := a.open(code), b.open(code)
		id := ea.openPoll(0, "x")
		ea.submit(vote(1, id, 1, 0)).want(t, event.Counted)
		eb.sync()

		if err := a.Delete(t.Context(), ea.Replica); err != nil {
			t.Fatal(err)
		}
		for _, e := range []*loaded{ea, eb} {
			e.until("the watcher is told", func() bool { return errors.Is(e.Err(), replica.ErrDeleted) })
			if err := e.Wait(t.Context(), eventlog.Offset{Ms: 1 << 60}); !errors.Is(err, replica.ErrDeleted) {
				t.Errorf("Wait: %v", err)
			}
			r := &receipt{make(chan replica.Settled, 2)}
			if err := e.Submit(vote(1, id, 2, 0), r); err == nil {
				if s := r.wait(t); s.Err == nil {
					t.Errorf("an entry after the deletion: %+v", s)
				}
			} else if !errors.Is(err, eventlog.ErrStopped) {
				t.Errorf("Submit: %v", err)
			}
		}
		for _, n := range []*node{a, b} {
			if _, err := n.Open(t.Context(), code); !errors.Is(err, eventlog.ErrNotFound) {
				t.Errorf("open after the deletion: %v", err)
			}
		}
		// The code can be used again, for an event that knows nothing of the old one.
		if err := b.Create(t.Context(), event.UID{0xd0, 2}, creation()); err != nil {
			t.Fatal(err)
		}
		for _, n := range []*node{a, b} {
			e := n.open(code)
			if snap, _ := e.Snapshot(); len(snap.Activities) != 0 || snap.Joined != 0 || snap.UID != (event.UID{0xd0, 2}) {
				t.Errorf("the new event begins as %+v", snap)
			}
		}
		e := a.open(code)
		id = e.openPoll(0, "x")
		e.submit(vote(1, id, 1, 0)).want(t, event.Counted)
	})
}

// A process died between the delete record and the removal of the log, so both are there.
// The event counts as gone, and the next node that opens it removes the log.
func TestInterruptedDeleteIsFinished(t *testing.T) {
	log := embedded(t)
	n := newNode(t, log)
	n.create()
	if _, err := log.Append(t.Context(), code, [][]byte{event.AppendCommand(nil, &event.Command{
		Identity: event.Identity{UID: testUID, Producer: 77, Seq: 1}, Type: event.CmdDelete,
	})}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Open(t.Context(), code); !errors.Is(err, eventlog.ErrNotFound) {
		t.Errorf("open: %v", err)
	}
	if _, err := log.Head(t.Context(), code); !errors.Is(err, eventlog.ErrNotFound) {
		t.Errorf("the log is still there: %v", err)
	}
	n.create()
	n.open(code)
}

func TestIdleEventsAreEvictedAndComeBack(t *testing.T) {
	log := embedded(t)
	n := newNode(t, log, func(c *replica.Config) { c.Idle = 150 * time.Millisecond })
	n.create()
	e := n.open(code)
	e.Pin()
	id := e.openPoll(0, "x", "y")
	raffle := e.openRaffle()
	for p := event.Participant(1); p < 40; p++ {
		e.submit(vote(p, id, 1, int(p)%2)).want(t, event.Counted)
		e.submit(entry(p, raffle, byte(p))).want(t, event.Counted)
	}
	e.do(event.Command{Type: event.CmdClose, Activity: raffle})
	e.until("the list of entrants", func() bool { return e.activity(raffle).Raffle.Freeze != nil })
	before := e.picture()
	e.Unpin()
	e.ended()
	if err := e.Wait(t.Context(), eventlog.Offset{Ms: 1 << 60}); !errors.Is(err, eventlog.ErrStopped) {
		t.Errorf("Wait on an evicted event: %v", err)
	}

	for round := range 3 {
		e = n.open(code)
		e.Pin()
		if round == 0 {
			e.until("the list of entrants", func() bool { return e.activity(raffle).Raffle.Freeze != nil })
			if after := e.picture(); after != before {
				t.Errorf("before the eviction\n%s\nafter\n%s", before, after)
			}
		}
		// What the event counted before has used up the producer's numbers.
		e.submit(vote(event.Participant(50+round), id, 1, 0)).want(t, event.Counted)
		e.Unpin()
		e.ended()
	}
}

func TestWhatKeepsAnEventLoaded(t *testing.T) {
	log := embedded(t)
	n := newNode(t, log, func(c *replica.Config) { c.Idle = 150 * time.Millisecond })
	names := []string{"PINNED", "COUNTS", "IDLE"}
	events := map[string]*loaded{}
	for i, name := range names {
		c := creation()
		c.Code = name
		if err := n.Create(t.Context(), event.UID{byte(i + 1)}, c); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range names {
		events[name] = n.open(name)
		switch name {
		case "PINNED":
			events[name].Pin()
		case "COUNTS":
			events[name].Pin()
			events[name].openPoll(3600, "x")
			events[name].Unpin()
		}
	}
	events["IDLE"].ended()
	for name, want := range map[string]error{"PINNED": nil, "COUNTS": nil, "IDLE": eventlog.ErrStopped} {
		if err := events[name].Err(); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

func TestCloseResolvesEveryWaiter(t *testing.T) {
	t.Run("the log answers", func(t *testing.T) {
		slow := newTap(embedded(t))
		n := newNode(t, slow)
		n.create()
		e := n.open(code)
		id := e.openPoll(0, "x")
		held, release := make(chan struct{}), make(chan struct{})
		slow.set(func() {
			slow.appends = func(do func() (eventlog.Offset, error)) (eventlog.Offset, error) {
				select {
				case held <- struct{}{}:
					<-release
				case <-release:
				}
				return do()
			}
		})
		receipts := []*receipt{e.submit(vote(1, id, 1, 0))}
		<-held // the first is in flight, the others pend
		for p := event.Participant(2); p < 200; p++ {
			receipts = append(receipts, e.submit(vote(p, id, 1, 0)))
		}
		closed := make(chan struct{})
		go func() { n.Close(); close(closed) }()
		close(release)
		for _, r := range receipts {
			r.want(t, event.Counted)
		}
		<-closed
		if err := e.Submit(vote(1, id, 2, 0), nil); !errors.Is(err, eventlog.ErrStopped) {
			t.Errorf("Submit after the end: %v", err)
		}
		if err := e.Sync(t.Context()); err != nil && !errors.Is(err, eventlog.ErrStopped) {
			t.Errorf("Sync after the end: %v", err)
		}
		if _, err := n.Open(t.Context(), code); !errors.Is(err, eventlog.ErrStopped) {
			t.Errorf("Open after the end: %v", err)
		}
		n.Close() // a second time does nothing
	})
	t.Run("the log hangs", func(t *testing.T) {
		hung := newTap(embedded(t))
		n := newNode(t, hung, func(c *replica.Config) { c.GiveUp, c.MaxBatch = 100*time.Millisecond, 10 })
		n.create()
		e := n.open(code)
		id := e.openPoll(0, "x")
		hung.set(func() {
			hung.appends = func(func() (eventlog.Offset, error)) (eventlog.Offset, error) {
				return eventlog.Offset{}, errors.New("no answer")
			}
		})
		var receipts []*receipt
		for p := event.Participant(1); p < 200; p++ {
			receipts = append(receipts, e.submit(vote(p, id, 1, 0)))
		}
		n.Close()
		for _, r := range receipts {
			if s := r.wait(t); !errors.Is(s.Err, eventlog.ErrGaveUp) && !errors.Is(s.Err, eventlog.ErrStopped) {
				t.Errorf("settled %+v", s)
			}
		}
	})
}

func TestOverloadIsRefusedAtOnce(t *testing.T) {
	slow := newTap(embedded(t))
	n := newNode(t, slow, func(c *replica.Config) { c.MaxPending = 4 })
	n.create()
	e := n.open(code)
	id := e.openPoll(0, "x")
	held, release := make(chan struct{}), make(chan struct{})
	slow.set(func() {
		slow.appends = func(do func() (eventlog.Offset, error)) (eventlog.Offset, error) {
			select {
			case held <- struct{}{}:
				<-release
			case <-release:
			}
			return do()
		}
	})
	receipts := []*receipt{e.submit(vote(1, id, 1, 0))}
	<-held
	for p := event.Participant(2); p < 5; p++ {
		receipts = append(receipts, e.submit(vote(p, id, 1, 0)))
	}
	if err := e.Submit(vote(9, id, 1, 0), nil); !errors.Is(err, eventlog.ErrOverloaded) {
		t.Errorf("one too many: %v", err)
	}
	close(release)
	for _, r := range receipts {
		r.want(t, event.Counted)
	}
}

func TestSyncSharesReadsOfTheHead(t *testing.T) {
	n := newNode(t, embedded(t))
	n.create()
	e := n.open(code)
	errs := make(chan error)
	for range 100 {
		go func() { errs <- e.Sync(t.Context()) }()
	}
	for range 100 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Sync(gone); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

package replica_test

import (
	"context"
	"errors"
	"testing"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/eventlog/filelog"
	"drumroll/internal/redistest"
	"drumroll/internal/replica"

	"github.com/redis/go-redis/v9"
)

// raw appends a record without a replica.
func raw(t *testing.T, log eventlog.Store, record []byte) {
	t.Helper()
	if _, err := log.Append(t.Context(), code, [][]byte{record}); err != nil {
		t.Fatal(err)
	}
}

// copyLog makes another log with the first n records of one (offsets differ).
func copyLog(t *testing.T, from eventlog.Log, n int) *filelog.Log {
	t.Helper()
	to, err := filelog.Open(t.TempDir(), filelog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := to.Close(); err != nil {
			t.Error(err)
		}
	})
	records, err := from.Read(t.Context(), code, eventlog.Offset{}, n, 0)
	if err != nil || len(records) != n {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for i, r := range records {
		if i == 0 {
			_, err = to.Create(t.Context(), code, r.Data)
		} else {
			_, err = to.Append(t.Context(), code, [][]byte{r.Data})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}

var errBroken = errors.New("connection reset")

// After an interruption the log lacks its tail, as after a failover.
func TestRewoundLogIsFoldedAgain(t *testing.T) {
	old := newTap(embedded(t))
	n := newNode(t, old)
	n.create()
	e := n.open(code)
	id := e.openPoll(0, "x", "y") // records 2 and 3
	e.submit(vote(1, id, 1, 0)).want(t, event.Counted)
	e.submit(vote(2, id, 1, 0)).want(t, event.Counted)
	_, epoch := e.Snapshot()

	reads := old.stall()
	shorter := copyLog(t, old.now(), 4) // without the second vote
	raw(t, shorter, batch(5, vote(3, id, 1, 1)))
	old.set(func() { old.Store = shorter })
	old.breaks <- errBroken
	close(reads)
	e.until("a new epoch", func() bool { _, now := e.Snapshot(); return now > epoch })
	if a := e.activity(id); a.Entries != 2 || a.Counts[0] != 1 || a.Counts[1] != 1 {
		t.Errorf("folded anew: %+v", a)
	}
	if got := n.counted("drumroll_log_rewound_total"); got != "1" {
		t.Errorf("metric log_rewound %s", got)
	}
	// The phone whose choice was lost sends it again.
	e.submit(vote(2, id, 2, 0)).want(t, event.Counted)
	// Nothing is lost when nothing was taken back.
	_, epoch = e.Snapshot()
	old.breaks <- errBroken
	e.submit(vote(4, id, 1, 0)).want(t, event.Counted)
	if _, now := e.Snapshot(); now != epoch {
		t.Error("an interruption alone was taken for a rewound log")
	}
}

// batch is another node's batch record.
func batch(producer event.Producer, items ...event.Item) []byte {
	data := event.AppendBatchHeader(nil, event.Identity{UID: testUID, Producer: producer, Seq: 1})
	for i := range items {
		data = event.AppendItem(data, &items[i])
	}
	return event.SealBatch(data, 0)
}

// The log confirmed a record and lost it before this node folded it.
func TestRewoundLogResolvesWaiters(t *testing.T) {
	old := newTap(embedded(t))
	n := newNode(t, old)
	n.create()
	e := n.open(code)
	id := e.openPoll(0, "x", "y")
	reads := old.stall()
	shorter := copyLog(t, old.now(), 3)

	appended := make(chan struct{}, 1)
	old.set(func() {
		old.appends = func(do func() (eventlog.Offset, error)) (eventlog.Offset, error) {
			at, err := do()
			appended <- struct{}{}
			return at, err
		}
	})
	lost := e.submit(vote(1, id, 1, 0))
	<-appended
	raw(t, shorter, batch(5, vote(3, id, 1, 1)))
	old.set(func() { old.Store, old.appends = shorter, nil })
	old.breaks <- errBroken
	if s := lost.wait(t); !errors.Is(s.Err, eventlog.ErrGaveUp) {
		t.Errorf("settled %+v", s)
	}
	close(reads)
	e.submit(vote(1, id, 2, 0)).want(t, event.Counted)
}

// The fold from the start meets an append of unknown outcome, which the log confirms only
// later. Its waiter is settled.
func TestRefoldSettlesWhatItMeets(t *testing.T) {
	old := newTap(embedded(t))
	n := newNode(t, old)
	n.create()
	e := n.open(code)
	id := e.openPoll(0, "x", "y")
	other := copyLog(t, old.now(), 2)
	raw(t, other, batch(5)) // stands where the open record stood
	raw(t, other, event.AppendCommand(nil, &event.Command{
		Identity: event.Identity{UID: testUID, Producer: 5, Seq: 2}, Type: event.CmdOpen, Activity: id,
	}))
	reads := old.stall()
	appended, confirm, confirmed := make(chan struct{}), make(chan struct{}), make(chan struct{})
	old.set(func() {
		old.Store = other
		old.appends = func(do func() (eventlog.Offset, error)) (eventlog.Offset, error) {
			at, err := do()
			appended <- struct{}{}
			<-confirm
			close(confirmed)
			return at, err
		}
	})
	inFlight := e.submit(vote(1, id, 1, 1))
	<-appended // it stands in the other log
	old.breaks <- errBroken
	inFlight.want(t, event.Counted)
	old.set(func() { old.appends = nil })
	close(confirm)
	<-confirmed
	close(reads)
	e.submit(vote(1, id, 2, 0)).want(t, event.Changed)
	if len(inFlight.got) != 0 {
		t.Error("settled twice")
	}
}

// The event was deleted and its code used again while this node was cut off. The old event
// is gone, and nothing of it gets into the new one.
func TestAnotherEventUnderTheCode(t *testing.T) {
	old := newTap(embedded(t))
	n := newNode(t, old)
	n.create()
	e := n.open(code)
	id := e.openPoll(0, "x")
	reads := old.stall()
	fresh := embedded(t)
	c := creation()
	if _, err := fresh.Create(t.Context(), code, event.AppendCommand(nil, &event.Command{
		Identity: event.Identity{UID: event.UID{9}, Producer: 9}, Type: event.CmdCreate, Create: &c,
	})); err != nil {
		t.Fatal(err)
	}
	old.set(func() { old.Store = fresh })
	receipt := e.submit(vote(1, id, 1, 0))
	old.breaks <- errBroken
	close(reads)
	e.until("the end", func() bool { return errors.Is(e.Err(), replica.ErrDeleted) })
	if s := receipt.wait(t); s.Err == nil {
		t.Errorf("an entry of the old event was settled %+v", s)
	}
	if snap, _ := e.Snapshot(); snap.UID != testUID {
		t.Error("the old event's replica shows the new event")
	}
	again := n.open(code)
	again.sync()
	if snap, _ := again.Snapshot(); snap.UID != (event.UID{9}) || snap.Joined != 0 {
		t.Errorf("the new event: %+v", snap)
	}
}

// On a real Redis: the newest records are taken back, and others come.
func TestRewoundRedis(t *testing.T) {
	t.Run("read error", func(t *testing.T) { rewindRedis(t, true) })
	// The connection dies between two reads, and the client dials again by itself.
	t.Run("silent redial", func(t *testing.T) { rewindRedis(t, false) })
}

func rewindRedis(t *testing.T, loud bool) {
	t.Parallel()
	server := redistest.Start(t)
	log := newTap(dial(t, server))
	n := newNode(t, log)
	n.create()
	e := n.open(code)
	id := e.openPoll(0, "x", "y")
	e.submit(vote(1, id, 1, 0)).want(t, event.Counted)
	kept, epoch := e.Snapshot()
	lost := e.submit(vote(2, id, 1, 0)).wait(t)

	// A failover also breaks connections, so a read does not go on across the gap. Here the
	// test holds the read back.
	reads := log.stall()
	c := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer c.Close()
	key := "drumroll:{" + code + "}:log"
	if n, err := c.XDel(t.Context(), key, lost.At.String()).Result(); err != nil || n != 1 {
		t.Fatalf("XDEL %v: %d, %v", lost.At, n, err)
	}
	other := dial(t, server)
	raw(t, other, batch(5, vote(3, id, 1, 1))) // with a later id, which hides the loss
	if err := c.ClientKillByFilter(t.Context(), "TYPE", "normal").Err(); err != nil {
		t.Fatal(err)
	}
	if loud {
		log.breaks <- errBroken
	}
	close(reads)
	e.until("a new epoch", func() bool { _, now := e.Snapshot(); return now > epoch })
	if a := e.activity(id); a.Entries != 2 || a.Counts[0] != 1 || a.Counts[1] != 1 {
		t.Errorf("folded anew: %+v", a)
	}
	if snap, _ := e.Snapshot(); snap.Joined != kept.Joined+1 {
		t.Errorf("%d joined", snap.Joined)
	}
	e.submit(vote(2, id, 2, 0)).want(t, event.Counted)
}

// A freeze or draw that the log takes back spends its run: people have seen it.
func TestLostFreezeOrDrawSpendsItsRun(t *testing.T) {
	for _, taken := range []string{"freeze", "draw"} {
		t.Run(taken, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			log := newTap(dial(t, server))
			n := newNode(t, log)
			n.create()
			e := n.open(code)
			id := e.openRaffle()
			e.submit(entry(1, id, 1)).want(t, event.Counted)
			e.submit(entry(2, id, 2)).want(t, event.Counted)
			lost := e.do(event.Command{Type: event.CmdClose, Activity: id})
			if taken == "draw" {
				seed := chain(id, 1).Element(1)
				lost = e.do(event.Command{Type: event.CmdDraw, Activity: id, Run: 1, Seed: &seed})
			}
			reads := log.stall()
			c := redis.NewClient(&redis.Options{Addr: server.Addr()})
			defer c.Close()
			if n, err := c.XDel(t.Context(), "drumroll:{"+code+"}:log", lost.At.String()).Result(); err != nil || n != 1 {
				t.Fatalf("XDEL %v: %d, %v", lost.At, n, err)
			}
			raw(t, dial(t, server), batch(5, event.JoinItem(9, "")))
			log.breaks <- errBroken
			close(reads)
			e.until("the run to be given up", func() bool { return e.activity(id).Raffle.Abandoned })
			if a := e.activity(id); a.State != event.Closed || a.Raffle.LastDraw != 0 {
				t.Errorf("given up: %+v", a)
			}
			seed := chain(id, 1).Element(1)
			var refusal *event.Refusal
			if _, err := e.Propose(t.Context(), &event.Command{Type: event.CmdDraw, Activity: id, Run: 1, Seed: &seed}); !errors.As(err, &refusal) {
				t.Errorf("a draw from a spent run: %v", err)
			}
			if a := e.do(event.Command{Type: event.CmdReset, Activity: id}).Activity; a.Run != 2 || a.State != event.Draft || a.Raffle.Abandoned {
				t.Errorf("after the reset: %+v", a)
			}
		})
	}
}

// One event stops, all its waiters are told, and the other events go on.
func TestWhatCannotBeFoldedStopsOneEvent(t *testing.T) {
	quiz := event.AppendCommand(nil, &event.Command{
		Identity: event.Identity{UID: testUID, Producer: 5, Seq: 1}, Type: "quiz",
	})
	flipped := event.AppendCommand(nil, &event.Command{
		Identity: event.Identity{UID: testUID, Producer: 5, Seq: 1}, Type: event.CmdDelete,
	})
	flipped[len(flipped)-1] ^= 1
	for name, c := range map[string]struct {
		record []byte
		want   error
	}{
		"newer":   {quiz, replica.ErrNewer},
		"damaged": {flipped, replica.ErrDamaged},
		"empty":   {[]byte{}, replica.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			log := newTap(embedded(t))
			n := newNode(t, log)
			n.create()
			c2 := creation()
			c2.Code = "OTHER2"
			if err := n.Create(t.Context(), event.UID{2}, c2); err != nil {
				t.Fatal(err)
			}
			e, other := n.open(code), n.open("OTHER2")
			id, otherID := e.openPoll(0, "x"), other.openPoll(0, "x")
			raw(t, log, c.record)
			var late *receipt
			r := &receipt{make(chan replica.Settled, 2)}
			if err := e.Submit(vote(1, id, 1, 0), r); err == nil {
				late = r
			}
			e.until("the stop", func() bool { return errors.Is(e.Err(), c.want) })
			if late != nil {
				if s := late.wait(t); s.Err == nil {
					t.Errorf("an entry after it was settled %+v", s)
				}
			}
			if err := e.Sync(t.Context()); !errors.Is(err, c.want) {
				t.Errorf("Sync: %v", err)
			}
			if _, err := n.Open(t.Context(), code); !errors.Is(err, c.want) {
				t.Errorf("Open: %v", err)
			}
			if got := n.counted("drumroll_events_stopped_total"); got != "1" {
				t.Errorf("metric of stopped events: %s", got)
			}
			other.submit(vote(1, otherID, 1, 0)).want(t, event.Counted)
			// Another node stops as well when it loads the event.
			second := newNode(t, log)
			if _, err := second.Open(t.Context(), code); !errors.Is(err, c.want) {
				t.Errorf("Open on another node: %v", err)
			}
			second.open("OTHER2")
		})
	}
}

// Two tickets made of the same pseudonym and nonce make the frozen list panic;
// no honest node writes them.
func TestPanicStopsOneEvent(t *testing.T) {
	log := embedded(t)
	n := newNode(t, log)
	n.create()
	e := n.open(code)
	raffle := e.openRaffle()
	raw(t, log, batch(5, entry(1, raffle, 7), entry(2, raffle, 7)))
	e.do(event.Command{Type: event.CmdClose, Activity: raffle})
	e.until("the stop", func() bool { return errors.Is(e.Err(), replica.ErrDamaged) })
	if _, err := n.Open(t.Context(), code); !errors.Is(err, replica.ErrDamaged) {
		t.Errorf("Open: %v", err)
	}

	// In the fold itself: the draw needs the list.
	seed := chain(raffle, 1).Element(1)
	raw(t, log, event.AppendCommand(nil, &event.Command{
		Identity: event.Identity{UID: testUID, Producer: 6, Seq: 1}, Type: event.CmdDraw, Activity: raffle, Run: 1, Seed: &seed,
	}))
	second := newNode(t, log)
	if _, err := second.Open(t.Context(), code); !errors.Is(err, replica.ErrDamaged) {
		t.Errorf("Open on another node: %v", err)
	}
}

// The cursor's record cannot be read back: the stored log is damaged.
func TestCorruptLogStopsTheEvent(t *testing.T) {
	log := newTap(embedded(t))
	n := newNode(t, log)
	n.create()
	e := n.open(code)
	log.set(func() { log.at = eventlog.ErrCorrupt })
	log.breaks <- errBroken
	e.until("the stop", func() bool { return errors.Is(e.Err(), eventlog.ErrCorrupt) })
	if got := n.counted("drumroll_events_stopped_total"); got != "1" {
		t.Errorf("metric of stopped events: %s", got)
	}
}

// Redis goes away and comes back: nothing acknowledged is lost, and every other entry is
// counted once or its sender is told.
func TestRedisGoesAndComesBack(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	n := newNode(t, dial(t, server))
	n.create()
	e := n.open(code)
	id := e.openPoll(0, "x")
	e.submit(vote(1, id, 1, 0)).want(t, event.Counted)
	server.Kill()
	meanwhile := e.submit(vote(2, id, 1, 0))
	server.Restart(t)
	if s := meanwhile.wait(t); s.Err != nil && !errors.Is(s.Err, eventlog.ErrGaveUp) {
		t.Errorf("settled %+v", s)
	}
	again := e.submit(vote(2, id, 2, 0)).wait(t)
	for tries := 0; errors.Is(again.Err, eventlog.ErrGaveUp) && tries < 5; tries++ {
		again = e.submit(vote(2, id, 2, 0)).wait(t)
	}
	if again.Err != nil || again.Outcome.Status != event.Counted && again.Outcome.Status != event.Unchanged {
		t.Errorf("sent again: %+v", again)
	}
	if a := e.activity(id); a.Entries != 2 || a.Counts[0] != 2 {
		t.Errorf("%+v", a)
	}
}

// An item that no honest client sends must not make a record that stops the event.
func TestNonsenseStopsNothing(t *testing.T) {
	n := newNode(t, embedded(t))
	n.create()
	e := n.open(code)
	id := e.openPoll(0, "x")
	for _, it := range []event.Item{vote(1, -1, 1, 0), vote(1, 1<<40, 1, 0)} {
		e.submit(it).want(t, event.Malformed)
	}
	far := vote(1, id, 1, 0)
	far.Run = -5
	e.submit(far).want(t, event.TooLate)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := e.Propose(ctx, &event.Command{Type: event.CmdExtend, Activity: id, Seconds: -5}); err == nil {
		t.Error("extended by less than nothing")
	}
	e.submit(vote(1, id, 1, 0)).want(t, event.Counted)
}

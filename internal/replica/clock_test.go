package replica_test

import (
	"context"
	"testing"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
)

// aheadLog is a real log whose time is ahead of the nodes' own (or behind it), both in its
// clock and in its offsets.
type aheadLog struct {
	eventlog.Store
	by time.Duration
}

func (l aheadLog) shift(o eventlog.Offset, by time.Duration) eventlog.Offset {
	if o.Ms > 0 { // else it is a place, not a time
		o.Ms = uint64(int64(o.Ms) + by.Milliseconds())
	}
	return o
}

func (l aheadLog) Now(ctx context.Context) (time.Time, error) {
	now, err := l.Store.Now(ctx)
	return now.Add(l.by), err
}

func (l aheadLog) Create(ctx context.Context, code string, first []byte) (eventlog.Offset, error) {
	at, err := l.Store.Create(ctx, code, first)
	return l.shift(at, l.by), err
}

func (l aheadLog) Append(ctx context.Context, code string, records [][]byte) (eventlog.Offset, error) {
	at, err := l.Store.Append(ctx, code, records)
	return l.shift(at, l.by), err
}

func (l aheadLog) Read(ctx context.Context, code string, after eventlog.Offset, max int, wait time.Duration) ([]eventlog.Record, error) {
	records, err := l.Store.Read(ctx, code, l.shift(after, -l.by), max, wait)
	for i := range records {
		records[i].Offset = l.shift(records[i].Offset, l.by)
	}
	return records, err
}

func (l aheadLog) At(ctx context.Context, code string, at eventlog.Offset) ([]byte, error) {
	return l.Store.At(ctx, code, l.shift(at, -l.by))
}

func (l aheadLog) Head(ctx context.Context, code string) (eventlog.Offset, error) {
	at, err := l.Store.Head(ctx, code)
	return l.shift(at, l.by), err
}

// TestNodesWithWrongClocks: countdowns follow the log's clock, so nodes whose own clock is
// minutes off close in time, and only once.
func TestNodesWithWrongClocks(t *testing.T) {
	for name, by := range map[string]time.Duration{"behind": 7 * time.Minute, "ahead": -7 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			onEachLog(t, func(t *testing.T, logA, logB eventlog.Store) {
				a, b := newNode(t, aheadLog{logA, by}), newNode(t, aheadLog{logB, by})
				a.create()
				ea, eb := a.open(code), b.open(code)
				began := time.Now()
				id := ea.openPoll(1, "x")
				for _, e := range []*loaded{ea, eb} {
					e.until("the close", func() bool {
						snap, _ := e.Snapshot()
						return len(snap.Activities) == 1 && snap.Activities[0].State == event.Closed
					})
				}
				if took := time.Since(began); took < 900*time.Millisecond || took > time.Minute {
					t.Errorf("closed after %v", took)
				}
				ea.submit(vote(1, id, 1, 0)).want(t, event.TooLate)
				// None of them closes the activity when it is opened again after that.
				eb.do(event.Command{Type: event.CmdOpen, Activity: id})
				ea.sync()
				ea.submit(vote(1, id, 1, 0)).want(t, event.Counted)
				eb.sync()
				if got := eb.activity(id).State; got != event.Open {
					t.Errorf("opened again it is %s", got)
				}
			})
		})
	}
}

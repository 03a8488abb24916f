package crowd

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/contract"
	"drumroll/internal/event"
	"drumroll/internal/rehearse"
)

// A clone is given up when its day is over, also where this node meets it only
// later, and not before.
func TestClonesExpire(t *testing.T) {
	t.Parallel()
	c := New(Config{URL: "http://127.0.0.1:1", Most: 0})
	defer c.Leave()
	made := func(uid byte, ago time.Duration) event.Snapshot {
		return event.Snapshot{UID: event.UID{uid}, Code: "ABCDEF", CreatedMs: uint64(time.Now().Add(-ago).UnixMilli())}
	}
	expired := make(chan byte, 3)
	for uid, ago := range map[byte]time.Duration{1: cloneLives + time.Second, 2: cloneLives - time.Minute, 3: 0} {
		snap := made(uid, ago)
		c.track(&snap, func() { expired <- uid })
	}
	select {
	case uid := <-expired:
		if uid != 1 {
			t.Errorf("clone %d expired", uid)
		}
	case <-time.After(20 * time.Second):
		t.Error("the old clone did not expire")
	}
	if n := len(expired); n != 0 {
		t.Errorf("%d more expired", n)
	}
}

// What several crowds of a rehearsal do is told as one.
func TestCrowdsAreToldTogether(t *testing.T) {
	t.Parallel()
	c := New(Config{URL: "http://127.0.0.1:1", Most: 0})
	defer c.Leave()
	snap := event.Snapshot{UID: event.UID{1}, CreatedMs: uint64(time.Now().UnixMilli())}
	c.track(&snap, func() {})
	if got := c.State(&snap); got.State != None {
		t.Errorf("without a crowd it is %+v", got)
	}
	r := c.all[snap.UID]
	leaves := time.Now().Add(time.Minute)
	first, second := &crowd{phones: 10, leaves: leaves}, &crowd{phones: 20, leaves: leaves.Add(time.Minute)}
	r.crowds = []*crowd{first, second}
	broken := []rehearse.Check{{Name: "a", Failed: 1, Example: "x"}}
	for i := range 8 { // more than are kept
		p := rehearse.Progress{Elapsed: time.Duration(i) * time.Second, Connected: 10, Accepted: int64(3 * i), LatencyP99: time.Millisecond}
		if c.noted(r, first, p) {
			t.Error("the console was told of nothing new")
		}
	}
	version := c.Version(snap.UID)
	second.recent = []rehearse.Progress{{Connected: 19, Failed: nil}}
	if !c.noted(r, second, rehearse.Progress{Elapsed: time.Second, Connected: 20, Accepted: 5, Refused: 2, LatencyP99: time.Second, Failed: broken}) {
		t.Error("the console was not told that a check failed")
	}
	if c.Version(snap.UID) <= version {
		t.Error("the version did not rise")
	}
	state := func(leaves time.Time) contract.Rehearsal {
		got := c.State(&snap)
		if off := time.Until(leaves).Milliseconds() - got.LeavesInMS; off < -1000 || off > 1000 {
			t.Errorf("the last leaves in %d ms, and that is off by %d ms", got.LeavesInMS, off)
		}
		got.LeavesInMS = 0
		return got
	}
	want := contract.Rehearsal{State: Here, Phones: 30, Connected: 30, Accepted: 26, Refused: 2, PerSecond: 8, P99MS: 1000, Checks: rehearse.Checks(),
		Failed: []contract.BrokenCheck{{Name: "a", Failed: 1, Example: "x"}}}
	if diff := cmp.Diff(want, state(second.leaves)); diff != "" {
		t.Errorf("both here (-want +got):\n%s", diff)
	}
	second.ended, second.report = true, &rehearse.Report{
		Latency: rehearse.Latency{Count: 6},
		Checks:  []rehearse.Check{{Name: "a", Failed: 2}, {Name: "b"}, {Name: "c", Failed: 1}},
	}
	want.Phones, want.Connected, want.Accepted, want.PerSecond = 10, 10, 27, 3
	want.Failed = []contract.BrokenCheck{{Name: "a", Failed: 2}, {Name: "c", Failed: 1}}
	if diff := cmp.Diff(want, state(leaves)); diff != "" {
		t.Errorf("one has left (-want +got):\n%s", diff)
	}
	first.ended = true
	if got := c.State(&snap); got.State != Left || got.Phones != 30 || got.Connected != 0 {
		t.Errorf("when both have left it is %+v", got)
	}
}

// A forgotten clone's crowd is sent home, and counts until it has gone.
func TestForgottenCrowdsCount(t *testing.T) {
	t.Parallel()
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer silent.Close()
	c := New(Config{URL: silent.URL, Most: 10})
	defer c.Leave()
	ran, goes := make(chan struct{}, 2), make(chan struct{})
	c.run = func(ctx context.Context, cfg rehearse.Config) (*rehearse.Report, error) {
		report, err := rehearse.Run(ctx, cfg)
		ran <- struct{}{}
		<-goes
		return report, err
	}
	first, second := event.Snapshot{UID: event.UID{1}, Code: "AAAAAA"}, event.Snapshot{UID: event.UID{2}, Code: "BBBBBB"}
	for _, snap := range []*event.Snapshot{&first, &second} {
		snap.CreatedMs = uint64(time.Now().UnixMilli())
		c.track(snap, func() {})
	}
	script, _ := PaceAtOnce.Script()
	send := func(snap event.Snapshot) error { return c.Send(snap.UID, 8, script, func() {}) }
	if err := send(first); err != nil {
		t.Fatal(err)
	}
	c.Forget(first.UID)
	select {
	case <-ran:
	case <-time.After(20 * time.Second):
		t.Fatal("the forgotten crowd was not sent home")
	}
	c.Settle(t.Context(), time.Millisecond) // not for ever
	if err := send(second); err == nil {
		t.Error("a crowd that has not gone yet does not count")
	}
	close(goes)
	c.Settle(t.Context(), 20*time.Second)
	if err := send(second); err != nil {
		t.Errorf("a crowd that has gone still counts: %v", err)
	}
}

// A clone that could not be deleted when its day was over is tried again, unless
// the node is leaving.
func TestClonesExpireAgain(t *testing.T) {
	t.Parallel()
	c := New(Config{URL: "http://127.0.0.1:1", Most: 0})
	snap := event.Snapshot{UID: event.UID{1}, CreatedMs: uint64(time.Now().Add(-cloneLives).UnixMilli())}
	var tries atomic.Int32
	over := make(chan struct{})
	c.track(&snap, func() {
		n := tries.Add(1)
		if n == 3 {
			c.Leave()
		}
		c.expireAgain(snap.UID, time.Millisecond)
		if n == 3 {
			close(over)
		}
	})
	select {
	case <-over:
	case <-time.After(20 * time.Second):
		t.Fatalf("after %d tries there was no other", tries.Load())
	}
	if c.all[snap.UID].expiry.Stop() {
		t.Error("it was to be tried again by a node that leaves")
	}
}

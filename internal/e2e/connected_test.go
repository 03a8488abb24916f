//go:build e2e

package e2e

import (
	"testing"
	"time"

	"drumroll/internal/redistest"
)

// A node that is killed cannot say that its phones are gone: its figure lapses.
func TestKilledNodeLeavesTheCount(t *testing.T) {
	redis := redistest.Start(t)
	a, b := startNode(t, redis), startNode(t, redis)
	e := a.createEvent(t, "Two nodes")
	for _, s := range []*server{a, a, a, b} {
		phone, err := dial(s, e.Code, "phone", e.join())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(phone.Close)
	}
	atB := &event{Created: e.Created, t: t, s: b}
	counted := func(n int) func() bool { return func() bool { return atB.look().People.Connected == n } }
	eventually(t, 20*time.Second, "all four are counted at b", counted(4))
	a.kill()
	// Four seconds until the figure lapses, and a turn of the node that is left.
	eventually(t, 6*time.Second, "the killed node's phones leave the count", counted(1))
}

package hub_test

import (
	"testing"
	"testing/synctest"
	"time"

	"drumroll/internal/hub"
)

const atLeast = time.Second // a crowd's ticks, whatever they cost

// rates counts the ticks that a screen and the phones of a crowd get in ten busy
// seconds, where writing to one phone takes a millisecond and the node may spend
// 300 of them a second. w is left running.
func rates(t *testing.T, phones int) (screen, phone int) {
	t.Helper()
	w := run(t, func(c *hub.Config) {
		c.Budget = hub.NewBudget(0.3)
		c.CrowdEvery = atLeast
	})
	s, _ := w.join("screen", 0)
	var crowd []*line
	for i := range phones {
		l, _ := w.join("phone", uint64(i+1))
		l.cost = time.Millisecond
		crowd = append(crowd, l)
	}
	s.take()
	for _, l := range crowd {
		l.take()
	}
	for range 1000 {
		w.move(1, false)
		time.Sleep(10 * time.Millisecond)
	}
	screen, phone = len(s.take()), len(crowd[0].take())
	// What moved last is told in the end.
	time.Sleep(3 * atLeast)
	synctest.Wait()
	for _, l := range crowd {
		if got := l.take(); len(got) == 0 || got[len(got)-1] != "T 1000" {
			t.Fatalf("a phone was told %q last", got)
		}
	}
	return screen, phone
}

// TestTicksCostTheirShare: the more phones, the rarer their ticks, never below one
// a second; the screen's stay.
func TestTicksCostTheirShare(t *testing.T) {
	for _, c := range []struct{ phones, least, most int }{
		{10, 95, 101}, // 10 ms each: ten a second are within the share
		{60, 48, 52},  // 60 ms: five a second
		{150, 19, 21}, // 150 ms: two
		{600, 9, 11},  // 600 ms: one in two seconds would be, and one a second is promised
	} {
		synctest.Test(t, func(t *testing.T) {
			screen, phone := rates(t, c.phones)
			if phone < c.least || phone > c.most {
				t.Errorf("%d phones: %d ticks each in ten seconds, want %d to %d", c.phones, phone, c.least, c.most)
			}
			if screen < 95 || screen > 101 {
				t.Errorf("%d phones: %d ticks for the screen in ten seconds", c.phones, screen)
			}
		})
	}
}

// TestStructureBreaksTheBudget: what the host does reaches phones at once, however
// much was spent, and is paid for afterwards.
func TestStructureBreaksTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := run(t, func(c *hub.Config) {
			c.Budget = hub.NewBudget(0.1)
			c.CrowdEvery = atLeast
		})
		l, _ := w.join("phone", 7)
		l.take()
		l.cost = 50 * time.Millisecond
		for range 3 {
			w.move(1, true)
			time.Sleep(l.cost)
			synctest.Wait()
		}
		want(t, l, "S 1 1 for 7", "S 2 2 for 7", "S 3 3 for 7")
		w.move(1, false)
		time.Sleep(atLeast - l.cost - 1)
		synctest.Wait()
		want(t, l)
		time.Sleep(2 * l.cost)
		synctest.Wait()
		want(t, l, "T 4")
	})
}

// TestBudgetIsShared: two topics together keep to one budget.
func TestBudgetIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := hub.NewBudget(0.5)
		share := func(c *hub.Config) { c.Budget, c.CrowdEvery = b, atLeast }
		one, other := run(t, share), run(t, share)
		x, _ := one.join("phone", 1)
		y, _ := other.join("phone", 1)
		x.cost, y.cost = 50*time.Millisecond, 50*time.Millisecond
		for range 1000 {
			one.move(1, false)
			other.move(1, false)
			time.Sleep(10 * time.Millisecond)
		}
		// Alone each would have ten a second.
		if n := len(x.take()) + len(y.take()); n < 90 || n > 110 {
			t.Errorf("%d ticks in ten seconds, want 100", n)
		}
	})
}

// TestOldDebtIsForgotten: one very expensive broadcast does not silence ticks for long.
func TestOldDebtIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := hub.NewBudget(0.25)
		b.Spend(time.Minute)
		if w := b.Wait(); w != 2*time.Second {
			t.Errorf("a minute's work is waited for %v", w)
		}
		time.Sleep(time.Second)
		if w := b.Wait(); w != time.Second {
			t.Errorf("after a second, %v are left", w)
		}
		time.Sleep(time.Hour)
		if w := b.Wait(); w > 0 {
			t.Errorf("after an hour, %v are left", w)
		}
		time.Sleep(100 * time.Millisecond)
		b.Spend(100 * time.Millisecond) // nothing was saved up but what became free in that time
		if w := b.Wait(); w != 300*time.Millisecond {
			t.Errorf("100 ms of work are waited for %v", w)
		}
	})
}

package hub_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drumroll/internal/hub"
)

const (
	tick  = 100 * time.Millisecond
	alive = 12 * time.Second
)

// line is a connection that remembers what was written to it.
type line struct {
	mu     sync.Mutex
	busy   bool
	cost   time.Duration // of writing
	frames []string
	times  []time.Time
	code   int
}

func (l *line) Offer(frames []byte) bool {
	time.Sleep(l.cost)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy {
		return false
	}
	l.frames = append(l.frames, string(frames))
	l.times = append(l.times, time.Now())
	return true
}

func (l *line) Send(frames []byte) bool { return l.Offer(frames) }

func (l *line) Close(code int, _ string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.code = code
	l.times = append(l.times, time.Now())
}

func (l *line) set(busy bool) {
	l.mu.Lock()
	l.busy = busy
	l.mu.Unlock()
}

// take returns what was written since the last call.
func (l *line) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	frames := l.frames
	l.frames, l.times = nil, nil
	return frames
}

// world is what the frames tell of.
type world struct {
	mu        sync.Mutex
	structure uint64
	count     int
	topic     *hub.Topic
	encoded   int
}

// encode writes "S structure count" and "T count".
func (w *world) encode(a hub.Audience, _ uint64) *hub.Frames {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.encoded++
	text := fmt.Sprintf("T %d", w.count)
	f := &hub.Frames{Structure: w.structure, Tick: []byte(text), Essence: []byte(text)}
	state := fmt.Sprintf("S %d %d", w.structure, w.count)
	if a.View == "phone" {
		f.Personal = func(key uint64) []byte { return fmt.Appendf(nil, "%s for %d", state, key) }
	} else {
		f.State = func() []byte { return []byte(state) }
	}
	return f
}

func (w *world) encodings() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.encoded
}

// move changes the world and tells the topic.
func (w *world) move(counts int, structure bool) {
	w.mu.Lock()
	w.count += counts
	if structure {
		w.structure++
	}
	w.mu.Unlock()
	w.topic.Notify(structure)
}

// run makes a topic that publishes until the test ends.
func run(t *testing.T, change func(*hub.Config)) *world {
	w := new(world)
	cfg := hub.Config{Encode: w.encode, TickEvery: tick, KeepAlive: alive, MaxAge: time.Second, Crowd: "phone"}
	if change != nil {
		change(&cfg)
	}
	w.topic = hub.NewTopic(cfg)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.topic.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return w
}

func (w *world) join(view string, key uint64) (*line, *hub.Subscriber) {
	l := new(line)
	s := &hub.Subscriber{Key: key, Audience: hub.Audience{View: view}, Conn: l}
	w.topic.Subscribe(s)
	return l, s
}

func want(t *testing.T, l *line, frames ...string) {
	t.Helper()
	if got := l.take(); !slices.Equal(got, frames) {
		t.Errorf("got %q, want %q", got, frames)
	}
}

func TestNewcomerGetsState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := run(t, nil)
		phone, _ := w.join("phone", 7)
		want(t, phone, "S 0 0 for 7")
		screen, _ := w.join("screen", 0)
		want(t, screen, "S 0 0")
		w.move(1, false)
		synctest.Wait()
		want(t, phone, "T 1")
		want(t, screen, "T 1")
		late, _ := w.join("screen", 0)
		want(t, late, "S 0 1")
	})
}

// TestCrowdSharesAnEncoding: a state is made for an audience, not for each of
// those who come at once, and what moved in that time reaches them as a tick.
func TestCrowdSharesAnEncoding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := run(t, nil)
		w.join("screen", 0)
		w.move(1, false)
		synctest.Wait()
		before := w.encodings()
		var crowd []*line
		for range 50 {
			w.move(1, false) // each that comes moves a count
			l, _ := w.join("screen", 0)
			crowd = append(crowd, l)
		}
		if n := w.encodings() - before; n != 0 {
			t.Errorf("%d encodings for 50 newcomers", n)
		}
		time.Sleep(tick)
		synctest.Wait()
		for _, l := range crowd {
			want(t, l, "S 0 1", "T 51")
		}
		// Old frames hold old countdowns.
		time.Sleep(time.Second + 1)
		w.mu.Lock()
		w.count = 99
		w.mu.Unlock()
		late, _ := w.join("screen", 0)
		want(t, late, "S 0 99")
	})
}

func TestTicksKeepTheirDistance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := run(t, nil)
		l, _ := w.join("screen", 0)
		l.take()
		for range 100 { // a second
			w.move(1, false)
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(tick)
		synctest.Wait()
		if n := len(l.frames); n < 9 || n > 11 {
			t.Errorf("%d ticks in a second", n)
		}
		for i := 1; i < len(l.times); i++ {
			if gap := l.times[i].Sub(l.times[i-1]); gap < tick {
				t.Errorf("tick %d comes %v after the last", i, gap)
			}
		}
		if last := l.frames[len(l.frames)-1]; last != "T 100" {
			t.Errorf("the last tick is %q", last)
		}
	})
}

func TestStructureComesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := run(t, nil)
		l, _ := w.join("screen", 0)
		w.move(1, false)
		synctest.Wait()
		want(t, l, "S 0 0", "T 1")
		w.move(1, false) // waits for its turn
		time.Sleep(tick / 10)
		synctest.Wait()
		want(t, l)
		w.move(0, true)
		synctest.Wait()
		want(t, l, "S 1 2")
		time.Sleep(10 * tick)
		synctest.Wait()
		want(t, l) // all was said
	})
}

// TestQuiet: nothing is sent that says nothing new, except to keep connections
// alive, and that never later than promised, whatever else is published.
func TestQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := run(t, nil)
		l, _ := w.join("screen", 0)
		l.take()
		began := time.Now()
		for range 10 * 60 { // ten minutes in which things move that this audience is not shown
			w.topic.Notify(false)
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if n := len(l.frames); n < 49 || n > 51 {
			t.Errorf("%d frames in ten quiet minutes", n)
		}
		last := began
		for _, at := range l.times {
			if gap := at.Sub(last); gap > alive+tick {
				t.Errorf("%v without a frame", gap)
			}
			last = at
		}
	})
}

// TestToldEachTheirOwn: what is new is decided for each subscriber. One that came
// while a count was up is told that it went down again.
func TestToldEachTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := run(t, func(c *hub.Config) { c.MaxAge = 0 })
		old, _ := w.join("screen", 0)
		w.move(1, false)
		synctest.Wait()
		want(t, old, "S 0 0", "T 1")
		w.move(1, false)
		time.Sleep(time.Nanosecond)
		late, _ := w.join("screen", 0)
		want(t, late, "S 0 2")
		w.move(-1, false)
		time.Sleep(tick)
		synctest.Wait()
		want(t, late, "T 1")
		want(t, old)
	})
}

// TestOneSlot: a busy connection gets the newest, once, in the form that it needs
// then.
func TestOneSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := run(t, nil)
		l, s := w.join("screen", 0)
		other, _ := w.join("screen", 0)
		l.take()
		l.set(true)
		for range 5 {
			w.move(1, false)
			time.Sleep(tick)
		}
		synctest.Wait()
		want(t, l)
		if got := other.take(); len(got) != 6 {
			t.Errorf("a slow reader holds up another: %q", got)
		}
		l.set(false)
		s.Drained()
		want(t, l, "T 5")
		s.Drained()
		want(t, l)

		l.set(true)
		w.move(0, true)
		synctest.Wait()
		w.move(1, false)
		time.Sleep(tick)
		synctest.Wait()
		l.set(false)
		s.Drained()
		want(t, l, "S 1 6") // behind in structure: whole, and newest

		l.set(true)
		w.move(1, false)
		time.Sleep(tick)
		synctest.Wait()
		w.move(-1, false)
		time.Sleep(tick)
		synctest.Wait()
		l.set(false)
		s.Drained()
		want(t, l) // it is back where this one knows it
	})
}

// TestBusyFromTheStart: one that could not even take its first state gets one
// later, and a State at that.
func TestBusyFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := run(t, nil)
		l := &line{busy: true}
		s := &hub.Subscriber{Key: 1, Audience: hub.Audience{View: "phone"}, Conn: l}
		w.topic.Subscribe(s)
		w.move(1, false)
		synctest.Wait()
		l.set(false)
		s.Drained()
		want(t, l, "S 0 1 for 1")
	})
}

// TestNewcomerSeesStructure: also one that comes before the news was published.
func TestNewcomerSeesStructure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := run(t, nil)
		w.join("screen", 0)
		for i := range 200 {
			w.move(0, true)
			l, s := w.join("screen", 0)
			if got := l.take(); len(got) == 0 || got[0] != fmt.Sprintf("S %d 0", i+1) {
				t.Fatalf("after change %d a newcomer is sent %q", i+1, got)
			}
			w.topic.Unsubscribe(s)
		}
	})
}

func TestTouchedAndCredit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := run(t, nil)
		one, sender := w.join("phone", 7)
		two, _ := w.join("phone", 7)
		other, _ := w.join("phone", 8)
		for _, l := range []*line{one, two, other} {
			l.take()
		}
		entered := func(credit bool) {
			if credit {
				sender.Credit()
			}
			hub.Touched(w.topic, []uint64{7})
			w.move(1, false)
			time.Sleep(tick)
			synctest.Wait()
		}
		entered(true)
		want(t, one, "T 1")
		want(t, two, "S 0 1 for 7")
		want(t, other, "T 1")
		entered(false) // by another way in, or another node
		want(t, one, "S 0 2 for 7")
		want(t, two, "S 0 2 for 7")
		want(t, other, "T 2")
		entered(true) // the credit was spent
		want(t, one, "T 3")

		// Due even where the counts that this audience sees stay the same.
		hub.Touched(w.topic, []uint64{8})
		w.topic.Notify(false)
		time.Sleep(tick)
		synctest.Wait()
		want(t, other, "T 3", "S 0 3 for 8")
	})
}

func TestByKeyAndUnsubscribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := run(t, nil)
		a, sa := w.join("phone", 7)
		_, sb := w.join("phone", 7)
		_, sc := w.join("screen", 0)
		count := func(key uint64) int { return len(w.topic.ByKey(key)) }
		if count(7) != 2 || count(8) != 0 || count(0) != 0 || w.topic.Audiences() != 2 {
			t.Errorf("%d with key 7, %d with 8, %d with 0; %d audiences", count(7), count(8), count(0), w.topic.Audiences())
		}
		a.take()
		w.topic.Unsubscribe(sa)
		w.topic.Unsubscribe(sa) // a second time does nothing
		w.topic.Unsubscribe(sc)
		if count(7) != 1 || w.topic.Audiences() != 1 {
			t.Errorf("%d with key 7, %d audiences after they left", count(7), w.topic.Audiences())
		}
		w.move(1, true)
		synctest.Wait()
		want(t, a)
		w.topic.Unsubscribe(sb)
		if count(7) != 0 || w.topic.Audiences() != 0 {
			t.Errorf("%d with key 7, %d audiences in the end", count(7), w.topic.Audiences())
		}
	})
}

// TestPublishing: what stood at Publishing was offered by Published.
func TestPublishing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		var l *line
		w := run(t, func(c *hub.Config) {
			c.Publishing = func() { order = append(order, fmt.Sprintf("before, frames %q", l.take())) }
			c.Published = func() { order = append(order, fmt.Sprintf("after, frames %q", l.take())) }
		})
		l, _ = w.join("phone", 7)
		l.take()
		w.move(0, true)
		synctest.Wait()
		if want := []string{`before, frames []`, `after, frames ["S 1 0 for 7"]`}; !slices.Equal(order, want) {
			t.Errorf("got %q, want %q", order, want)
		}
	})
}

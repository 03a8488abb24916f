package rehearse

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func aPoll(options, most int) *activity {
	return &activity{ID: 7, Kind: "poll", Run: 1, MaxChoices: most, Options: make([]string, options)}
}

// What a phone does follows from the seed, whatever else happened.
func TestPlansRepeat(t *testing.T) {
	t.Parallel()
	script := DefaultScript()
	same := 0
	for phone := range 200 {
		a := makePlan(&script, 1, phone, aPoll(4, 1))
		if diff := cmp.Diff(a, makePlan(&script, 1, phone, aPoll(4, 1)), cmp.AllowUnexported(plan{})); diff != "" {
			t.Fatal(diff)
		}
		if makePlan(&script, 2, phone, aPoll(4, 1)) == a {
			same++
		}
	}
	if same > 10 {
		t.Errorf("another seed makes the same plan for %d phones of 200", same)
	}
}

func TestPlansFollowTheScript(t *testing.T) {
	t.Parallel()
	const crowd = 4000
	script := Script{Vote: 0.9, VoteAfter: 4 * time.Second, Change: 0.25, Late: 0.1, Enter: 0.5, EnterAfter: time.Second}
	var voting, changing, late, entering float64
	var thinking []time.Duration
	for phone := range crowd {
		a := aPoll(5, 3)
		p := makePlan(&script, 9, phone, a)
		for _, c := range []choice{p.choice, p.change} {
			if c>>5 != 0 || bits.OnesCount64(uint64(c)) > 3 {
				t.Fatalf("phone %d chooses %v", phone, c.options())
			}
		}
		if p.choice == 0 || p.choice == p.change {
			t.Fatalf("phone %d chooses %v, then %v", phone, p.choice.options(), p.change.options())
		}
		voting += share(p.taps)
		changing += share(p.change != 0)
		late += share(p.late)
		thinking = append(thinking, p.after)
		entering += share(makePlan(&script, 9, phone, &activity{ID: 8, Kind: "raffle", Run: 1}).taps)
	}
	for name, c := range map[string][2]float64{
		"voting": {voting, script.Vote}, "changing": {changing, script.Change}, "late": {late, script.Late}, "entering": {entering, script.Enter},
	} {
		if got := c[0] / crowd; got < c[1]-0.03 || got > c[1]+0.03 {
			t.Errorf("%.3f are %s, want %.3f", got, name, c[1])
		}
	}
	slices.Sort(thinking)
	if median := thinking[crowd/2]; median < 3700*time.Millisecond || median > 4300*time.Millisecond {
		t.Errorf("the median thinks %v", median)
	}
	if slow := thinking[crowd*99/100]; slow < 12*time.Second || slow > 40*time.Second {
		t.Errorf("one in a hundred thinks %v", slow)
	}
}

func share(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func TestChangesAreChanges(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for options := 2; options <= 50; options++ {
		a := aPoll(options, options)
		c := pick(r, 1, a)
		if d := other(r, 1, a, c); d == 0 || d == c || d>>options != 0 {
			t.Errorf("of %d options %v becomes %v", options, c.options(), d.options())
		}
	}
	if d := other(r, 1, aPoll(1, 1), 1); d != 0 {
		t.Errorf("with one option there is nothing to change to, but %v", d.options())
	}
}

func TestHistogram(t *testing.T) {
	t.Parallel()
	for us := int64(0); us < 1<<32; us = us*9/8 + 1 {
		b := bucket(us)
		if up := upper(b); up < us || float64(up-us) > 0.032*float64(us) {
			t.Fatalf("%d µs is in the bucket to %d", us, up)
		}
		if b > 0 && upper(b-1) >= us {
			t.Fatalf("%d µs is in bucket %d, and would fit the one before", us, b)
		}
	}
	var h histogram
	if h.quantile(0.99) != 0 || h.count() != 0 {
		t.Error("an empty histogram has a quantile")
	}
	for i := range 1000 {
		h.add(time.Duration(i+1) * time.Millisecond)
	}
	for q, want := range map[float64]time.Duration{0.5: 500 * time.Millisecond, 0.9: 900 * time.Millisecond, 0.99: 990 * time.Millisecond, 1: time.Second} {
		if got := h.quantile(q); got < want || float64(got) > 1.033*float64(want) || got > h.max() {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	h.add(1000 * time.Hour)
	if h.max() != 1000*time.Hour || h.quantile(1) > h.max() {
		t.Errorf("max %v, quantile 1 %v", h.max(), h.quantile(1))
	}
}

func TestFullJitter(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	for attempt := range 80 {
		most := time.Duration(0)
		for range 500 {
			d := fullJitter(r, attempt)
			if d < 0 || d > 15*time.Second {
				t.Fatalf("attempt %d waits %v", attempt, d)
			}
			most = max(most, d)
		}
		want := min(15*time.Second, 300*time.Millisecond<<min(attempt, 6))
		if most < want*8/10 || most > want {
			t.Errorf("attempt %d waits at most %v, want up to %v", attempt, most, want)
		}
	}
}

package rehearse

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/contract"
)

func aPoll(options, most int) *contract.Activity {
	return &contract.Activity{ID: 7, Kind: "poll", Run: 1, MaxChoices: most, Options: make([]string, options)}
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
	script := Script{Kinds: map[string]Taking{"poll": {0.9, 4 * time.Second}, "raffle": {0.5, time.Second}}, Change: 0.25, Late: 0.1}
	var voting, changing, late, entering float64
	var thinking []time.Duration
	for phone := range crowd {
		a := aPoll(5, 3)
		p := makePlan(&script, 9, phone, a)
		for _, c := range []choice{p.choice, p.change} {
			if c>>5 != 0 || bits.OnesCount64(uint64(c)) > 3 {
				t.Fatalf("phone %d chooses %v", phone, c.places())
			}
		}
		if p.choice == 0 || p.choice == p.change {
			t.Fatalf("phone %d chooses %v, then %v", phone, p.choice.places(), p.change.places())
		}
		voting += share(p.taps)
		changing += share(p.change != 0)
		late += share(p.late)
		thinking = append(thinking, p.after)
		entering += share(makePlan(&script, 9, phone, &contract.Activity{ID: 8, Kind: "raffle", Run: 1}).taps)
	}
	for name, c := range map[string][2]float64{
		"voting": {voting, script.Kinds["poll"].Share}, "changing": {changing, script.Change}, "late": {late, script.Late}, "entering": {entering, script.Kinds["raffle"].Share},
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
		c := choose(poll{}, r, 1, a)
		if d := chooseAgain(poll{}, r, 1, a, c); d == 0 || d == c || d>>options != 0 {
			t.Errorf("of %d options %v becomes %v", options, c.places(), d.places())
		}
	}
	if d := chooseAgain(poll{}, r, 1, aPoll(1, 1), 1); d != 0 {
		t.Errorf("with one option there is nothing to change to, but %v", d.places())
	}
}

// An entry in a scale is one of its points, which are the places from the lowest on.
func TestScalesAreRatedOnTheirPoints(t *testing.T) {
	t.Parallel()
	a := &contract.Activity{ID: 7, Kind: "scale", Run: 1, Scale: &contract.Scale{Min: -2, Max: 8}}
	r := rand.New(rand.NewPCG(1, 1))
	counts := make([]int, 11)
	for range 4000 {
		c := choose(scale{}, r, 1, a)
		d := chooseAgain(scale{}, r, 1, a, c)
		if bits.OnesCount64(uint64(c)) != 1 || bits.OnesCount64(uint64(d)) != 1 || c>>11 != 0 || d>>11 != 0 || d == c {
			t.Fatalf("a phone taps %b, then %b", c, d)
		}
		counts[c.places()[0]]++
	}
	if slices.Min(counts) == 0 || slices.Max(counts) < 2*slices.Min(counts) {
		t.Errorf("not every point is tapped, or all as often: %v", counts)
	}
	p := &phone{random: r}
	var e contract.Entry
	if (scale{}).fill(&e, p, &part{of: a}, 1<<3); *e.Value != 1 {
		t.Errorf("the place 3 of a scale from -2 is sent as %d", *e.Value)
	}
	if c := choiceOf([]int{1}, -2); c != 1<<3 {
		t.Errorf("the point 1 of a scale from -2 is at the places %v", c.places())
	}
	for _, lies := range []*contract.Scale{nil, {Min: 5, Max: 1}, {Min: 1, Max: 1 << 40}} {
		if c := choose(scale{}, r, 1, &contract.Activity{Kind: "scale", Scale: lies}); c>>maxPlaces != 0 {
			t.Errorf("of a scale %+v a phone taps %v", lies, c.places())
		}
	}
}

func TestLatencies(t *testing.T) {
	t.Parallel()
	l := newLatencies()
	if l.quantile(0.99) != 0 || l.count() != 0 {
		t.Error("no latencies have a quantile")
	}
	for i := range 1000 {
		l.add(time.Duration(i+1) * time.Millisecond)
	}
	for q, want := range map[float64]time.Duration{0.5: 500 * time.Millisecond, 0.9: 900 * time.Millisecond, 0.99: 990 * time.Millisecond, 1: time.Second} {
		if got := l.quantile(q); got < want || float64(got) > 1.01*float64(want) {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if l.add(1000 * time.Hour); l.count() != 1001 || l.quantile(1) < maxLatency {
		t.Errorf("after an hour-long wait %d, at most %v", l.count(), l.quantile(1))
	}
}

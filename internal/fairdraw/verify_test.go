package fairdraw

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/beacon"
	"drumroll/internal/beacon/beacontest"
)

// raffle is a run of three draws: three winners, then a redraw of the second of
// them, then, with the third's ticket given back and somebody more who has won
// elsewhere, so from a second freeze, a draw of all who are left.
type raffle struct {
	lists   []*List // of the draws
	records []*Record
}

// quicknet are rounds of drand's quicknet.
var quicknet = map[int]string{
	1:    "b55e7cb2d5c613ee0b2e28d6750aabbb78c39dcc96bd9d38c2c2e12198df95571de8e8e402a0cc48871c7089a2b3af4b",
	10:   "ac415e508c484053efed1c6c330e3ae0bf20185b66ed088864dac1ff7d6f927610824986390d3239dac4dd73e6f865f5",
	123:  "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92",
	1000: "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39",
	1001: "b33bf3667cbd5a82de3a24b4e0e9fe5513cc1a0e840368c6e31f5fcfa79bea03f73896b25883abf2853d10337fb8fa41",
	1002: "ab066f9c12dd6de1336fca0f925192fb0c72a771c3e4c82ede1fd362c1a770f9eb05843c6308ce2530b53a99c0281a6e",
}

// source is a beacon of a test: a chain and the signatures of its rounds.
type source struct {
	chain     beacon.Chain
	rounds    []int // of the draws
	signature func(round int) Signature
}

func quicknetSource() *source { return quicknetRounds(1, 10, 1001) }

func quicknetRounds(rounds ...int) *source {
	return &source{beacon.Quicknet(), rounds, func(round int) (s Signature) {
		if err := s.UnmarshalText([]byte(quicknet[round])); err != nil {
			panic(err)
		}
		return s
	}}
}

// ownSource is a beacon whose key the test has.
func ownSource(seed string) *source {
	key := beacontest.NewKey(seed, 3*time.Second, time.Unix(1_690_000_000, 0))
	return &source{key.Chain, []int{7, 17, 27}, func(round int) Signature { return Signature(key.Sign(uint64(round))) }}
}

// at is the log's time at which what names draw's round has to stand.
func (s *source) at(draw int) int { return int(s.chain.TimeOf(uint64(s.rounds[draw]))) - beaconAhead }

func (s *source) beacon(draw int) *Beacon {
	b := &Beacon{Asked: s.at(draw), Round: s.rounds[draw], Signature: s.signature(s.rounds[draw])}
	b.Randomness = sha256.Sum256(b.Signature[:])
	return b
}

// newRaffle has all that a record can hold: rules, prizes, a public beacon.
func newRaffle(entrants int) raffle { return roll(entrants, fullRules(), quicknetSource()) }

func fullRules() Rules {
	return Rules{TookPart: 2, JoinedBefore: 1_690_000_000_000, CheckedIn: true, Wanted: 3, Prizes: []string{"A keyboard ⌨", "A mouse"}}
}

// newPlainRaffle has what every raffle has.
func newPlainRaffle(entrants int) raffle {
	return roll(entrants, Rules{Wanted: 3, Prizes: []string{}}, nil)
}

func roll(entrants int, rules Rules, src *source) raffle {
	chain := NewChain([]byte("a signing key of a test"), testUID, 3, 1)
	freeze := Freeze{Event: testUID, Activity: 3, Run: 1, Commitment: chain.Element(0), At: 1_690_000_000_000, Rules: rules}
	var ra raffle
	standing := map[Ticket]string{}
	draw := func(m Record, thaw bool, voided string, returned ...Return) {
		done := len(ra.records)
		if src != nil {
			m.Beacon = src.beacon(done)
		}
		if thaw {
			freeze.Number, freeze.Draws = freeze.Number+1, done
			if src != nil {
				freeze.At, freeze.Beacon = m.Beacon.Asked, &FreezeBeacon{Hash(src.chain.Hash), m.Beacon.Round}
			}
		}
		second := freeze.Number == 2
		list := NewList(entrants, func(i int) Leaf {
			l := foreignEntrant(i)
			l.Unfit = ""
			if rules.TookPart > 0 {
				l.Unfit = map[int]string{1: SkipTookPart(2), 4: SkipElsewhere(2), 5: SkipLate, 7: SkipNotHere}[i]
				if i == 8 && second {
					l.Unfit = SkipElsewhere(7)
				}
			}
			return l
		})
		m.Code, m.Title, m.Element = "K7QX4M", "Die Große Verlosung 🥁 <b>", done+1
		sealed := freeze
		sealed.Seal(list)
		m.Freeze, m.Previous, m.Seed = sealed, chain.Element(done), chain.Element(done+1)
		wanted := rules.Wanted
		if voided != "" {
			wanted = 1
			ticket, err := ParseTicket(voided)
			if err != nil {
				panic(err)
			}
			standing[ticket] = SkipVoided
		}
		for _, back := range returned {
			standing[back.Ticket] = SkipVoided
		}
		picks := Select(m.Seed, m.Freeze.Hash, list.Size(), m.Element, m.Beacon.Bytes(), wanted, func(pos int) string {
			if l := list.Leaf(pos); l.Unfit != "" {
				return l.Unfit
			}
			return standing[list.Leaf(pos).Ticket]
		})
		r := NewRecord(m, list, picks, voided, returned)
		for _, w := range r.Winners {
			standing[w.Ticket] = SkipWon
		}
		ra.records, ra.lists = append(ra.records, r), append(ra.lists, list)
	}
	prize := func(k int) string { return append(slices.Clone(rules.Prizes), "", "")[k] }
	draw(Record{Draw: 5, Prize: prize(0)}, true, "")
	draw(Record{Draw: 6, Prize: prize(0), Reason: "went home"}, false, ra.records[0].Winners[1].Ticket.String())
	draw(Record{Draw: 8, Prize: prize(1)}, true, "", Return{ra.records[0].Winners[2].Ticket, "has two already"})
	return ra
}

func (ra raffle) entrants(t testing.TB, draw int) string {
	t.Helper()
	var buf bytes.Buffer
	if err := WriteEntrants(&buf, ra.records[draw], ra.lists[draw]); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func (ra raffle) json(t testing.TB, draw int) string {
	t.Helper()
	b, err := json.Marshal(ra.records[draw])
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (q recordQuestion) check(t testing.TB) []Step {
	t.Helper()
	known := Known{Freeze: q.Freeze, Commitment: q.Commitment, Round: q.Round, Chains: q.Chains}
	for _, e := range q.Earlier {
		known.Earlier = append(known.Earlier, []byte(e))
	}
	if q.List != "" {
		known.Entrants = strings.NewReader(q.List)
	}
	return Check([]byte(q.Record), known)
}

func firstFailure(steps []Step) string {
	for _, s := range steps {
		if s.Status == Failed {
			return s.Name
		}
	}
	return ""
}

// checkBoth has this package and the page check the questions, and compares the
// first step that fails in each ("" = none) with want.
func checkBoth(t *testing.T, names []string, questions []recordQuestion, want []string) {
	t.Helper()
	for i, q := range questions {
		if got := firstFailure(q.check(t)); got != want[i] {
			t.Errorf("%s: Go fails at %q, want %q", names[i], got, want[i])
		}
	}
	answers := askPage(t, question{Records: questions}).Records
	if len(answers) != len(questions) {
		t.Fatalf("%d answers to %d questions", len(answers), len(questions))
	}
	for i := range questions {
		got := ""
		for _, s := range answers[i] {
			if s.Status == Failed {
				got = s.Name
				break
			}
		}
		if got != want[i] {
			t.Errorf("%s: the page fails at %q, want %q", names[i], got, want[i])
		}
	}
}

func TestTrueRecords(t *testing.T) {
	ra := newRaffle(10)
	if r := ra.records[2]; r.Shortfall() == 0 || len(r.Skips)+len(r.Winners) != 10 || len(r.Returned) != 1 || r.Freeze.Number != 2 {
		t.Fatalf("the last draw should have a shortfall, skips and a ticket given back: %+v", r)
	}
	var earlier, names []string
	var questions []recordQuestion
	for i, r := range ra.records {
		golden(t, fmt.Sprintf("record%d.json", i+1), indented(t, r))
		golden(t, fmt.Sprintf("entrants%d.ndjson", r.Freeze.Number), []byte(ra.entrants(t, i)))
		q := recordQuestion{
			Record: ra.json(t, i), Earlier: slices.Clone(earlier), List: ra.entrants(t, i),
			Freeze: Fingerprint(r.Freeze.Hash), Commitment: r.Freeze.Commitment.String(), Round: r.Beacon.Round,
		}
		names, questions = append(names, fmt.Sprint("record ", i+1)), append(questions, q)
		earlier = append([]string{q.Record}, earlier...) // in no order

		parsed, err := ParseRecord([]byte(q.Record))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, parsed); diff != "" {
			t.Errorf("record %d changed by JSON:\n%s", i+1, diff)
		}
		if n := count(q.check(t), Unchecked); n != 0 {
			t.Errorf("record %d: %d steps not checked, though all is given", i+1, n)
		}
	}
	plain := newPlainRaffle(10)
	golden(t, "plain.json", indented(t, plain.records[0]))
	names, questions = append(names, "plain record"), append(questions, recordQuestion{Record: plain.json(t, 0), List: plain.entrants(t, 0)})
	own := ownSource("own")
	rolled := roll(10, fullRules(), own)
	names, questions = append(names, "a beacon of one's own"), append(questions, recordQuestion{Record: rolled.json(t, 0), Chains: []beacon.Chain{own.chain}})
	names, questions = append(names, "alone"), append(questions, recordQuestion{Record: ra.json(t, 2)})
	checkBoth(t, names, questions, make([]string, len(questions)))

	// Beyond passing, both see the same things go in and come out, and leave the same unchecked.
	for i, answer := range askPage(t, question{Records: questions}).Records {
		steps := questions[i].check(t)
		if len(answer) != len(steps) {
			t.Fatalf("%s: the page makes %d steps, Go %d", names[i], len(answer), len(steps))
		}
		for k, s := range steps {
			g := answer[k]
			if g.Name != s.Name || g.Status != s.Status || g.In != s.In || g.Out != s.Out || s.Status == Unchecked && g.Detail != s.Detail {
				t.Errorf("%s: page %+v\nGo %+v", names[i], g, s)
			}
		}
	}
}

// failsAt says which step must notice a change of a record's member, its digest
// computed again; "" is what a record alone does not bind.
var failsAt = []struct {
	path *regexp.Regexp
	step string
}{
	{regexp.MustCompile(`^version$`), StepRecord},
	{regexp.MustCompile(`^(code|title|draw|reason|prize|returned/\d+/reason)$`), ""},
	{regexp.MustCompile(`^digest$`), StepDigest},
	{regexp.MustCompile(`^(element|freeze/commitment)$`), StepCommitment},
	{regexp.MustCompile(`^(previous|seed)$`), StepSeed},
	{regexp.MustCompile(`^freeze/`), StepFreeze},
	{regexp.MustCompile(`^beacon/asked$`), StepRound},
	{regexp.MustCompile(`^beacon/`), StepBeacon},
	{regexp.MustCompile(`^winners/`), StepWinners},
	{regexp.MustCompile(`^skips/`), StepSkips},
	{regexp.MustCompile(`^returned/`), StepReturned},
	{regexp.MustCompile(`^voided/`), StepVoided},
}

func expectedStep(t *testing.T, path string) string {
	t.Helper()
	for _, f := range failsAt {
		if f.path.MatchString(path) {
			return f.step
		}
	}
	t.Fatalf("no step is said to notice a change of %s", path)
	return ""
}

// walk visits every scalar of a JSON value with a function to replace it.
func walk(v any, path string, visit func(path string, v any, set func(any))) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			child(v[k], path+"/"+k, func(n any) { v[k] = n }, visit)
		}
	case []any:
		for i := range v {
			child(v[i], fmt.Sprintf("%s/%d", path, i), func(n any) { v[i] = n }, visit)
		}
	}
}

func child(v any, path string, set func(any), visit func(string, any, func(any))) {
	switch v.(type) {
	case map[string]any, []any:
		walk(v, path, visit)
	default:
		visit(strings.TrimPrefix(path, "/"), v, set)
	}
}

func changed(v any) any {
	switch v := v.(type) {
	case bool:
		return !v
	case float64:
		return v + 1
	case string:
		switch {
		case v == "":
			return "ab"
		case v[0] == '0':
			return "1" + v[1:]
		case strings.Trim(v, "0123456789abcdef") == "":
			return "0" + v[1:]
		}
		return v + "!"
	}
	return nil
}

// resealed is a record as somebody would forge it, its digest computed again, and its
// freeze's hash.
func resealed(t testing.TB, r *Record, forge func(*Record)) string {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := ParseRecord(b)
	if err != nil {
		t.Fatal(err)
	}
	forge(forged)
	forged.Freeze.Hash = forged.Freeze.sum()
	return sealedText(t, forged)
}

func sealedText(t testing.TB, r *Record) string {
	t.Helper()
	r.Digest = r.digest()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestTamperedFields changes each member of records, with the digest computed again.
// What no step notices is listed in docs/FAIR-DRAW.md as not bound.
func TestTamperedFields(t *testing.T) {
	ra := newRaffle(10)
	var names, want []string
	var questions []recordQuestion
	for i := range ra.records {
		var record any
		if err := json.Unmarshal([]byte(ra.json(t, i)), &record); err != nil {
			t.Fatal(err)
		}
		add := func(name, step string) {
			b, err := json.Marshal(record)
			if err != nil {
				t.Fatal(err)
			}
			if r, err := ParseRecord(b); err == nil && step != StepDigest {
				b = []byte(sealedText(t, r))
			}
			names, want = append(names, fmt.Sprintf("record %d, %s", i+1, name)), append(want, step)
			questions = append(questions, recordQuestion{Record: string(b)})
		}
		walk(record, "", func(path string, v any, set func(any)) {
			step := expectedStep(t, path)
			switch {
			case path == "prize" && i == 0:
				step = StepHistory // of a run's first draw that is always checked
			case path == "freeze/draws" && i != 1:
				step = StepRecord // more draws than this one's element has before it
			}
			set(changed(v))
			add(path+" changed", step)
			set(nil)
			add(path+" null", StepRecord)
			set(v)
		})
		members := record.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(members)) {
			v := members[name]
			delete(members, name)
			add(name+" removed", StepRecord)
			members[strings.ToUpper(name)] = v
			add(name+" in upper case", StepRecord)
			delete(members, strings.ToUpper(name))
			members[name] = v
		}
		members["further"] = 1
		add("a further member", StepRecord)
		delete(members, "further")
	}
	checkBoth(t, names, questions, want)
}

// Somebody who changes what was fixed, and computes the freeze's hash again as well, gets
// other winners than the record names.
func TestTamperedFreeze(t *testing.T) {
	ra := newRaffle(10)
	var names, want []string
	var questions []recordQuestion
	for name, forge := range map[string]func(*Freeze){
		"event":      func(f *Freeze) { f.Event[0]++ },
		"activity":   func(f *Freeze) { f.Activity++ },
		"run":        func(f *Freeze) { f.Run++ },
		"number":     func(f *Freeze) { f.Number++ },
		"at":         func(f *Freeze) { f.At-- },
		"size":       func(f *Freeze) { f.Size++ },
		"again":      func(f *Freeze) { f.Rules.Again = true },
		"took part":  func(f *Freeze) { f.Rules.TookPart++ },
		"joined":     func(f *Freeze) { f.Rules.JoinedBefore++ },
		"checked in": func(f *Freeze) { f.Rules.CheckedIn = false },
		"wanted":     func(f *Freeze) { f.Rules.Wanted++ },
		"prizes":     func(f *Freeze) { f.Rules.Prizes[1] = "A car" },
	} {
		q := recordQuestion{Record: resealed(t, ra.records[1], func(r *Record) { forge(&r.Freeze) })}
		step := firstFailure(q.check(t))
		if !slices.Contains([]string{StepRound, StepWinners, StepSkips, StepVoided, StepPicks}, step) {
			t.Errorf("%s: fails at %q", name, step)
		}
		names, questions, want = append(names, name), append(questions, q), append(want, step)
		q.Freeze = Fingerprint(ra.records[1].Freeze.Hash)
		names, questions, want = append(names, name+", told"), append(questions, q), append(want, StepToldFreeze)
	}
	checkBoth(t, names, questions, want)
}

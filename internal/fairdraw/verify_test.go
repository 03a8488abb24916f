package fairdraw

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/beacon"
	"drumroll/internal/beacon/beacontest"
)

// raffle is a run of three draws on one list: three winners, then a redraw of
// the second of them, then, with the third's ticket given back, more than are left.
type raffle struct {
	list    *List
	records []*Record
}

// quicknet are rounds 1000, 1001 and 1002 of drand's quicknet.
var quicknet = []string{
	"b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39",
	"b33bf3667cbd5a82de3a24b4e0e9fe5513cc1a0e840368c6e31f5fcfa79bea03f73896b25883abf2853d10337fb8fa41",
	"ab066f9c12dd6de1336fca0f925192fb0c72a771c3e4c82ede1fd362c1a770f9eb05843c6308ce2530b53a99c0281a6e",
}

func quicknetRound(i int) *Beacon {
	b := &Beacon{Round: 1000 + i, Chain: Hash(beacon.Quicknet().Hash)}
	if err := b.Signature.UnmarshalText([]byte(quicknet[i])); err != nil {
		panic(err)
	}
	b.Randomness = sha256.Sum256(b.Signature[:])
	return b
}

// newRaffle has all that a record can hold: rules, prizes, a public beacon.
func newRaffle(entrants int) raffle { return fullRaffle(entrants, 3) }

// fullRaffle has a beacon in the first so many of its draws only, which no true
// raffle has: checks of single records are quicker without.
func fullRaffle(entrants, beacons int) raffle {
	return rollTheDrum(entrants, func(i int, m *Meta) {
		if i < beacons {
			m.Beacon = quicknetRound(i)
		}
		m.Prize = []string{"A keyboard ⌨", "A mouse", ""}[i]
		m.Rules = Rules{TookPart: 2, JoinedBefore: 1_790_000_000_000, CheckedIn: true}
	}, map[int]string{1: SkipTookPart(2), 4: SkipElsewhere(2), 5: SkipLate, 7: SkipNotHere})
}

// newPlainRaffle has what every raffle has.
func newPlainRaffle(entrants int) raffle {
	return rollTheDrum(entrants, func(int, *Meta) {}, nil)
}

func rollTheDrum(entrants int, more func(i int, m *Meta), unfit map[int]string) raffle {
	chain := NewChain([]byte("a signing key of a test"), testUID, 3, 1)
	ra := raffle{list: Freeze(entrants, foreignEntrant)}
	spent := map[Ticket]string{}
	for pos, reason := range unfit {
		spent[ra.list.Leaf(pos).Ticket] = reason
	}
	draw := func(wanted int, voided, reason string, returned ...Return) {
		element := len(ra.records) + 1
		if voided != "" {
			ticket, err := ParseTicket(voided)
			if err != nil {
				panic(err)
			}
			spent[ticket] = SkipVoided
		}
		m := Meta{
			Code: "K7QX4M", UID: testUID, Activity: 3, Title: "Die Große Verlosung 🥁 <b>", Run: 1,
			Draw: element + 4, Element: element,
			Commitment: chain.Element(0), Previous: chain.Element(element - 1), Seed: chain.Element(element),
			Wanted: wanted, Voided: voided, Reason: reason, Returned: returned,
		}
		more(element-1, &m)
		for _, back := range returned {
			spent[back.Ticket] = SkipVoided
		}
		picks := Select(m.Seed, ra.list.Root(), ra.list.Size(), m.Element, m.Beacon.bytes(), wanted, func(pos int) string {
			return spent[ra.list.Leaf(pos).Ticket]
		})
		r := NewRecord(m, ra.list, picks)
		for _, w := range r.Winners {
			spent[w.Ticket] = SkipWon
		}
		ra.records = append(ra.records, r)
	}
	draw(3, "", "")
	draw(1, ra.records[0].Winners[1].Ticket.String(), "went home")
	draw(entrants-3, "", "", Return{ra.records[0].Winners[2].Ticket, "has two already"})
	return ra
}

func (ra raffle) entrants(t testing.TB) string {
	t.Helper()
	var buf bytes.Buffer
	if err := WriteEntrants(&buf, ra.records[0], ra.list); err != nil {
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
	known := Known{Root: q.Root, Commitment: q.Commitment, Chains: q.Chains}
	for _, e := range q.Earlier {
		r, err := ParseRecord([]byte(e))
		if err != nil {
			t.Fatal(err)
		}
		known.Earlier = append(known.Earlier, r)
	}
	if q.List != "" {
		var err error
		if known.Entrants, err = NewEntrants(strings.NewReader(q.List)); err != nil {
			t.Fatal(err)
		}
	}
	return Check([]byte(q.Record), known)
}

func firstFailure(steps []Step) string {
	for _, s := range steps {
		if !s.OK {
			return s.Name
		}
	}
	return ""
}

// checkBoth has this package and the page check the questions, and compares the
// first step that fails in each ("" = none) with want.
func checkBoth(t *testing.T, names []string, questions []recordQuestion, want []string) {
	t.Helper()
	answers := askPage(t, question{Records: questions}).Records
	if len(answers) != len(questions) {
		t.Fatalf("%d answers to %d questions", len(answers), len(questions))
	}
	for i, q := range questions {
		if got := firstFailure(q.check(t)); got != want[i] {
			t.Errorf("%s: Go fails at %q, want %q", names[i], got, want[i])
		}
		got := ""
		for _, s := range answers[i] {
			if !s.OK {
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
	ra := newRaffle(9)
	if r := ra.records[2]; r.Shortfall != 5 || len(r.Skips) != 8 || len(r.Returned) != 1 {
		t.Fatalf("the last draw should have a shortfall of 5, 8 skips and a ticket given back: %+v", r)
	}
	var earlier, names []string
	var questions []recordQuestion
	for i, r := range ra.records {
		golden(t, fmt.Sprintf("record%d.json", i+1), indented(t, r))
		q := recordQuestion{
			Record: ra.json(t, i), Earlier: slices.Clone(earlier), List: ra.entrants(t),
			Root: Fingerprint(r.Root), Commitment: r.Commitment.String(),
		}
		names, questions = append(names, fmt.Sprint("record ", i+1)), append(questions, q)
		earlier = append(earlier, q.Record)

		parsed, err := ParseRecord([]byte(q.Record))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, parsed); diff != "" {
			t.Errorf("record %d changed by JSON:\n%s", i+1, diff)
		}
	}
	golden(t, "entrants.ndjson", []byte(ra.entrants(t)))
	plain := newPlainRaffle(9)
	golden(t, "plain.json", indented(t, plain.records[0]))
	names, questions = append(names, "plain record"), append(questions, recordQuestion{Record: plain.json(t, 0), List: plain.entrants(t)})
	own := beacontest.NewKey("own", 3*time.Second, time.Unix(1_790_000_000, 0))
	rolled := rollTheDrum(9, func(i int, m *Meta) { m.Beacon = ownRound(own, 7+i) }, nil)
	names, questions = append(names, "a beacon of one's own"), append(questions, recordQuestion{Record: rolled.json(t, 0), Chains: []beacon.Chain{own.Chain}})
	checkBoth(t, names, questions, make([]string, len(questions)))

	// Beyond passing, both see the same things go in and come out.
	for i, answer := range askPage(t, question{Records: questions}).Records {
		for k, s := range questions[i].check(t) {
			if g := answer[k]; g.Name != s.Name || g.In != s.In || g.Out != s.Out {
				t.Errorf("record %d: page %+v\nGo %+v", i+1, g, s)
			}
		}
	}
}

func ownRound(key beacontest.Key, round int) *Beacon {
	b := &Beacon{Round: round, Chain: Hash(key.Hash), Signature: Signature(key.Sign(uint64(round)))}
	b.Randomness = sha256.Sum256(b.Signature[:])
	return b
}

// failsAt says which step must notice a change of a record's member.
var failsAt = []struct {
	path *regexp.Regexp
	step string
}{
	{regexp.MustCompile(`^version$`), StepRecord},
	{regexp.MustCompile(`^(code|event|activity|title|run|reason|prize|rules/joined_before|returned/\d+/reason)$`), StepDigest},
	{regexp.MustCompile(`^digest$`), StepDigest},
	{regexp.MustCompile(`^draw$`), StepDigest},
	{regexp.MustCompile(`^wanted$`), StepPicks},
	{regexp.MustCompile(`^(element|commitment)$`), StepCommitment},
	{regexp.MustCompile(`^(previous|seed)$`), StepSeed},
	{regexp.MustCompile(`^(root|size|winners/.*)$`), StepWinners},
	{regexp.MustCompile(`^beacon/`), StepBeacon},
	{regexp.MustCompile(`^rules/`), StepSkips},
	{regexp.MustCompile(`^shortfall$`), StepCount},
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
		for _, k := range slices.Sorted(func(yield func(string) bool) {
			for k := range v {
				if !yield(k) {
					return
				}
			}
		}) {
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

// ruled says which reason of fullRaffle's skips each rule gives.
var ruled = map[string]string{"rules/again": SkipElsewhere(2), "rules/took_part": SkipTookPart(2), "rules/checked_in": SkipNotHere}

func TestTamperedFields(t *testing.T) {
	ra := fullRaffle(9, 1)
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
			names, want = append(names, fmt.Sprintf("record %d, %s", i+1, name)), append(want, step)
			questions = append(questions, recordQuestion{Record: string(b)})
		}
		walk(record, "", func(path string, v any, set func(any)) {
			step := expectedStep(t, path)
			if reason, is := ruled[path]; is && !slices.ContainsFunc(ra.records[i].Skips, func(s Skip) bool { return s.Reason == reason }) {
				step = StepDigest // nobody came up whom this rule excludes
			}
			if path == "wanted" && ra.records[i].Shortfall > 0 {
				step = StepCount // everybody came up: one more would not have been found
			}
			set(changed(v))
			add(path+" changed", step)
			set(nil)
			add(path+" null", StepRecord)
			set(v)
		})
		members := record.(map[string]any)
		for name, v := range members {
			delete(members, name)
			switch name {
			case "voided":
				add(name+" removed", StepRecord) // its reason is left over
			case "reason":
				add(name+" removed", StepDigest)
			case "beacon":
				add(name+" removed", StepPicks) // the same seed without it leads elsewhere
			default:
				add(name+" removed", StepRecord)
			}
			members[strings.ToUpper(name)] = v
			add(name+" in upper case", StepRecord)
			delete(members, strings.ToUpper(name))
			members[name] = v
		}
		members["further"] = 1
		add("a further member", StepRecord)
		delete(members, "further")
	}
	// A larger size keeps the proofs of some positions valid: the picks notice.
	for i := range want {
		if strings.HasSuffix(names[i], "size changed") {
			want[i] = firstFailure(questions[i].check(t))
			if want[i] != StepWinners && want[i] != StepSkips && want[i] != StepPicks {
				t.Errorf("%s: fails at %q", names[i], want[i])
			}
		}
	}
	checkBoth(t, names, questions, want)
}

// resealed is a record as somebody would forge it, its digest computed anew.
func resealed(t *testing.T, r *Record, forge func(*Record)) string {
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
	forged.Digest = forged.digest()
	if b, err = json.Marshal(forged); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestForgeries(t *testing.T) {
	ra := newRaffle(9)
	first, second, last := ra.records[0], ra.records[1], ra.records[2]
	earlier := []string{ra.json(t, 0), ra.json(t, 1)}
	place := func(pos int) Place { return placeAt(ra.list, pos) }
	list := ra.entrants(t)
	lines := strings.SplitAfter(strings.TrimSuffix(list, "\n"), "\n")
	other := newRaffle(10)
	key := beacontest.NewKey("forger", 3*time.Second, time.Unix(1_790_000_000, 0))
	forgersOwn := rollTheDrum(9, func(i int, m *Meta) { m.Beacon = ownRound(key, i+1) }, nil)
	dropped := rollTheDrum(9, func(i int, m *Meta) {
		m.Rules = first.Rules
		if i == 0 {
			m.Beacon = quicknetRound(0)
		}
	}, nil)
	backwards := rollTheDrum(9, func(i int, m *Meta) { m.Beacon = quicknetRound(2 - i) }, nil)

	forgeries := []struct {
		name string
		q    recordQuestion
		step string
	}{
		{"a friend in the winner's place", recordQuestion{Record: resealed(t, first, func(r *Record) {
			r.Winners[0] = place((r.Winners[0].Position + 1) % 9)
		})}, StepPicks},
		{"winners in another order", recordQuestion{Record: resealed(t, first, func(r *Record) {
			r.Winners[0], r.Winners[1] = r.Winners[1], r.Winners[0]
		})}, StepPicks},
		{"a winner too many", recordQuestion{Record: resealed(t, first, func(r *Record) {
			r.Winners = append(r.Winners, place(8))
		})}, StepPicks},
		{"a winner kept back", recordQuestion{Record: resealed(t, first, func(r *Record) {
			r.Winners, r.Shortfall = r.Winners[:2], 1
		})}, StepPicks},
		{"a winner passed over without a reason", recordQuestion{Record: resealed(t, first, func(r *Record) {
			r.Skips = append(r.Skips, Skip{Place: r.Winners[0]})
			r.Winners, r.Shortfall = r.Winners[1:], 1
		})}, StepSkips},
		{"the seed of the draw before", recordQuestion{Record: resealed(t, second, func(r *Record) {
			r.Seed, r.Previous = first.Seed, first.Previous
		})}, StepCommitment},
		{"the seed of the draw after", recordQuestion{Record: resealed(t, first, func(r *Record) {
			r.Seed, r.Previous = second.Seed, second.Previous
		})}, StepCommitment},
		{"another event's commitment, all consistent", recordQuestion{
			Record:     resealed(t, first, func(r *Record) { r.Commitment, r.Previous, r.Seed = Rewind(Hash{1}, 1), Rewind(Hash{1}, 1), Hash{1} }),
			Commitment: first.Commitment.String(),
		}, StepToldPromise},
		{"another list after the freeze, all consistent", recordQuestion{
			Record: other.json(t, 0), Root: Fingerprint(first.Root),
		}, StepToldList},
		{"a fingerprint too short to mean anything", recordQuestion{Record: ra.json(t, 0), Root: first.Root.String()[:11]}, StepToldList},
		{"a skip that did not win before", recordQuestion{Record: ra.json(t, 2), Earlier: []string{earlier[0], resealed(t, second, func(r *Record) {
			r.Winners = r.Winners[:0]
		})}}, StepHistory},
		{"a voided ticket called a winner", recordQuestion{Record: resealed(t, last, func(r *Record) {
			at := slices.IndexFunc(r.Skips, func(s Skip) bool { return s.Reason == SkipVoided })
			r.Skips[at].Reason = SkipWon
		}), Earlier: earlier}, StepHistory},
		{"a draw left out of the history", recordQuestion{Record: ra.json(t, 2), Earlier: earlier[1:]}, StepHistory},
		{"a draw twice in the history", recordQuestion{Record: ra.json(t, 2), Earlier: []string{earlier[0], earlier[0]}}, StepHistory},
		{"a history of another list", recordQuestion{Record: ra.json(t, 1), Earlier: []string{other.json(t, 0)}}, StepHistory},
		{"a voided ticket that had not won", recordQuestion{Record: resealed(t, second, func(r *Record) {
			p := place(r.Winners[0].Position)
			r.Voided = &p
		}), Earlier: earlier[:1]}, StepHistory},
		{"a voided ticket that had not won, without a redraw", recordQuestion{Record: resealed(t, second, func(r *Record) {
			r.Returned = []Skip{{place(r.Winners[0].Position), "why not"}}
		}), Earlier: earlier[:1]}, StepHistory},
		{"a ticket given back without a reason", recordQuestion{Record: resealed(t, last, func(r *Record) { r.Returned[0].Reason = "" })}, StepRecord},
		{"an entrant passed over for no rule of the raffle's", recordQuestion{Record: resealed(t, last, func(r *Record) {
			at := slices.IndexFunc(r.Skips, func(s Skip) bool { return s.Reason == SkipLate })
			r.Skips[at].Reason = "did not take part in activity 3"
		})}, StepSkips},
		{"a winner of a draw that is yet to come", recordQuestion{Record: resealed(t, last, func(r *Record) {
			at := slices.IndexFunc(r.Skips, func(s Skip) bool { return s.Reason == SkipElsewhere(2) })
			r.Skips[at].Reason = SkipElsewhere(r.Draw)
		})}, StepSkips},
		{"rules that changed in the run", recordQuestion{Record: resealed(t, second, func(r *Record) { r.Rules.JoinedBefore++ }), Earlier: earlier[:1]}, StepHistory},
		{"another round of the beacon", recordQuestion{Record: resealed(t, first, func(r *Record) { r.Beacon = quicknetRound(1) })}, StepPicks},
		{"the round of the draw before", recordQuestion{Record: resealed(t, second, func(r *Record) { r.Beacon = quicknetRound(0) })}, StepPicks},
		{"a round's signature under another number", recordQuestion{Record: resealed(t, first, func(r *Record) { r.Beacon.Round++ })}, StepBeacon},
		{"randomness that no beacon gave", recordQuestion{Record: resealed(t, first, func(r *Record) { r.Beacon.Randomness[0]++ })}, StepBeacon},
		{"a beacon that the forger owns", recordQuestion{Record: forgersOwn.json(t, 0)}, StepBeacon},
		{"the beacon left out", recordQuestion{Record: resealed(t, first, func(r *Record) { r.Beacon = nil })}, StepPicks},
		{"the beacon left out from now on", recordQuestion{Record: dropped.json(t, 1), Earlier: earlier[:1]}, StepHistory},
		{"an older round than the draw before", recordQuestion{Record: backwards.json(t, 1), Earlier: []string{backwards.json(t, 0)}}, StepHistory},
		{"an entrant left out", recordQuestion{Record: ra.json(t, 0), List: strings.Join(slices.Delete(slices.Clone(lines), 3, 4), "")}, StepEntrants},
		{"an entrant left out, and the size to match", recordQuestion{Record: ra.json(t, 0),
			List: strings.Replace(strings.Join(slices.Delete(slices.Clone(lines), 3, 4), ""), `"size":9`, `"size":8`, 1)}, StepEntrants},
		{"an entrant added", recordQuestion{Record: ra.json(t, 0), List: other.entrants(t)}, StepEntrants},
		{"two entrants swapped", recordQuestion{Record: ra.json(t, 0), List: lines[0] + lines[2] + lines[1] + strings.Join(lines[3:], "")}, StepEntrants},
		{"a handle changed in the list", recordQuestion{Record: ra.json(t, 0), List: strings.Replace(list, "Teal Otter", "Teal Kitten", 1)}, StepEntrants},
		{"the list of another run", recordQuestion{Record: ra.json(t, 0), List: strings.Replace(list, `"run":1`, `"run":2`, 1)}, StepEntrants},
		{"a line of the list that is no entrant", recordQuestion{Record: ra.json(t, 0), List: list + "{}\n"}, StepEntrants},
		{"no JSON at all", recordQuestion{Record: "roll the drums"}, StepRecord},
		{"two records in one", recordQuestion{Record: ra.json(t, 0) + ra.json(t, 1)}, StepRecord},
	}
	var names, want []string
	var questions []recordQuestion
	for _, f := range forgeries {
		names, questions, want = append(names, f.name), append(questions, f.q), append(want, f.step)
	}
	checkBoth(t, names, questions, want)
}

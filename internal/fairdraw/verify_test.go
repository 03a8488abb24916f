package fairdraw

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// raffle is a run of three draws on one list: three winners, then a redraw of
// the second of them, then more than are left.
type raffle struct {
	list    *List
	records []*Record
}

func newRaffle(entrants int) raffle {
	chain := NewChain([]byte("a signing key of a test"), testUID, 3, 1)
	ra := raffle{list: Freeze(entrants, foreignEntrant)}
	spent := map[Ticket]string{}
	draw := func(wanted int, voided, reason string) {
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
			Wanted: wanted, Voided: voided, Reason: reason,
		}
		picks := Select(m.Seed, ra.list.Root(), ra.list.Size(), m.Draw, nil, wanted, func(pos int) string {
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
	draw(entrants-3, "", "")
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
	known := Known{Root: q.Root, Commitment: q.Commitment}
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
	if r := ra.records[2]; r.Shortfall != 1 || len(r.Skips) != 4 {
		t.Fatalf("the last draw should have a shortfall of 1 and 4 skips: %+v", r)
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

// failsAt says which step must notice a change of a record's member.
var failsAt = []struct {
	path *regexp.Regexp
	step string
}{
	{regexp.MustCompile(`^version$`), StepRecord},
	{regexp.MustCompile(`^(code|event|activity|title|run|reason|skips/\d+/reason)$`), StepDigest},
	{regexp.MustCompile(`^digest$`), StepDigest},
	{regexp.MustCompile(`^(draw|wanted)$`), StepPicks},
	{regexp.MustCompile(`^(element|commitment)$`), StepCommitment},
	{regexp.MustCompile(`^(previous|seed)$`), StepSeed},
	{regexp.MustCompile(`^(root|size|winners/.*)$`), StepWinners},
	{regexp.MustCompile(`^beacon$`), StepBeacon},
	{regexp.MustCompile(`^shortfall$`), StepCount},
	{regexp.MustCompile(`^skips/`), StepSkips},
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

func TestTamperedFields(t *testing.T) {
	ra := newRaffle(9)
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

func TestReport(t *testing.T) {
	ra := newRaffle(9)
	steps := Verify(ra.records[0], Known{})
	var buf bytes.Buffer
	if err := Report(&buf, steps); err != nil {
		t.Fatal(err)
	}
	if !OK(steps) || strings.Count(buf.String(), "\n") != len(steps) || strings.Contains(buf.String(), "FAIL") {
		t.Errorf("report of a true record:\n%s", buf.String())
	}
	if OK(nil) {
		t.Error("no step at all is no success")
	}
}

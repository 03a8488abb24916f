package event

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// randomLog makes n records of everything that a log may hold: commands that fit
// and such that do not, batches, records that stand in it twice or late, other
// producers' and other events'. The same seed gives the same log.
func randomLog(t testing.TB, seed uint64, n int) []placed {
	rng := rand.New(rand.NewPCG(seed, 1))
	j := newJournal(t, seed%2 == 0)
	j.addPoll(Live, 1, "a", "b", "c")
	j.addPoll(Hidden, 2, "a", "b", "c")
	j.addRaffle(2)
	// Signatures take long to check, so not all logs have a beacon.
	j.addSpec(RaffleSpec{Winners: 2, Beacon: seed%2 == 1, Prizes: []string{"first", "second"}, Eligible: Eligibility{CheckedIn: seed%2 == 0}})
	j.do(Command{Type: CmdAdd, Spec: scaleSpec(0, 10, Hidden)})
	producers := []Producer{testProducer, 2, 3}
	seqs := make([]uint64, len(producers))
	seqs[0] = j.seq
	for len(j.log) < n {
		j.ms += rng.Uint64N(3_000)
		who := rng.IntN(len(producers))
		j.producer, j.seq = producers[who], seqs[who]
		switch rng.IntN(10) {
		case 0: // another event's, once under this code
			j.uid[3] = 0xff
			j.propose(randomCommand(rng, j))
			j.uid = testUID
		case 1: // what was appended twice, or came late
			j.apply(j.log[rng.IntN(len(j.log))].data)
			continue
		case 2, 3, 4, 5:
			j.propose(randomCommand(rng, j))
		default:
			items := make([]Item, rng.IntN(8))
			for i := range items {
				items[i] = randomItem(rng, j)
			}
			j.batch(items...)
		}
		seqs[who] = j.seq + rng.Uint64N(2) // gaps: batches that were given up
	}
	return j.log
}

func randomItem(rng *rand.Rand, j *journal) Item {
	p := Participant(1 + rng.Uint64N(12))
	id, run := 1+rng.IntN(5), 1+rng.IntN(2)
	if rng.IntN(10) == 0 {
		id = rng.IntN(6)
	}
	if a := j.s.findActivity(id); a != nil && rng.IntN(8) > 0 {
		run = a.run
	}
	switch a := j.s.findActivity(id); {
	case rng.IntN(6) == 0:
		return JoinItem(p, strings.Repeat("x", rng.IntN(3)))
	case a != nil && a.Raffle != nil && a.Raffle.Eligible.CheckedIn && rng.IntN(2) == 0:
		return here(p, id, run)
	case (a != nil && a.Raffle != nil) != (rng.IntN(10) == 0):
		return ticket(p, id, run)
	}
	var options []int
	for range rng.IntN(4) {
		options = append(options, rng.IntN(4))
	}
	return vote(p, id, run, uint32(rng.IntN(20)), options...)
}

func randomCommand(rng *rand.Rand, j *journal) Command {
	id := 1 + rng.IntN(5)
	verbs := []string{
		CmdOpen, CmdClose, CmdReveal, CmdReset, CmdDraw, CmdRedraw, CmdExtend, CmdResults,
		CmdCurrent, CmdOrder, CmdHide, CmdRemote, CmdRevoke, CmdSettings, CmdAdd, CmdEdit, CmdRemove,
		CmdArm, CmdAbandon, CmdVoid, CmdClaim, CmdConfirm,
	}
	a := j.s.findActivity(id)
	if a != nil && rng.IntN(3) > 0 {
		// What leads on from here, so that everything comes to its end.
		verbs = map[string][]string{
			Draft: {CmdOpen, CmdOpen, CmdOpen, CmdOpen, CmdRemove}, Open: {CmdClose, CmdExtend}, Closed: {CmdOpen, CmdReveal, CmdDraw, CmdArm, CmdArm, CmdAbandon},
			Revealed: {CmdReset}, Drawn: {CmdDraw, CmdDraw, CmdRedraw, CmdRedraw, CmdArm, CmdArm, CmdVoid, CmdVoid, CmdClaim, CmdConfirm, CmdReset},
		}[a.state]
		if a.raffleRun != nil && a.raffleRun.pending != nil {
			verbs = []string{CmdDraw, CmdAbandon}
		}
	}
	c := Command{Type: verbs[rng.IntN(len(verbs))], Activity: id}
	if a == nil && c.Type != CmdAdd {
		return c
	}
	switch c.Type {
	case CmdOpen, CmdDraw, CmdRedraw, CmdArm, CmdVoid, CmdClaim, CmdConfirm, CmdExtend, CmdResults:
		c = j.command(c.Type, id)
		if c.Type == CmdOpen {
			c.Seconds = rng.IntN(2) * 20
		}
	case CmdClose:
		if d := j.s.Deadlines(); len(d) > 0 && rng.IntN(2) == 0 {
			c.Deadline = &d[0].Set
		}
	case CmdAdd, CmdEdit:
		c.Spec = &Spec{Kind: Poll, Title: "more", Results: Live, Poll: &PollSpec{Options: []string{"a", "b"}, MaxChoices: 1}}
	case CmdOrder:
		c.Order = rng.Perm(5)
	case CmdHide:
		c.Person, c.Hidden = Participant(1+rng.Uint64N(12)), rng.IntN(2) == 0
		if n := len(j.s.named); n > 0 {
			c.Person = j.s.people.id(j.s.named[rng.IntN(n)])
		}
	case CmdRemote:
		c.Hash, c.Label = &Key{byte(rng.IntN(9))}, "remote"
	case CmdRevoke:
		c.Remote = rng.IntN(5)
	case CmdSettings:
		on := rng.IntN(3) > 0
		c.Names = &on
	}
	return c
}

func foldAll(t testing.TB, log []placed) *State {
	t.Helper()
	s := New()
	foldOnto(t, s, log)
	return s
}

func foldOnto(t testing.TB, s *State, log []placed) {
	t.Helper()
	var res Result
	for _, r := range log {
		if err := s.Apply(r.at, r.data, &res); err != nil {
			t.Fatalf("Apply at %v: %v", r.at, err)
		}
	}
}

// look reads all that may be read between two records.
func look(s *State) {
	for _, work := range s.TakeWork() {
		work()
	}
	s.Snapshot().OnAir()
	s.Deadlines()
	for p := range Participant(13) {
		s.You(p)
	}
	for n := range len(s.draws) + 2 {
		if d := s.Draw(n); d != nil {
			d.List()
		}
	}
}

// The logs that are split at each record.
const (
	splitSeeds   = 8
	splitRecords = 120
)

// fold(a ++ b) = fold(fold(a), b) for every split, whatever is read between.
func TestEverySplit(t *testing.T) {
	for seed := range uint64(splitSeeds) {
		log := randomLog(t, seed, splitRecords)
		whole := foldAll(t, log)
		look(whole)
		want := dump(whole)
		for split := range log {
			s := foldAll(t, log[:split])
			look(s)
			foldOnto(t, s, log[split:])
			look(s)
			if got := dump(s); got != want {
				t.Fatalf("seed %d split at %d:\n%s", seed, split, lineDiff(want, got))
			}
		}
	}
}

// The random logs must reach what they are there for.
func TestRandomLogsReachEverything(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(8 * splitSeeds) {
		s := New()
		var res Result
		for _, r := range randomLog(t, seed, splitRecords) {
			if err := s.Apply(r.at, r.data, &res); err != nil {
				t.Fatal(err)
			}
			switch {
			case res.Repeat:
				seen["repeat"]++
			case res.Command != nil && res.Refusal != nil:
				seen["refused "+res.Command.Type]++
			case res.Command != nil:
				seen[res.Command.Type]++
				if res.Command.Signature != nil {
					seen["draw with a beacon"]++
				}
			}
			for _, out := range res.Outcomes {
				seen[fmt.Sprint("status ", out.Status)]++
			}
		}
	}
	for _, what := range []string{
		"repeat", CmdOpen, CmdClose, CmdReveal, CmdReset, CmdDraw, CmdRedraw, CmdExtend, CmdHide, CmdRemove,
		CmdArm, CmdAbandon, CmdVoid, CmdClaim, CmdConfirm, "draw with a beacon",
		"refused " + CmdOpen, "refused " + CmdClose, "refused " + CmdDraw,
		"status 0", "status 1", "status 2", "status 3", "status 4", "status 5",
	} {
		if seen[what] == 0 {
			t.Errorf("no %s in any log: %v", what, seen)
		}
	}
}

// No order of a map decides anything: Go shuffles it for each walk.
func TestSameLogSameState(t *testing.T) {
	log := randomLog(t, 7, 200)
	want := dump(foldAll(t, log))
	for range 50 {
		if got := dump(foldAll(t, log)); got != want {
			t.Fatalf("another state:\n%s", lineDiff(want, got))
		}
	}
}

// Whatever is sent again, at once or much later, changes nothing.
func TestRepeatsAreDroppedWhole(t *testing.T) {
	log := randomLog(t, 8, 150)
	want := facts(foldAll(t, log))
	rng := rand.New(rand.NewPCG(9, 9))
	s := New()
	var res Result
	for i, r := range log {
		if err := s.Apply(r.at, r.data, &res); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			old := log[rng.IntN(i+1)]
			before, structure := facts(s), s.Structure()
			if err := s.Apply(r.at, old.data, &res); err != nil {
				t.Fatal(err)
			}
			if !res.Repeat || len(res.Outcomes) != 0 || res.Counts || res.Command != nil && res.Command.Type != CmdCreate {
				t.Fatalf("record %d again: %+v", i, res)
			}
			if facts(s) != before || s.Structure() != structure {
				t.Fatalf("record %d again changed the state:\n%s", i, lineDiff(before, facts(s)))
			}
		}
	}
	if got := facts(s); got != want {
		t.Errorf("with repeats:\n%s", lineDiff(want, got))
	}
}

func TestForeignAndOlderRecords(t *testing.T) {
	j, id := bring(t, Poll, Open)
	before := facts(j.s)
	drop := func(what string, data []byte) {
		t.Helper()
		if res := j.apply(data); !res.Repeat {
			t.Errorf("%s: %+v", what, res)
		}
		if got := facts(j.s); got != before {
			t.Errorf("%s changed the state:\n%s", what, lineDiff(before, got))
		}
	}
	other := UID{9}
	drop("another event's batch", packed(Identity{other, j.producer, j.seq + 1}, vote(9, id, 1, 1, 0)))
	drop("another event's close", AppendCommand(nil, &Command{Identity: Identity{other, 5, 1}, Type: CmdClose, Activity: id}))
	drop("a second create record", AppendCommand(nil, &Command{Identity: Identity{other, 5, 0}, Type: CmdCreate, Create: &Creation{Code: "XXXXXX"}}))
	drop("a batch below the high-water mark", packed(Identity{j.uid, j.producer, j.seq - 1}, vote(9, id, 1, 1, 0)))
	if res := j.batch(vote(9, id, 1, 1, 0)); res.Repeat || res.Outcomes[0].Status != Counted {
		t.Errorf("another event's record used up a sequence number: %+v", res)
	}
}

// The fold and the draw within it know no clock, no randomness and no world.
func TestFoldImportsNothingThatVaries(t *testing.T) {
	banned := map[string]bool{"time": true, "math/rand": true, "math/rand/v2": true, "crypto/rand": true, "os": true, "net": true, "runtime": true, "unsafe": true}
	for _, dir := range []string{".", "../fairdraw"} {
		names, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			found++
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, imp := range file.Imports {
				if path, err := strconv.Unquote(imp.Path.Value); err != nil || banned[path] {
					t.Errorf("%s imports %s", name, imp.Path.Value)
				}
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if _, ok := n.(*ast.GoStmt); ok {
					t.Errorf("%s starts a goroutine", name)
				}
				return true
			})
		}
		if found == 0 {
			t.Errorf("no files in %s", dir)
		}
	}
}

func TestApplyReusesItsResult(t *testing.T) {
	log := randomLog(t, 10, 150)
	s, u := New(), New()
	var reused Result
	for _, r := range log {
		var fresh Result
		if err := s.Apply(r.at, r.data, &reused); err != nil {
			t.Fatal(err)
		}
		if err := u.Apply(r.at, bytes.Clone(r.data), &fresh); err != nil {
			t.Fatal(err)
		}
		if got, want := fmt.Sprintf("%v %v %v %v %v", reused.Outcomes, reused.Who, reused.Repeat, reused.Counts, reused.ID),
			fmt.Sprintf("%v %v %v %v %v", fresh.Outcomes, fresh.Who, fresh.Repeat, fresh.Counts, fresh.ID); got != want {
			t.Fatalf("at %v: %s, want %s", r.at, got, want)
		}
	}
}

package event

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The logs in testdata were written by released versions, and every later
// version has to fold them to the state in the JSON file of the same name. NAME.log has a
// record a line, "ms-seq hex"; NAME.json is what outline says of the folded
// state. A log is never changed. The one way to get a new pair is to give it a
// new name here: a file that is absent is written, and the test fails once.
func goldenLogs() map[string]func(testing.TB) []placed {
	return map[string]func(testing.TB) []placed{
		"v2-evening": evening,
		"v2-raffles": raffles,
		"v2-scales":  scales,
		"v2-random":  func(t testing.TB) []placed { return randomLog(t, 42, 150) },
	}
}

// evening is the log of a whole small event.
func evening(t testing.TB) []placed {
	j := newJournal(t, true)
	poll := j.addPoll(Hidden, 2, "Go", "Rust", "Zig")
	raffle := j.addRaffle(2)
	edited := j.addPoll(Live, 1, "yes", "no")
	j.addPoll(Live, 1, "never opened")
	j.do(Command{Type: CmdEdit, Activity: edited, Spec: &Spec{Kind: Poll, Title: "Lunch 🍜 <b>", Results: Live, Poll: &PollSpec{Options: []string{"ja", "nein", "<i>"}, MaxChoices: 1}}})
	j.do(Command{Type: CmdOrder, Order: []int{raffle, poll, edited, 4}})
	j.do(Command{Type: CmdRemote, Label: "phone", Hash: &Key{7}})
	j.do(Command{Type: CmdRemote, Label: "tablet", Hash: &Key{8}})
	j.do(Command{Type: CmdRevoke, Remote: 1})
	var joins []Item
	for p := Participant(1); p <= 9; p++ {
		joins = append(joins, JoinItem(p*0x0123_4567_89ab, ""))
	}
	joins[2].Body, joins[3].Body = []byte("Ada"), []byte("Þórr ✨")
	j.batch(joins...)
	j.do(Command{Type: CmdHide, Person: joins[3].Participant, Hidden: true})

	c := j.opening(poll)
	c.Seconds = 60
	j.do(c)
	for i, it := range joins {
		j.batch(vote(it.Participant, poll, 1, uint32(i+1), i%3), vote(it.Participant, poll, 1, uint32(i+2), i%2, 2))
	}
	j.do(Command{Type: CmdExtend, Activity: poll, Seconds: 30})
	d := j.s.Deadlines()[0]
	j.ms = d.Ms
	j.do(Command{Type: CmdClose, Activity: poll, Deadline: &d.Set})
	j.verb(CmdReveal, poll)

	for range 2 { // two runs of the raffle
		j.open(raffle)
		run := j.activity(raffle).Run
		for _, it := range joins[run:] {
			j.batch(ticket(it.Participant, raffle, run))
		}
		j.verb(CmdClose, raffle)
		j.do(j.drawing(raffle))
		j.do(j.redrawing(raffle, j.activity(raffle).Raffle.Winners[0].Ticket.String()))
		if run == 1 {
			j.verb(CmdReset, raffle)
		}
	}
	j.open(edited)
	j.batch(vote(joins[0].Participant, edited, 1, 0, 2), vote(joins[1].Participant, edited, 1, 1, 0))
	j.apply(j.log[len(j.log)-1].data) // a retry
	title := "Autumn meetup, second half"
	j.do(Command{Type: CmdSettings, Title: &title})
	return j.log
}

// raffles is the log of raffles with all that a raffle can have.
func raffles(t testing.TB) []placed {
	j := newJournal(t, false)
	plain := j.frozen(RaffleSpec{Again: true, Winners: 2, ClaimSeconds: 60}, 9)
	j.draw(plain)
	first := j.s.Draw(1).won[0]
	j.do(Command{Type: CmdClaim, Activity: plain, Ticket: first.Ticket.String(), Person: first.Participant})
	j.do(Command{Type: CmdConfirm, Activity: plain, Ticket: first.Ticket.String()})

	id := j.addSpec(RaffleSpec{
		Prizes: []string{"A keyboard ⌨", "A mouse"}, Beacon: true, Winners: 2,
		Eligible: Eligibility{TookPart: plain, JoinedBefore: j.ms + 1, CheckedIn: true},
	})
	j.open(id)
	for p := Participant(1); p <= 12; p++ {
		j.batch(ticket(p, id, 1), here(p, id, 1))
	}
	j.verb(CmdClose, id)
	j.do(j.arming(id, ""))
	j.do(j.completing(id))
	j.do(Command{Type: CmdVoid, Activity: id, Void: j.activity(id).Raffle.Winners[1].Ticket.String(), Reason: "has two already"})
	j.ms += 20_000
	j.do(j.arming(id, j.activity(id).Raffle.Winners[0].Ticket.String()))
	j.do(j.completing(id))
	j.draw(plain)
	j.ms += 20_000
	j.refreeze(id)
	j.do(j.arming(id, ""))
	j.do(Command{Type: CmdAbandon, Activity: id})
	return j.log
}

// scales is the log of scales in every state.
func scales(t testing.TB) []placed {
	j := newJournal(t, false)
	var ids []int
	for _, spec := range []*Spec{scaleSpec(1, 5, Live), scaleSpec(-5, 5, Hidden), scaleSpec(0, 10, Hidden), scaleSpec(0, 1, Live)} {
		ids = append(ids, j.do(Command{Type: CmdAdd, Spec: spec}).ID)
	}
	for i, id := range ids[:3] {
		j.open(id)
		for p := Participant(1); p <= 9; p++ {
			j.batch(vote(p, id, 1, 1, int(p)%5), vote(p, id, 1, 2, int(p)%(i+2)))
		}
	}
	j.verb(CmdClose, ids[0])
	j.do(Command{Type: CmdResults, Activity: ids[0], Results: Hidden})
	j.verb(CmdClose, ids[1])
	j.verb(CmdReveal, ids[1])
	j.verb(CmdClose, ids[2])
	j.verb(CmdReset, ids[2])
	j.open(ids[2])
	j.batch(vote(3, ids[2], 2, 1, 10))
	return j.log
}

// outline is what a log must fold to for ever. It has fields of its own, so that
// a Snapshot that gains some does not touch it.
type outline struct {
	Code, Title, UID string
	Names            bool
	Joined, Current  int
	HostKeys         []Key
	Deadlines        []Deadline
	Activities       []outlineActivity
	Draws            []outlineDraw
	People           []outlinePerson
}

type outlineActivity struct {
	ID                  int
	Kind, Title, State  string
	Options             []string
	Run, Entries        int
	Counts              []int
	Tick                string
	Winners, Voided     []string
	Shortfall, LastDraw int
	Freeze              string
}

type outlineDraw struct {
	Activity, Run int
	Winners       []string
	Digest        string // covers seed, list, picks and reasons
}

type outlinePerson struct {
	ID  Participant
	You outlineYou
}

type outlineYou struct {
	Handle, Name string
	N            uint32
	Choices      map[int][]int
	Tickets      map[int]string
	Won          []outlineWon
}

type outlineWon struct {
	Activity int    `json:"activity"`
	Draw     int    `json:"draw"`
	Ticket   string `json:"ticket"`
}

func outlineOf(s *State) outline {
	snap := s.Snapshot()
	o := outline{
		Code: snap.Code, Title: snap.Title, UID: snap.UID.String(), Names: snap.Names, Joined: snap.Joined,
		Current: snap.Current, HostKeys: s.HostKeys(), Deadlines: s.Deadlines(),
	}
	for _, a := range snap.Activities {
		oa := outlineActivity{
			ID: a.ID, Kind: a.Kind, Title: a.Title, State: a.State, Run: a.Run, Entries: a.Entries, Counts: a.Counts, Tick: string(a.AppendNumbers(nil)),
		}
		if a.Poll != nil {
			oa.Options = a.Poll.Options
		}
		if r := a.Raffle; r != nil {
			oa.Shortfall, oa.LastDraw = r.Shortfall, r.LastDraw
			if r.Freeze != nil {
				oa.Freeze = r.Freeze.Hash.String()
			}
			for _, w := range r.Winners {
				oa.Winners = append(oa.Winners, fmt.Sprintf("%v %s (%s) by draw %d", w.Ticket, w.Name, w.Handle, w.Draw))
			}
			for _, v := range r.Voided {
				oa.Voided = append(oa.Voided, fmt.Sprintf("%v by draw %d: %s", v.Ticket, v.Draw, v.Reason))
			}
		}
		o.Activities = append(o.Activities, oa)
	}
	for _, d := range s.draws {
		od := outlineDraw{Activity: d.Activity, Run: d.Run, Digest: d.Record.Digest.String()}
		for _, w := range d.won {
			od.Winners = append(od.Winners, fmt.Sprintf("%v %v", w.Participant, w.Ticket))
		}
		o.Draws = append(o.Draws, od)
	}
	for i := range s.people.ids.len {
		p := s.people.id(uint32(i))
		y := s.You(p)
		you := outlineYou{y.Handle, y.Name, y.N, y.Choices, y.Tickets, []outlineWon{}}
		for _, w := range y.Won {
			you.Won = append(you.Won, outlineWon{w.Activity, w.Draw, w.Ticket})
		}
		o.People = append(o.People, outlinePerson{p, you})
	}
	return o
}

func TestReleasedLogs(t *testing.T) {
	for name, make := range goldenLogs() {
		t.Run(name, func(t *testing.T) {
			log := readGolden(t, filepath.Join("testdata", name+".log"), make)
			s := foldAll(t, log)
			look(s)
			got, err := json.MarshalIndent(outlineOf(s), "", "\t")
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, '\n')
			path := filepath.Join("testdata", name+".json")
			want, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) {
				writeGolden(t, path, got)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("a released log folds to another state (-want +got):\n%s", diff)
			}
		})
	}
}

func readGolden(t *testing.T, path string, make func(testing.TB) []placed) []placed {
	t.Helper()
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		log := make(t)
		var b bytes.Buffer
		for _, r := range log {
			fmt.Fprintf(&b, "%v %x\n", r.at, r.data)
		}
		writeGolden(t, path, b.Bytes())
		return log
	}
	if err != nil {
		t.Fatal(err)
	}
	var log []placed
	for line := range strings.Lines(string(data)) {
		at, record, _ := strings.Cut(strings.TrimSpace(line), " ")
		var r placed
		if err := r.at.UnmarshalText([]byte(at)); err != nil {
			t.Fatal(err)
		}
		if r.data, err = hex.DecodeString(record); err != nil {
			t.Fatal(err)
		}
		log = append(log, r)
	}
	return log
}

func writeGolden(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Errorf("%s was absent and has been written: look at it, and commit it", path)
}

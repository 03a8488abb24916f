package event

import (
	"slices"

	"drumroll/internal/fairdraw"
)

// Snapshot is a small immutable picture of the whole state, made for showing.
// A fresh one is the host's; Public and OnAir take away what others may not see.
type Snapshot struct {
	UID        UID
	Code       string
	Title      string
	Names      bool
	Rehearsal  bool
	Of         string // host only: code of the event that it rehearses, or ""
	CreatedMs  uint64 // by the clock of the node that made it
	Joined     int
	At         Position
	Ms         uint64 // the log's time of the newest record, however little it changed
	Structure  uint64
	Backstage  uint64 // rises with what only the host is shown in addition
	Current    int    // 0: none
	Activities []Activity
	Draws      []DrawLine
	Freezes    []FreezeLine
	Remotes    []Remote // host only
	People     []Person // host only: the newest MaxPeople with a name of their own
}

// MaxPeople is the most people a Snapshot lists.
const MaxPeople = 50

// Activity is one activity as a Snapshot shows it. Of the members that are named
// after a kind, only its own is set.
type Activity struct {
	ID         int
	Kind       string
	Title      string
	State      string
	Run        int
	Entries    int
	Results    string // Live or Hidden, of kinds that have results
	Counts     []int  // by option or point, of kinds that count them; nil where the viewer may not see them
	DeadlineMs uint64 // the log's clock; 0: no countdown

	Poll   *PollSpec
	Scale  *ScaleSpec
	Raffle *RaffleView

	Spec Spec // host only: what the host said of it
}

// DrawLine is one line of the draw history.
type DrawLine struct {
	Number, Activity, Run, Entrants int
	Title                           string
	Winners                         []fairdraw.Ticket
	Names                           []string // in the order of Winners; a handle where the ticket was given back
	Returned                        []bool   // in the order of Winners: the ticket was given back
	Reason                          string
	Prize                           string
}

// FreezeLine is one line of the public history of frozen lists.
type FreezeLine struct {
	Activity, Run, Number, Size, Draws int
	Title                              string
	Ms                                 uint64           // the log's time of the freeze
	Freeze                             *fairdraw.Freeze // nil until its list is computed
	Fingerprint                        string           // of it; "" as long
	Round                              uint64           // of the beacon, for the first draw from it; 0: no beacon
	Abandoned                          bool
}

// Remote is a host key of a second device.
type Remote struct {
	ID    int
	Label string
}

// Person is a participant with a name of their own.
type Person struct {
	ID     Participant
	Name   string
	Handle string
	Hidden bool
}

// Snapshot pictures the state. Cost: the activities and draws, not the entries.
func (s *State) Snapshot() Snapshot {
	snap := Snapshot{
		UID: s.uid, Code: s.code, Title: s.title, Names: s.names, Rehearsal: s.rehearsal, Of: s.of, CreatedMs: s.createdMs,
		Joined: s.people.ids.len, At: s.at, Ms: max(s.at.Ms, s.createdMs), Structure: s.structure, Backstage: s.backstage, Current: s.current,
		Activities: make([]Activity, len(s.activities)),
	}
	for i, a := range s.activities {
		snap.Activities[i] = s.activityView(a)
	}
	returned := map[fairdraw.Ticket]bool{}
	for _, d := range s.draws {
		for _, ticket := range d.Record.GivenBack() {
			returned[ticket] = true
		}
	}
	for _, a := range s.activities {
		if a.raffleRun != nil {
			for _, v := range a.raffleRun.voided { // those since the newest draw are in no record yet
				returned[v.Ticket] = true
			}
		}
	}
	for _, d := range s.draws {
		line := DrawLine{Number: d.Number, Activity: d.Activity, Run: d.Run, Entrants: d.Record.Freeze.Size,
			Title: d.Title, Reason: d.Record.Reason, Prize: d.Record.Prize}
		for _, w := range d.won {
			i, _ := s.people.indexOf(w.Participant)
			shown, _ := s.people.shown(i, s.names && !returned[w.Ticket])
			line.Names = append(line.Names, shown)
			line.Winners = append(line.Winners, w.Ticket)
			line.Returned = append(line.Returned, returned[w.Ticket])
		}
		snap.Draws = append(snap.Draws, line)
	}
	for _, f := range s.freezes {
		line := FreezeLine{Activity: f.facts.Activity, Run: f.facts.Run, Number: f.facts.Number, Size: f.entrants.len, Draws: f.draws,
			Title: f.title, Ms: uint64(f.facts.At), Freeze: f.ready(), Abandoned: f.abandoned}
		if line.Freeze != nil {
			line.Fingerprint = fairdraw.Fingerprint(line.Freeze.Hash)
		}
		if f.facts.Beacon != nil {
			line.Round = uint64(f.facts.Beacon.Round)
		}
		snap.Freezes = append(snap.Freezes, line)
	}
	for _, r := range s.remotes {
		snap.Remotes = append(snap.Remotes, Remote{r.id, r.label})
	}
	if s.names {
		for _, i := range slices.Backward(s.named[max(0, len(s.named)-MaxPeople):]) {
			n := s.people.names[i]
			snap.People = append(snap.People, Person{s.people.id(i), n.text, s.people.id(i).Handle(), n.hidden})
		}
	}
	return snap
}

// Activity is one activity as its host sees it; false where the event has none with
// the id.
func (s *State) Activity(id int) (Activity, bool) {
	a := s.findActivity(id)
	if a == nil {
		return Activity{}, false
	}
	return s.activityView(a), true
}

func (s *State) activityView(a *activity) Activity {
	v := Activity{Spec: a.Spec, ID: a.id, Kind: a.Kind, Title: a.Title, State: a.state, Run: a.run, Results: a.Results, DeadlineMs: a.deadlineMs}
	a.kind.view(s, a, &v)
	a.kind.numbers(a, &v)
	return v
}

// Public is the activity as everybody may see it.
func (a Activity) Public() Activity {
	a.Spec = Spec{}
	kinds[a.Kind].public(&a)
	return a
}

// Public is the snapshot as everybody may see it: no drafts, no hidden counts,
// no remotes, no ids.
func (s Snapshot) Public() Snapshot {
	s.Remotes, s.People, s.Of = nil, nil, ""
	all := s.Activities
	s.Activities = make([]Activity, 0, len(all))
	current := 0
	for _, a := range all {
		if a.State == Draft {
			continue
		}
		if a.ID == s.Current {
			current = a.ID
		}
		s.Activities = append(s.Activities, a.Public())
	}
	s.Current = current
	return s
}

// OnAir is Public with the open and current activities only: what phones and
// screens are sent.
func (s Snapshot) OnAir() Snapshot {
	s = s.Public()
	s.Activities = slices.DeleteFunc(s.Activities, func(a Activity) bool {
		return a.State != Open && a.ID != s.Current
	})
	return s
}

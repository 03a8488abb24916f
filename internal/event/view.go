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
	Backstage  uint64 // rises with what the host alone is shown beside it
	Current    int    // 0: none
	Activities []Activity
	Draws      []DrawLine
	Freezes    []FreezeLine
	Remotes    []Remote // host only
	People     []Person // host only: the newest MaxPeople with a name of their own
}

// MaxPeople is the most people a Snapshot lists.
const MaxPeople = 50

// Activity is one activity as a Snapshot shows it.
type Activity struct {
	ID         int
	Kind       string
	Title      string
	Options    []string
	MaxChoices int
	Results    string
	State      string
	Run        int
	Entries    int
	Counts     []int  // nil where the viewer may not see them, and for raffles
	DeadlineMs uint64 // the log's clock; 0: no countdown

	WinnersWanted int
	Winners       []WinnerView
	Voided        []VoidedView
	Shortfall     int // of the newest draw
	LastDraw      int // number of this run's newest draw, 0: none
	Eligible      int // frozen entrants who can still win
	Commitment    string
	Root          string   // hex; "" until the frozen list is computed
	Fingerprint   string   // of Root
	Entrants      []string // up to maxRoll handles, spread over the frozen list

	Prizes       []string
	NextPrize    int // which of them the next draw is for, from 1; 0: none left or named
	Once         bool
	Rules        Eligibility
	Part         string // title of the activity that Rules.TookPart names; "" while that is a draft
	ClaimSeconds int
	Beacon       bool   // a public beacon goes into its draws
	Chain        string // hash of the beacon's chain, hex; "" until open
	Round        uint64 // that the freeze names, 0 until then
	RoundMs      uint64 // when it comes
	Pending      *PendingView
	Abandoned    bool // the frozen list was given up; only a reset goes on
}

// PendingView is a draw that waits for its round of the beacon.
type PendingView struct {
	Draw   int // number that it will have, unless another raffle is drawn before
	Round  uint64
	Ms     uint64 // when the round comes
	Prize  string
	Redraw string // ticket given back, or ""
}

// maxRoll is how many handles rush by in a roll.
const maxRoll = 40

// WinnerView is a standing winner.
type WinnerView struct {
	Name   string // to show: the participant's own where allowed, else the handle
	Handle string
	Ticket fairdraw.Ticket
	Draw   int
	Person Participant // host only, else 0
	Own    bool        // Name is the participant's own
	Prize  string
	Claim  string // "", Claiming or Claimed
	Code   string // host only: what the winner's phone shows; whoever holds the signing key fills it in
	// ClaimMs is when the time to claim is over, by the log's clock; 0: no limit,
	// or claimed.
	ClaimMs uint64
}

// VoidedView is a winner whose ticket was given back.
type VoidedView struct {
	WinnerView
	Reason string
}

// DrawLine is one line of the draw history.
type DrawLine struct {
	Number, Activity, Run, Entrants int
	Title                           string
	Winners                         []fairdraw.Ticket
	Names                           []string // beside Winners; a handle where the ticket was given back
	Returned                        []bool   // beside Winners: the ticket was given back
	Reason                          string
	Prize                           string
}

// FreezeLine is one line of the public history of frozen lists.
type FreezeLine struct {
	Activity, Run, Size, Draws int
	Title                      string
	Ms                         uint64 // the log's time of the close
	Root                       string // hex; "" until it is computed
	Fingerprint                string
	Round                      uint64 // of the beacon, for the first draw; 0: no beacon
	Abandoned                  bool
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
		if d.Record.Voided != nil {
			returned[d.Record.Voided.Ticket] = true
		}
		for _, r := range d.Record.Returned {
			returned[r.Ticket] = true
		}
	}
	for _, a := range s.activities {
		for _, v := range a.voided { // those since the newest draw are in no record yet
			returned[v.Ticket] = true
		}
	}
	for _, d := range s.draws {
		line := DrawLine{Number: d.Number, Activity: d.Activity, Run: d.Run, Entrants: d.Record.Size,
			Title: d.Title, Reason: d.Record.Reason, Prize: d.Record.Prize}
		for _, w := range d.won {
			i, _ := s.people.find(w.Participant)
			shown, _ := s.people.shown(i, s.names && !returned[w.Ticket])
			line.Names = append(line.Names, shown)
			line.Winners = append(line.Winners, w.Ticket)
			line.Returned = append(line.Returned, returned[w.Ticket])
		}
		snap.Draws = append(snap.Draws, line)
	}
	for _, f := range s.frozenRuns {
		line := FreezeLine{Activity: f.activity, Run: f.number, Size: f.list.entrants.len, Draws: f.draws, Title: f.title,
			Ms: f.at.Ms, Round: f.round, Abandoned: f.abandoned}
		if list := f.list.ready(); list != nil {
			line.Root, line.Fingerprint = list.Root().String(), fairdraw.Fingerprint(list.Root())
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

func (s *State) activityView(a *activity) Activity {
	v := Activity{
		ID: a.id, Kind: a.Kind, Title: a.Title, Options: a.Options, MaxChoices: a.MaxChoices, Results: a.Results,
		State: a.state, Run: a.run, Entries: a.tally.entries, DeadlineMs: a.deadlineMs,
		WinnersWanted: a.Winners, Shortfall: a.shortfall, LastDraw: a.lastDraw,
	}
	if a.Kind == Poll {
		v.Counts = slices.Clone(a.tally.counts)
		return v
	}
	if a.committed {
		v.Commitment = a.commitment.String()
	}
	v.Prizes, v.NextPrize, v.Once, v.Rules, v.ClaimSeconds = a.Prizes, a.nextPrize(), a.Once, a.Eligible, a.ClaimSeconds
	if part := s.find(a.Eligible.TookPart); part != nil && part.state != Draft {
		v.Part = part.Title
	}
	v.Beacon = a.Beacon || a.chain != nil
	if a.chain != nil {
		v.Chain = a.chain.Hash.String()
	}
	for _, w := range a.winners {
		view := s.winnerView(w)
		if a.ClaimSeconds > 0 && w.Claim == "" {
			view.ClaimMs = w.ms + 1000*uint64(a.ClaimSeconds)
		}
		v.Winners = append(v.Winners, view)
	}
	for _, w := range a.voided {
		v.Voided = append(v.Voided, VoidedView{s.winnerView(w.Winner), w.Reason})
	}
	if a.frozen != nil {
		v.Eligible = a.left(s.excluded(a))
		v.Abandoned = a.line.abandoned
		if a.chain != nil {
			v.Round, v.RoundMs = a.line.round, a.chain.TimeOf(a.line.round)
		}
	}
	if p := a.pending; p != nil {
		v.Pending = &PendingView{Draw: len(s.draws) + 1, Round: p.round, Ms: a.chain.TimeOf(p.round), Redraw: p.void, Prize: a.prize(a.nextPrize())}
		if at := a.winner(p.void); at >= 0 {
			v.Pending.Prize = a.winners[at].Prize
		}
	}
	if list := a.frozen.ready(); list != nil {
		root := list.Root()
		v.Root, v.Fingerprint = root.String(), fairdraw.Fingerprint(root)
		n := min(maxRoll, list.Size())
		for i := range n {
			v.Entrants = append(v.Entrants, list.Leaf(i*list.Size()/n).Handle)
		}
	}
	return v
}

func (s *State) winnerView(w Winner) WinnerView {
	name, own := s.people.shown(w.who, s.names)
	id := s.people.id(w.who)
	return WinnerView{Name: name, Handle: id.Handle(), Ticket: w.Ticket, Draw: w.Draw, Person: id, Own: own, Prize: w.Prize, Claim: w.Claim}
}

// CountsPublic reports whether everybody may see a poll's counts.
func (a Activity) CountsPublic() bool {
	return a.Kind == Poll && (a.State == Revealed || a.Results == Live && a.State != Draft)
}

// Public is the activity as everybody may see it.
func (a Activity) Public() Activity {
	if !a.CountsPublic() {
		a.Counts = nil
	}
	a.Winners = slices.Clone(a.Winners)
	for i := range a.Winners {
		a.Winners[i].Person, a.Winners[i].Code = 0, ""
	}
	a.Voided = slices.Clone(a.Voided)
	for i := range a.Voided {
		// Who gave a ticket back is shown by handle: a chosen name is for winners.
		a.Voided[i].Person, a.Voided[i].Name, a.Voided[i].Own, a.Voided[i].Code = 0, a.Voided[i].Handle, false, ""
	}
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

package event

import (
	"slices"

	"drumroll/internal/fairdraw"
)

// State is the fold of one event's log so far. It is not safe for concurrent
// use: its owner (replica) locks around Apply and around reading.
type State struct {
	created   bool
	uid       UID
	code      string
	title     string
	hostKey   Key
	createdMs uint64
	names     bool
	rehearsal bool
	of        string // code of the event that it rehearses, or ""
	deleted   bool

	activities []*activity // running order
	nextID     int
	current    int // 0: none
	draws      []*Draw
	freezes    []*freeze // every one, those of reset runs included
	remotes    []remote
	nextRemote int

	people    people
	arrivals  []arrival
	named     []uint32 // participants who gave a name, oldest first
	producers map[Producer]uint64

	at        Position
	structure uint64    // rises when something other than counts and people changed
	backstage uint64    // rises when something changed that the host alone is shown
	unlisted  []*freeze // whose lists are to compute, for TakeWork
}

type remote struct {
	id    int
	label string
	hash  Key
}

// activity is one activity with its present run.
type activity struct {
	Spec
	kind  kind
	id    int
	state string
	run   int
	spent int // the highest run of which a lost record had shown something that cannot be taken back

	deadlineMs  uint64 // the log's clock; 0: none
	deadlineSet Position

	entries int // participants with a standing entry in the run
	// What else the run holds: one of these is set, by the kind's begin.
	votes     *votes
	raffleRun *raffleRun
}

// TakeWork hands over what takes too long for the fold's goroutine: computing the
// entrant lists frozen since the last call. The caller runs each function on a goroutine of its own, with no
// lock held, and publishes a new snapshot when it returns.
func (s *State) TakeWork() []func() {
	var work []func()
	for _, f := range s.unlisted {
		work = append(work, func() { f.entrantList() })
	}
	s.unlisted = nil
	return work
}

// New is the state before the first record.
func New() *State {
	return &State{producers: map[Producer]uint64{}, nextID: 1, nextRemote: 1}
}

// Created reports whether the create record was folded.
func (s *State) Created() bool { return s.created }

// Deleted reports whether the delete record was folded.
func (s *State) Deleted() bool { return s.deleted }

// UID is the event's uid.
func (s *State) UID() UID { return s.uid }

// At is the position of the newest folded record.
func (s *State) At() Position { return s.at }

// Structure rises whenever something other than counts and people changed.
func (s *State) Structure() uint64 { return s.structure }

// Touch raises the structure number, for what changed without a record: a frozen
// list that is ready.
func (s *State) Touch() { s.structure++ }

// HostKeys are the hashes that admit a host: the main one and the remotes'.
func (s *State) HostKeys() []Key {
	keys := []Key{s.hostKey}
	for _, r := range s.remotes {
		keys = append(keys, r.hash)
	}
	return keys
}

// Names reports whether participants may give a name of their own.
func (s *State) Names() bool { return s.names }

// Frozen returns a function that waits until a raffle's entrant list is computed,
// to be called with no lock held; where there is no such list it does nothing.
func (s *State) Frozen(id int) func() {
	if a := s.findActivity(id); a != nil && a.raffleRun != nil && a.raffleRun.frozen != nil {
		frozen := a.raffleRun.frozen // of now: the run may be reset before it is waited for
		return func() { frozen.entrantList() }
	}
	return func() {}
}

// Joined reports whether the participant is known to the log.
func (s *State) Joined(p Participant) bool {
	_, ok := s.people.indexOf(p)
	return ok
}

func (s *State) findActivity(id int) *activity {
	for _, a := range s.activities {
		if a.id == id {
			return a
		}
	}
	return nil
}

// Entry is what a phone submits to one run, as it came.
type Entry struct {
	Activity int    `json:"activity"`
	Run      int    `json:"run"` // 0: the present one
	N        uint32 `json:"n"`   // rising per participant and run; 0: newer than all before it
	Choice   []int  `json:"choice"`
	Value    *int   `json:"value"`
	Nonce    string `json:"nonce"` // 16 bytes in base64url that the phone chose, for a raffle's ticket; "": the server's

	CheckIn bool `json:"-"` // no entry, but "I'm here" for a raffle that asks for it
	// Of a node, since the fold itself has neither secrets nor chance: Pseudonym gives
	// what the phone was told before it chose its nonce, Random fills a slice with
	// secret random bytes.
	Pseudonym func(uid UID, p Participant, activity, run int) [16]byte `json:"-"`
	Random    func([]byte)                                             `json:"-"`

	uid UID
	who Participant
}

// Entry makes the log's item of what a participant's phone submits. The status is
// 0 for an item to append, and Malformed for what is no entry for the activity.
// NoActivity and TooLate (the run is not open) hold as far as this state knows: a
// later one may know better.
func (s *State) Entry(p Participant, e *Entry) (Item, Status) {
	a := s.findActivity(e.Activity)
	if a == nil {
		return Item{}, NoActivity
	}
	if a.state != Open || e.Run != 0 && e.Run != a.run {
		return Item{}, TooLate
	}
	e.uid, e.who = s.uid, p
	it, ok := a.kind.item(a, e)
	it.Participant, it.Activity, it.Run, it.N = p, a.id, a.run, e.N
	if !ok || e.CheckIn != (it.Kind == ItemHere) || !a.kind.takes(a, it) {
		return Item{}, Malformed
	}
	return it, 0
}

// NextSeed tells which element of a seed chain a raffle's next draw reveals: its
// run, the 1-based index of the element, and the number that the draw will have.
func (s *State) NextSeed(id int) (run, element, number int) {
	if a := s.findActivity(id); a != nil && a.raffleRun != nil {
		return a.run, a.raffleRun.last.Element + 1, len(s.draws) + 1
	}
	return 0, 0, 0
}

// Deadline is the time at which an open activity closes by itself.
type Deadline struct {
	Activity int
	Ms       uint64 // the log's clock
	Set      Position
}

// Deadlines lists the running countdowns.
func (s *State) Deadlines() []Deadline {
	var out []Deadline
	for _, a := range s.activities {
		if a.state == Open && a.deadlineMs > 0 {
			out = append(out, Deadline{a.id, a.deadlineMs, a.deadlineSet})
		}
	}
	return out
}

// You is what one participant's own phone is told.
type You struct {
	Who     Participant
	Handle  string
	Name    string
	N       uint32         // the highest n of any entry of a present run
	Choices map[int][]int  // by activity
	Tickets map[int]string // by activity
	Here    []int          // activities in which one has checked in
	Unfit   map[int]string // by activity, from the freeze on: why the ticket cannot win
	Raffles map[int]int    // runs of the open raffles, by activity
	Won     []Won
}

// Won is a standing win of a participant in a present run.
type Won struct {
	Activity int    `json:"activity"`
	Draw     int    `json:"draw"`
	Ticket   string `json:"ticket"`
	Prize    string `json:"prize,omitempty"`
	Claim    string `json:"claim"` // "", Claiming or Claimed
}

// You looks up what a participant's own phone is told; one who has not joined
// has a handle and nothing else.
func (s *State) You(p Participant) You {
	y := You{Who: p, Raffles: map[int]int{}, Handle: p.Handle(), Choices: map[int][]int{}, Tickets: map[int]string{}, Won: []Won{}}
	for _, a := range s.activities {
		if a.raffleRun != nil && a.state == Open {
			y.Raffles[a.id] = a.run
		}
	}
	i, ok := s.people.indexOf(p)
	if !ok {
		return y
	}
	if n := s.people.names[i]; s.names && n != nil && !n.hidden {
		y.Name = n.text
	}
	for _, a := range s.activities {
		if a.state != Draft {
			a.kind.you(a, i, &y)
		}
	}
	return y
}

// Winner is a drawn ticket that stands.
type Winner struct {
	Ticket fairdraw.Ticket
	Draw   int
	Prize  string // "" where none is named
	Claim  string // "", Claiming or Claimed
	ms     uint64 // the log's time of the draw
	who    uint32
}

// How far a winner's claim has come, after "".
const (
	Claiming = "claiming" // the winner's phone shows its code
	Claimed  = "claimed"  // the host has confirmed it
)

// Voided is a drawn ticket that was given back.
type Voided struct {
	Winner
	Reason string
}

// WinnerParticipants lists who won in draw n, for telling their phones.
func (s *State) WinnerParticipants(n int) []WinnerTicket {
	if n < 1 || n > len(s.draws) {
		return nil
	}
	return slices.Clone(s.draws[n-1].won)
}

// WinnerTicket is a draw's winning ticket and whose it is.
type WinnerTicket struct {
	Participant Participant
	Ticket      fairdraw.Ticket
}

// Draw is one picking of winners. It is never erased.
type Draw struct {
	Number   int
	Activity int
	Title    string
	Run      int
	At       Position
	Record   *fairdraw.Record
	won      []WinnerTicket
	frozen   *freeze
}

// DrawCount is the number of draws so far.
func (s *State) DrawCount() int { return len(s.draws) }

// Draw returns draw n, 1 to the number of draws; nil where there is none.
// The result is never changed.
func (s *State) Draw(n int) *Draw {
	if n < 1 || n > len(s.draws) {
		return nil
	}
	return s.draws[n-1]
}

// List is the frozen entrant list that the draw picked from.
func (d *Draw) List() *fairdraw.List { return d.frozen.entrantList() }

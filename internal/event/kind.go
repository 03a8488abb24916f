package event

import "fmt"

// The kinds of activity.
const (
	Poll   = "poll"
	Raffle = "raffle"
	Scale  = "scale"
)

// kind is what the fold asks of a kind of activity. Each kind has a file of its
// own. Its value is empty: what a run holds stands in the activity.
type kind interface {
	// normalize trims the texts of a spec and fills in defaults; a *Refusal
	// (Invalid) for a text that cannot be.
	normalize(spec *Spec) error
	// check refuses what breaks the kind's rules, texts apart: it is asked by the
	// fold as well, which knows no Unicode table.
	check(spec *Spec) *Refusal

	// begin gives the activity an empty run.
	begin(a *activity)
	// open refuses an open that lacks what the kind needs, or notes it.
	open(a *activity, c *Command) *Refusal
	// reopen refuses to let a closed run go on.
	reopen() *Refusal
	// close ends the taking of entries.
	close(s *State, a *activity, at Position)
	// discard is told that the run is thrown away.
	discard(a *activity)
	// verbs are the commands that only this kind knows.
	verbs() map[string]verb

	// item makes the log's item of what a phone submits; false where the activity
	// does not take such an entry.
	item(a *activity, e *Entry) (Item, bool)
	// takes reports whether an item is an entry that the activity can take.
	takes(a *activity, it Item) bool
	// enter folds an item that it takes.
	enter(s *State, a *activity, who uint32, it *Item) Outcome
	// entered reports whether a participant has an entry in the present run.
	entered(a *activity, who uint32) bool

	// view pictures what only this kind has; numbers fills in what moves with every
	// entry, also in a picture made earlier.
	view(s *State, a *activity, v *Activity)
	numbers(a *activity, v *Activity)
	// public takes out of a picture what only the host may see. What v points to is
	// shared, so it is replaced and not changed.
	public(v *Activity)
	// appendNumbers appends to a tick what the kind counts: `,"counts":[3,4]`, or
	// nothing where the viewer may not see it.
	appendNumbers(dst []byte, v *Activity) []byte
	// you adds what a participant's own phone is told of the run.
	you(a *activity, who uint32, y *You)
}

// kinds is the closed table of kinds.
var kinds = map[string]kind{
	Poll:   poll{},
	Raffle: raffle{},
	Scale:  scale{},
}

// verb folds one command on an activity. It either returns a Refusal and has
// changed nothing, or has done it all.
type verb func(s *State, a *activity, at Position, c *Command) *Refusal

// Spec is what a host says of an activity. Of the members that are named after a
// kind, only its own is set.
type Spec struct {
	Kind    string `json:"kind"`
	Title   string `json:"title"`
	Results string `json:"results,omitempty"` // Live or Hidden, of kinds that have results

	Poll   *PollSpec   `json:"poll,omitempty"`
	Raffle *RaffleSpec `json:"raffle,omitempty"`
	Scale  *ScaleSpec  `json:"scale,omitempty"`
}

// Normalize trims texts, fills in defaults and returns a *Refusal (Invalid) where
// the contract's limits are broken. What it changes is a copy.
func (s *Spec) Normalize() error {
	k, known := kinds[s.Kind]
	if !known {
		return invalid("there is no such kind of activity")
	}
	var err error
	if s.Title, err = Text("title", s.Title); err != nil {
		return err
	}
	if err := k.normalize(s); err != nil {
		return err
	}
	if no := s.check(); no != nil {
		return no
	}
	return nil
}

// check refuses what this version cannot fold: an unknown kind, or values that
// Normalize would not have let through.
func (s *Spec) check() *Refusal {
	k, known := kinds[s.Kind]
	if !known {
		return invalid("there is no such kind of activity")
	}
	parts := 0
	for _, given := range []bool{s.Poll != nil, s.Raffle != nil, s.Scale != nil} {
		if given {
			parts++
		}
	}
	if parts > 1 { // that its own part is there is the kind's check
		return invalid("a %s takes nothing of another kind", s.Kind)
	}
	return k.check(s)
}

// defaultResults makes results live where nothing was said.
func (s *Spec) defaultResults() {
	if s.Results == "" {
		s.Results = Live
	}
}

func checkResults(results string) *Refusal {
	if results != Live && results != Hidden {
		return invalid("results must be %q or %q", Live, Hidden)
	}
	return nil
}

// texts trims a list of texts into a new one.
func texts(what string, list []string) ([]string, error) {
	if list == nil {
		return nil, nil
	}
	out := make([]string, len(list))
	for i, text := range list {
		var err error
		if out[i], err = Text(fmt.Sprintf("%s %d", what, i+1), text); err != nil {
			return nil, err
		}
	}
	return out, nil
}

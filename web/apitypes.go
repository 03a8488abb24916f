package web

import (
	"time"

	"drumroll/internal/event"
)

// The JSON shapes of DESIGN section 4.

type apiEvent struct {
	Code       string        `json:"code"`
	Title      string        `json:"title"`
	Offset     string        `json:"offset"`
	People     apiPeople     `json:"people"`
	Current    *int          `json:"current"`
	Activities []apiActivity `json:"activities"`
	Names      bool          `json:"names"`
	Rehearsal  bool          `json:"rehearsal,omitempty"`
	Draws      int           `json:"draws"` // made so far
	// Of the host alone.
	Remotes []apiRemote `json:"remotes,omitempty"`
	Named   []apiPerson `json:"named,omitempty"`
}

type apiPeople struct {
	Connected int `json:"connected"`
	Joined    int `json:"joined"`
}

type apiActivity struct {
	ID         int      `json:"id"`
	Kind       string   `json:"kind"`
	Title      string   `json:"title"`
	Options    []string `json:"options,omitempty"`
	MaxChoices int      `json:"max_choices,omitempty"`
	Results    string   `json:"results,omitempty"`
	State      string   `json:"state"`
	Run        int      `json:"run"`
	Entries    int      `json:"entries"`
	Counts     []int    `json:"counts,omitempty"` // absent where the caller may not see them
	ClosesInMS *int64   `json:"closes_in_ms"`     // null: no countdown

	*apiRaffle
}

// apiRaffle is what only raffles have.
type apiRaffle struct {
	WinnersWanted int         `json:"winners_wanted"`
	Winners       []apiWinner `json:"winners"`
	Voided        []apiVoided `json:"voided"`
	Shortfall     int         `json:"shortfall"` // of the newest draw
	LastDraw      int         `json:"last_draw,omitempty"`
	Eligible      int         `json:"eligible"` // frozen entrants who can still win
	Commitment    string      `json:"commitment,omitempty"`
	Root          string      `json:"root,omitempty"`
	Fingerprint   string      `json:"fingerprint,omitempty"`
}

type apiWinner struct {
	Handle string `json:"handle"`
	Ticket string `json:"ticket"`
	Draw   int    `json:"draw"`
	Name   string `json:"name,omitempty"`   // of the participant's own choosing
	Person string `json:"person,omitempty"` // host only
}

type apiVoided struct {
	apiWinner
	Reason string `json:"reason"`
}

type apiRemote struct {
	ID    int    `json:"id"`
	Label string `json:"label"`
}

type apiPerson struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Handle string `json:"handle"`
	Hidden bool   `json:"hidden"`
}

func eventJSON(snap event.Snapshot, connected int, now time.Time) apiEvent {
	e := apiEvent{
		Code: snap.Code, Title: snap.Title, Offset: snap.At.String(),
		People:     apiPeople{Connected: connected, Joined: snap.Joined},
		Activities: make([]apiActivity, len(snap.Activities)),
		Names:      snap.Names, Rehearsal: snap.Rehearsal, Draws: len(snap.Draws),
	}
	if snap.Current != 0 {
		e.Current = &snap.Current
	}
	for i := range snap.Activities {
		e.Activities[i] = activityJSON(&snap.Activities[i], now)
	}
	for _, r := range snap.Remotes {
		e.Remotes = append(e.Remotes, apiRemote(r))
	}
	for _, p := range snap.People {
		e.Named = append(e.Named, apiPerson{p.ID.String(), p.Name, p.Handle, p.Hidden})
	}
	return e
}

func activityJSON(a *event.Activity, now time.Time) apiActivity {
	out := apiActivity{
		ID: a.ID, Kind: a.Kind, Title: a.Title, Options: a.Options, MaxChoices: a.MaxChoices, Results: a.Results,
		State: a.State, Run: a.Run, Entries: a.Entries, Counts: a.Counts,
	}
	if ms, ok := closesIn(a, now); ok {
		out.ClosesInMS = &ms
	}
	if a.Kind != event.Raffle {
		return out
	}
	raffle := &apiRaffle{
		WinnersWanted: a.WinnersWanted, Winners: []apiWinner{}, Voided: []apiVoided{},
		Shortfall: a.Shortfall, LastDraw: a.LastDraw, Eligible: a.Eligible,
		Commitment: a.Commitment, Root: a.Root, Fingerprint: a.Fingerprint,
	}
	for _, w := range a.Winners {
		raffle.Winners = append(raffle.Winners, winnerJSON(w))
	}
	for _, v := range a.Voided {
		raffle.Voided = append(raffle.Voided, apiVoided{winnerJSON(v.WinnerView), v.Reason})
	}
	out.apiRaffle = raffle
	return out
}

func winnerJSON(w event.WinnerView) apiWinner {
	out := apiWinner{Handle: w.Handle, Ticket: w.Ticket.String(), Draw: w.Draw}
	if w.Own {
		out.Name = w.Name
	}
	if w.Person != 0 {
		out.Person = w.Person.String()
	}
	return out
}

// closesIn is the milliseconds until a countdown runs out, not below 0; false
// where none runs.
func closesIn(a *event.Activity, now time.Time) (int64, bool) {
	if a.DeadlineMs == 0 {
		return 0, false
	}
	return max(0, int64(a.DeadlineMs)-now.UnixMilli()), true
}

// apiYou is what a phone's state frame says of the phone itself.
type apiYou struct {
	Handle  string         `json:"handle"`
	Name    string         `json:"name,omitempty"`
	Entries map[int][]int  `json:"entries"`
	N       uint32         `json:"n"`
	Tickets map[int]string `json:"tickets"`
	Won     []event.Won    `json:"won"`
}

func youJSON(y event.You) apiYou {
	return apiYou{Handle: y.Handle, Name: y.Name, Entries: y.Choices, N: y.N, Tickets: y.Tickets, Won: y.Won}
}

// statusWord is the contract's word for what became of an entry.
func statusWord(s event.Status) string {
	switch s {
	case event.Counted:
		return "counted"
	case event.Changed:
		return "changed"
	case event.Unchanged:
		return "unchanged"
	case event.TooLate:
		return "closed"
	}
	return "invalid"
}

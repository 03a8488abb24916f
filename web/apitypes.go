package web

import (
	"time"

	"drumroll/internal/event"
	"drumroll/internal/fairdraw"
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
	Remotes   []apiRemote `json:"remotes,omitempty"`
	Named     []apiPerson `json:"named,omitempty"`
	ExpiresAt *time.Time  `json:"expires_at,omitempty"` // RFC 3339, to the second; absent: kept for ever
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

	*apiScale
	*apiRaffle
}

// apiScale is what only scales have.
type apiScale struct {
	Min    int      `json:"min"`
	Max    int      `json:"max"`
	Labels []string `json:"labels"`
	Mean   *float64 `json:"mean,omitempty"` // to two decimals; absent with no entries, or where the caller may not see it
}

// apiRaffle is what only raffles have.
type apiRaffle struct {
	WinnersWanted int         `json:"winners_wanted"`
	Winners       []apiWinner `json:"winners"`
	Voided        []apiVoided `json:"voided"`
	Shortfall     int         `json:"shortfall"` // of the newest draw
	LastDraw      int         `json:"last_draw,omitempty"`
	CanWin        int         `json:"can_win"` // frozen entrants who can still win
	Commitment    string      `json:"commitment,omitempty"`
	Root          string      `json:"root,omitempty"`
	Fingerprint   string      `json:"fingerprint,omitempty"`

	Prizes       []string       `json:"prizes"`
	NextPrize    int            `json:"next_prize,omitempty"` // which of prizes the next draw is for, from 1
	Again        bool           `json:"winners_may_win_again"`
	Eligible     apiEligibility `json:"eligible"`
	ClaimSeconds int            `json:"claim_seconds"`
	Beacon       bool           `json:"beacon"`
	BeaconChain  string         `json:"beacon_chain,omitempty"` // from open on
	// Of the freeze: the round of the beacon that the run's first draw uses.
	Round     uint64      `json:"round,omitempty"`
	RoundAtMS uint64      `json:"round_at_ms,omitempty"` // Unix ms
	Pending   *apiPending `json:"pending,omitempty"`
	Abandoned bool        `json:"abandoned,omitempty"`
}

type apiEligibility struct {
	TookPart     int    `json:"took_part,omitempty"`
	JoinedBefore uint64 `json:"joined_before,omitempty"` // Unix ms
	CheckedIn    bool   `json:"checked_in,omitempty"`
}

// apiPending is a draw that waits for its round of the beacon.
type apiPending struct {
	Draw    int    `json:"draw"`
	Round   uint64 `json:"round"`
	AtMS    uint64 `json:"at_ms"`     // Unix ms: when the round is due
	DueInMS int64  `json:"due_in_ms"` // below 0: overdue
	Prize   string `json:"prize,omitempty"`
	Redraw  string `json:"redraw,omitempty"` // ticket given back
	// WaitingSince, in Unix ms, where the round is overdue and could not be had.
	WaitingSince uint64 `json:"waiting_since,omitempty"`
}

func pendingJSON(p *event.PendingView, now time.Time) *apiPending {
	if p == nil {
		return nil
	}
	out := &apiPending{Draw: p.Draw, Round: p.Round, AtMS: p.Ms, DueInMS: int64(p.Ms) - now.UnixMilli(), Prize: p.Prize, Redraw: p.Redraw}
	if p.Late(uint64(now.UnixMilli())) {
		out.WaitingSince = p.Ms
	}
	return out
}

type apiWinner struct {
	Handle string `json:"handle"`
	Ticket string `json:"ticket"`
	Draw   int    `json:"draw"`
	Name   string `json:"name,omitempty"`   // of the participant's own choosing
	Person string `json:"person,omitempty"` // host only
	Prize  string `json:"prize,omitempty"`
	Claim  string `json:"claim"`          // "", "claiming", "claimed"
	Code   string `json:"code,omitempty"` // host only
	// ClaimClosesInMS is there while a time to claim runs; 0: it is over.
	ClaimClosesInMS *int64 `json:"claim_closes_in_ms,omitempty"`
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
		ID: a.ID, Kind: a.Kind, Title: a.Title, State: a.State, Run: a.Run, Entries: a.Entries, Counts: a.Counts, Results: a.Results,
	}
	if ms, ok := closesIn(a, now); ok {
		out.ClosesInMS = &ms
	}
	if p := a.Poll; p != nil {
		out.Options, out.MaxChoices = p.Options, p.MaxChoices
	}
	if sc := a.Scale; sc != nil {
		out.apiScale = &apiScale{Min: sc.Min, Max: sc.Max, Labels: append([]string{}, sc.Labels...)}
		if mean, ok := a.Mean(); ok {
			value := float64(mean) / 100
			out.Mean = &value
		}
	}
	if a.Raffle != nil {
		out.apiRaffle = raffleJSON(a.Raffle, now)
	}
	return out
}

func raffleJSON(r *event.RaffleView, now time.Time) *apiRaffle {
	out := &apiRaffle{
		WinnersWanted: r.WinnersWanted, Winners: []apiWinner{}, Voided: []apiVoided{},
		Shortfall: r.Shortfall, LastDraw: r.LastDraw, CanWin: r.CanWin,
		Commitment: r.Commitment, Root: r.Root, Fingerprint: r.Fingerprint,
		Prizes: append([]string{}, r.Prizes...), NextPrize: r.NextPrize, Again: r.Again, Eligible: apiEligibility(r.Eligible),
		ClaimSeconds: r.ClaimSeconds, Beacon: r.Beacon, BeaconChain: r.Chain, Round: r.Round, RoundAtMS: r.RoundMs,
		Pending: pendingJSON(r.Pending, now), Abandoned: r.Abandoned,
	}
	for _, w := range r.Winners {
		out.Winners = append(out.Winners, winnerJSON(w, now))
	}
	for _, v := range r.Voided {
		out.Voided = append(out.Voided, apiVoided{winnerJSON(v.WinnerView, now), v.Reason})
	}
	return out
}

func winnerJSON(w event.WinnerView, now time.Time) apiWinner {
	out := apiWinner{Handle: w.Handle, Ticket: w.Ticket.String(), Draw: w.Draw, Prize: w.Prize, Claim: w.Claim, Code: w.Code}
	if w.ClaimMs != 0 {
		left := max(0, int64(w.ClaimMs)-now.UnixMilli())
		out.ClaimClosesInMS = &left
	}
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
	Here    []int          `json:"here"`            // raffles in which this phone has checked in
	Unfit   map[int]string `json:"unfit,omitempty"` // by raffle, once frozen: why the ticket cannot win
	Won     []apiWon       `json:"won"`
}

type apiWon struct {
	event.Won
	Code string `json:"code,omitempty"` // to show to the host, once claimed
}

func (s *Server) youJSON(uid event.UID, y event.You) apiYou {
	out := apiYou{Handle: y.Handle, Name: y.Name, Entries: y.Choices, N: y.N, Tickets: y.Tickets,
		Here: append([]int{}, y.Here...), Unfit: y.Unfit, Won: make([]apiWon, len(y.Won))}
	for i, w := range y.Won {
		out.Won[i].Won = w
		if ticket, err := fairdraw.ParseTicket(w.Ticket); err == nil && w.Claim != "" {
			out.Won[i].Code = s.claimCode(uid, ticket)
		}
	}
	return out
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

package web

import (
	"strconv"
	"time"

	"drumroll/internal/event"
	"drumroll/web/ui"
)

// models.go fills the view models from what a viewer may see of a snapshot.

func (s *Server) pageModel(view, title, code string) ui.Page {
	return ui.Page{View: view, Title: title, Code: code, ShowMS: showMS, Asset: s.cfg.Files.URL}
}

// eventPage is the frame of a page of an event.
func (s *Server) eventPage(view string, snap *event.Snapshot) ui.Page {
	p := s.pageModel(view, snap.Title, snap.Code)
	p.Rehearsal = snap.Rehearsal
	return p
}

// eventModel takes a snapshot that was cut to what the viewer may see. base is
// "" where the view shows no address; its one link is then relative.
func (s *Server) eventModel(snap event.Snapshot, base string, connected int, now time.Time) (ui.Event, error) {
	e := ui.Event{
		Code: snap.Code, Title: snap.Title, Connected: connected, Joined: snap.Joined,
		Names: snap.Names, Rehearsal: snap.Rehearsal,
		Activities: make([]ui.Activity, len(snap.Activities)),
	}
	if base != "" {
		e.JoinURL, e.JoinHost, e.VerifyURL = base+"/"+snap.Code, typed(base), base+"/"+snap.Code+"/verify"
		var err error
		if e.QR, err = s.qrs.join(e.JoinURL); err != nil {
			return e, err
		}
		if e.VerifyQR, err = s.qrs.join(e.VerifyURL); err != nil {
			return e, err
		}
	} else {
		e.VerifyURL = "/" + snap.Code + "/verify"
	}
	for i := range snap.Activities {
		e.Activities[i] = activityModel(&snap.Activities[i], len(snap.Draws), now)
		if snap.Activities[i].ID == snap.Current {
			e.Current = &e.Activities[i]
		}
	}
	e.Draws = drawModels(snap.Draws)
	return e, nil
}

func drawModels(lines []event.DrawLine) []ui.Draw {
	out := make([]ui.Draw, len(lines))
	for i, d := range lines {
		out[i] = ui.Draw{Number: d.Number, Activity: d.Activity, Title: d.Title, Run: d.Run,
			Entrants: d.Entrants, Names: d.Names, Reason: d.Reason, Prize: d.Prize, Returned: d.Returned}
	}
	return out
}

func activityModel(a *event.Activity, draws int, now time.Time) ui.Activity {
	out := ui.Activity{ID: a.ID, Kind: a.Kind, Title: a.Title, State: a.State, Run: a.Run, Entries: a.Entries, Draws: draws}
	if ms, ok := closesIn(a, now); ok {
		out.HasDeadline, out.ClosesInMS = true, ms
	}
	if a.Poll != nil {
		pollModel(&out, a)
	}
	if a.Raffle != nil {
		raffleModel(&out, a.Raffle, now)
	}
	return out
}

func pollModel(out *ui.Activity, a *event.Activity) {
	out.MaxChoices, out.Results, out.CountsShown = a.Poll.MaxChoices, a.Results, a.Counts != nil
	most := 0
	for _, c := range a.Counts {
		most = max(most, c)
	}
	for i, text := range a.Poll.Options {
		o := ui.Option{Index: i, Letter: letter(i), Text: text}
		if a.Counts != nil {
			o.Count = a.Counts[i]
			o.Percent = percent(o.Count, out.Entries)
			o.Leading = most > 0 && o.Count == most
		}
		out.Options = append(out.Options, o)
	}
}

func raffleModel(out *ui.Activity, r *event.RaffleView, now time.Time) {
	out.WinnersWanted, out.Shortfall, out.Draw, out.Eligible = r.WinnersWanted, r.Shortfall, r.LastDraw, r.CanWin
	out.Entrants, out.Commitment, out.Fingerprint = r.Entrants, r.Commitment, r.Fingerprint
	out.Prizes, out.NextPrize, out.Again = r.Prizes, r.NextPrize, r.Again
	out.TookPart, out.CheckedIn, out.ClaimSeconds = r.TookPart, r.Eligible.CheckedIn, r.ClaimSeconds
	out.Beacon, out.Pending, out.Abandoned = r.Beacon, pendingModel(r.Pending, now), r.Abandoned
	if r.Eligible.TookPart != 0 && r.TookPart == "" {
		out.TookPart = "activity " + strconv.Itoa(r.Eligible.TookPart)
	}
	if r.Eligible.JoinedBefore != 0 {
		out.JoinedBefore = time.UnixMilli(int64(r.Eligible.JoinedBefore)).Format("15:04")
	}
	for _, w := range r.Winners {
		out.Winners = append(out.Winners, winnerModel(w, now))
	}
	for _, v := range r.Voided {
		out.Voided = append(out.Voided, ui.Voided{Winner: winnerModel(v.WinnerView, now), Reason: v.Reason})
	}
}

func pendingModel(p *event.PendingView, now time.Time) *ui.Pending {
	j := pendingJSON(p, now)
	if j == nil {
		return nil
	}
	return &ui.Pending{Draw: j.Draw, Round: int(j.Round), DueMS: j.DueInMS, Late: j.WaitingSince != 0, Prize: j.Prize, Redraw: j.Redraw}
}

func freezeModels(lines []event.FreezeLine) []ui.Freeze {
	out := make([]ui.Freeze, len(lines))
	for i, f := range lines {
		out[i] = ui.Freeze{Activity: f.Activity, Title: f.Title, Run: f.Run, Fingerprint: f.Fingerprint, Size: f.Size,
			At: time.UnixMilli(int64(f.Ms)).UTC().Format("2006-01-02 15:04 UTC"), Draws: f.Draws, Abandoned: f.Abandoned}
	}
	return out
}

func winnerModel(w event.WinnerView, now time.Time) ui.Winner {
	m := ui.Winner{Name: w.Name, Handle: w.Handle, Ticket: w.Ticket.String(), Short: w.Ticket.Short(), Draw: w.Draw, Own: w.Own,
		Prize: w.Prize, Claim: w.Claim, Code: w.Code}
	if w.ClaimMs != 0 {
		m.HasClaimDue, m.ClaimDueMS = true, int64(w.ClaimMs)-now.UnixMilli()
	}
	if w.Person != 0 {
		m.Person = w.Person.String()
	}
	return m
}

func percent(n, of int) int {
	if of == 0 {
		return 0
	}
	return (100*n + of/2) / of
}

// youModel is what a phone's own page shows of a participant.
func youModel(y event.You) ui.You {
	m := ui.You{Handle: y.Handle, Name: y.Name, Choices: y.Choices, Tickets: y.Tickets, Won: map[int][]string{}, Here: y.Here}
	for _, w := range y.Won {
		m.Won[w.Activity] = append(m.Won[w.Activity], w.Ticket)
	}
	return m
}

func (s *Server) hostModel(snap event.Snapshot, base string, connected int, now time.Time) (ui.Host, error) {
	e, err := s.eventModel(snap, base, connected, now)
	h := ui.Host{Event: e, Kept: s.keptModel(snap)}
	for _, r := range snap.Remotes {
		h.Remotes = append(h.Remotes, ui.Remote(r))
	}
	for _, p := range snap.People {
		h.People = append(h.People, ui.Person{ID: p.ID.String(), Name: p.Name, Handle: p.Handle, Hidden: p.Hidden})
	}
	return h, err
}

package ui

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/event"
	"drumroll/internal/fairdraw"
)

// threePrizes is a raffle of three prizes in this state, with one winner where it
// was drawn.
func threePrizes(state string, change func(*event.RaffleView)) *event.Activity {
	a := raffleIn(state)
	a.Title, a.Entries = "Closing raffle", 12
	r := a.Raffle
	r.CanWin, r.Prizes, r.NextPrize = 11, []string{"A keyboard", "A mug", "A <b>pen</b>"}, 1
	r.Commitment = "4165468dc0de" + strings.Repeat("0", 52)
	if state == event.Drawn {
		r.NextPrize, r.Fingerprint, r.Freeze = 2, freezePrint, &fairdraw.Freeze{Number: 1}
		r.Winners = []event.WinnerView{{Name: "Teal Otter 42", Handle: "Teal Otter 42", Ticket: wonTicket, Draw: 1, Prize: "A keyboard"}}
	}
	if change != nil {
		change(r)
	}
	return a
}

// nowMs is the tests' time by the log's clock.
const nowMs = 1_795_464_900_000

const freezePrint = "7C19 A0F2 9B41 0D2E E8D1 D439 CD5E 8269"

var wonTicket = fairdraw.Ticket{0x7c, 0x19, 0xa2}

func consoleOf(t *testing.T, a *event.Activity) string {
	t.Helper()
	return rendered(t, HostLive(Host{Event: showing(a)}))
}

func projectorOf(t *testing.T, a *event.Activity) string {
	t.Helper()
	return rendered(t, ScreenLive(Screen{Event: showing(a)}))
}

func phoneOf(t *testing.T, a *event.Activity) string {
	t.Helper()
	return rendered(t, PhoneLive(Phone{Event: showing(a)}))
}

func TestNextStepOfARaffle(t *testing.T) {
	tests := map[string]struct {
		a    *event.Activity
		want act
	}{
		"frozen":            {threePrizes(event.Closed, nil), act{Label: "Draw prize 1 of 3", Detail: "A keyboard", Method: "POST", Brass: true}},
		"prizes are left":   {threePrizes(event.Drawn, nil), act{Label: "Draw prize 2 of 3", Detail: "A mug", Method: "POST", Brass: true}},
		"nobody is left":    {threePrizes(event.Drawn, func(r *event.RaffleView) { r.CanWin = 0 }), act{Label: "That was the last one"}},
		"no prize is left":  {threePrizes(event.Drawn, func(r *event.RaffleView) { r.NextPrize = 0 }), act{Label: "That was the last one"}},
		"waits for a round": {threePrizes(event.Closed, func(r *event.RaffleView) { r.Pending = &event.PendingView{Round: 7} }), act{Label: "The draw comes by itself"}},
		"given up":          {threePrizes(event.Closed, func(r *event.RaffleView) { r.Abandoned = true }), act{Label: "Reset …", Method: "POST"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := Host{Event: showing(tt.a)}
			got := h.next()
			if diff := cmp.Diff(tt.want, act{Label: got.Label, Detail: got.Detail, Method: got.Method, Brass: got.Brass}); diff != "" {
				t.Errorf("next step (-want +got):\n%s", diff)
			}
			if got.Method == "" && got.Idle == "" {
				t.Error("the button can be pressed and does nothing")
			}
		})
	}
}

func TestConsoleFollowsAClaim(t *testing.T) {
	tests := map[string]struct {
		change func(*event.WinnerView)
		has    []string
		lacks  []string
	}{
		"not yet":     {func(*event.WinnerView) {}, []string{"not claimed yet", "/activities/5/redraw", "/activities/5/void", "confirm without a code"}, []string{"48 21"}},
		"in its time": {func(w *event.WinnerView) { w.ClaimMs = nowMs + 42_000 }, []string{"time to claim", `data-closes-in="42000"`, "0:42"}, []string{"is over"}},
		"too late":    {func(w *event.WinnerView) { w.ClaimMs = nowMs }, []string{"the time to claim is over"}, []string{"not claimed yet"}},
		"claiming":    {func(w *event.WinnerView) { w.Claim, w.Code = event.Claiming, "4821" }, []string{"48 21", "/activities/5/confirm", wonTicket.String()}, []string{"not claimed yet", "without a code\""}},
		"claimed":     {func(w *event.WinnerView) { w.Claim, w.Code = event.Claimed, "4821" }, []string{"✓ claimed"}, []string{"/confirm", "48 21"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := showing(threePrizes(event.Drawn, func(r *event.RaffleView) { tt.change(&r.Winners[0]) }))
			e.NowMs = nowMs
			html := rendered(t, HostLive(Host{Event: e}))
			for _, want := range tt.has {
				if !strings.Contains(html, want) {
					t.Errorf("the console lacks %q", want)
				}
			}
			for _, not := range tt.lacks {
				if strings.Contains(html, not) {
					t.Errorf("the console has %q", not)
				}
			}
		})
	}
}

// A code is the winner's and the host's: nobody else could show it otherwise.
func TestClaimCodeIsForTheWinnerAlone(t *testing.T) {
	e := showing(threePrizes(event.Drawn, func(r *event.RaffleView) { r.Winners[0].Claim, r.Winners[0].Code = event.Claiming, "4821" }))
	winner := event.You{Handle: "Teal Otter 42", Tickets: map[int]string{5: wonTicket.String()}, Won: []event.Won{{Activity: 5, Ticket: wonTicket.String()}}}
	loser := event.You{Handle: "Brave Heron 77", Tickets: map[int]string{5: strings.Repeat("f", 32)}}
	for name, tt := range map[string]struct {
		html string
		want bool
	}{
		"winner":    {rendered(t, PhonePage(Phone{Event: e, You: winner})), true},
		"loser":     {rendered(t, PhonePage(Phone{Event: e, You: loser})), false},
		"frame":     {rendered(t, PhoneLive(Phone{Event: e, You: winner})), false},
		"projector": {rendered(t, ScreenLive(Screen{Event: e})), false},
	} {
		if got := strings.Contains(tt.html, "48 21") || strings.Contains(tt.html, "4821"); got != tt.want {
			t.Errorf("%s: the code is there: %v, want %v", name, got, tt.want)
		}
	}
}

func TestClaimSteps(t *testing.T) {
	you := event.You{Tickets: map[int]string{5: wonTicket.String()}}
	for want, change := range map[string]func(*event.WinnerView){
		"none":  func(w *event.WinnerView) { w.Ticket[0] = 0 },
		"ask":   func(w *event.WinnerView) {},
		"again": func(w *event.WinnerView) { w.Claim = event.Claiming },
		"code":  func(w *event.WinnerView) { w.Claim, w.Code = event.Claiming, "4821" },
		"done":  func(w *event.WinnerView) { w.Claim, w.Code = event.Claimed, "4821" },
	} {
		a := threePrizes(event.Drawn, func(r *event.RaffleView) { change(&r.Winners[0]) })
		if got := (Phone{You: you}).claimStep(a); got != want {
			t.Errorf("step %q, want %q", got, want)
		}
	}
}

func TestPromiseAndListStandBesideEachOther(t *testing.T) {
	for _, state := range []string{"open", "closed", "drawn"} {
		a := threePrizes(state, func(r *event.RaffleView) {
			if state != event.Open {
				r.Fingerprint, r.Freeze = freezePrint, &fairdraw.Freeze{Number: 1}
			}
		})
		for view, html := range map[string]string{
			"projector": projectorOf(t, a), "console": consoleOf(t, a), "phone": phoneOf(t, a),
		} {
			if !strings.Contains(html, "4165 468D C0DE 0000 0000 0000 0000 0000") {
				t.Errorf("%s, %s: the promise is not shown", view, state)
			}
			if strings.Contains(html, freezePrint) != (state != "open") {
				t.Errorf("%s, %s: the frozen list is there too early or not at all", view, state)
			}
		}
	}
}

func TestPrizesAreEscaped(t *testing.T) {
	a := threePrizes(event.Closed, func(r *event.RaffleView) { r.NextPrize = 3 })
	for view, html := range map[string]string{"projector": projectorOf(t, a), "console": consoleOf(t, a), "phone": phoneOf(t, a)} {
		if strings.Contains(html, "<b>pen</b>") || !strings.Contains(html, "&lt;b&gt;pen") {
			t.Errorf("%s: the third prize is not shown as text", view)
		}
	}
}

func TestPendingDrawIsSeenByAll(t *testing.T) {
	for _, late := range []bool{false, true} {
		for _, state := range []string{"closed", "drawn"} {
			a := threePrizes(state, func(r *event.RaffleView) {
				r.Beacon, r.Pending = true, &event.PendingView{Draw: 2, Round: 24107113, Ms: nowMs + 7000}
			})
			e := showing(a)
			if e.NowMs = nowMs; late {
				e.NowMs += 9000
			}
			console := rendered(t, HostLive(Host{Event: e}))
			for view, html := range map[string]string{
				"projector": rendered(t, ScreenLive(Screen{Event: e})), "console": console, "phone": rendered(t, PhoneLive(Phone{Event: e})),
			} {
				if !strings.Contains(html, "24107113") {
					t.Errorf("%s, %s: the round is not named", view, state)
				}
				if strings.Contains(html, `data-closes-in="7000"`) == late {
					t.Errorf("%s, %s: late %v, and the clock runs otherwise", view, state, late)
				}
			}
			if !strings.Contains(console, "/abandon") {
				t.Errorf("console, %s: the list cannot be given up", state)
			}
		}
	}
}

func TestWordsOfTheDraw(t *testing.T) {
	twice := threePrizes(event.Drawn, func(r *event.RaffleView) { r.Prizes = []string{"A keyboard", "A keyboard"} })
	alone := threePrizes(event.Drawn, func(r *event.RaffleView) { r.Prizes = []string{"A keyboard"} })
	plain := threePrizes(event.Drawn, func(r *event.RaffleView) { r.Prizes, r.Winners[0].Prize = nil, "" })
	for got, want := range map[string]string{
		drawnFor(threePrizes(event.Drawn, nil)):           "Prize 1 of 3: A keyboard",
		drawnFor(twice):                                   "A keyboard", // which of the two, the name does not tell
		drawnFor(plain):                                   "Closing raffle",
		stakes(plain.Raffle):                              "One ticket wins",
		stakes(alone.Raffle):                              "To win: A keyboard",
		stakes(twice.Raffle):                              "2 prizes to win",
		nextWords(twice):                                  "Next is prize 2 of 2: A keyboard.",
		fate(event.FreezeLine{Draws: 1}):                  "1 draw",
		fate(event.FreezeLine{}):                          "nothing drawn",
		fate(event.FreezeLine{Draws: 2, Abandoned: true}): "2 draws, then given up",
	} {
		if got != want {
			t.Errorf("says %q, want %q", got, want)
		}
	}
}

// A void takes the newest draw's only winner away, or every winner there was.
func TestAWinGivenBackLeavesNoFalseWinner(t *testing.T) {
	back := event.VoidedView{Reason: "went home", WinnerView: event.WinnerView{Name: "Plum Ibis 3", Handle: "Plum Ibis 3", Ticket: fairdraw.Ticket{0xaa}, Draw: 2, Prize: "A mug"}}
	two := threePrizes(event.Drawn, func(r *event.RaffleView) {
		r.LastDraw, r.Voided = 2, []event.VoidedView{back}
		r.Winners = append(r.Winners, event.WinnerView{Name: "Jade Lynx 3", Ticket: fairdraw.Ticket{0xbb}, Draw: 1, Prize: "A mug"})
	})
	if got := drawnFor(two); got != "Closing raffle" {
		t.Errorf("winners of two prizes are headed %q", got)
	}
	html := projectorOf(t, two)
	for _, want := range []string{"A keyboard", "A mug", "Jade Lynx 3"} {
		if !strings.Contains(html, want) {
			t.Errorf("the projector lacks %q", want)
		}
	}
	none := threePrizes(event.Drawn, func(r *event.RaffleView) { r.Winners, r.Voided = nil, []event.VoidedView{back} })
	phone := phoneOf(t, none)
	if strings.Contains(phone, "A hand for") || strings.Contains(phone, "We have a winner") {
		t.Error("the phone cheers for nobody")
	}
	if got := projectorOf(t, none); strings.Contains(got, "scene-drawn") {
		t.Error("the projector shows a winner who is none")
	}
}

func TestHistoryBetweenActs(t *testing.T) {
	e := Event{Snapshot: event.Snapshot{Code: "K7QX4M", Draws: []event.DrawLine{
		{Number: 1, Title: "Raffle", Names: []string{"Plum Ibis 3"}, Returned: []bool{true}, Prize: "A keyboard"},
		{Number: 2, Title: "Raffle", Names: []string{"Teal Otter 42"}, Prize: "A keyboard", Reason: "not here"},
		{Number: 3, Title: "Stickers", Names: []string{"Jade Lynx 3", "Grey Seal 90"}, Returned: []bool{false, true}},
	}}}
	html := rendered(t, ScreenLive(Screen{Event: e}))
	for name, want := range map[string]bool{"Plum Ibis 3": false, "Teal Otter 42": true, "Jade Lynx 3": true, "Grey Seal 90": false} {
		if strings.Contains(html, name) != want {
			t.Errorf("the projector lists %s among the winners: %v, want %v", name, !want, want)
		}
	}
}

func TestEveryFreezeIsListed(t *testing.T) {
	v := Verify{Page: Page{Code: "K7QX4M"}, Freezes: []event.FreezeLine{
		{Title: "Raffle", Run: 1, Fingerprint: "0D2E E8D1 D439", Size: 7},
		{Title: "Raffle", Run: 2, Size: 1, Abandoned: true},
	}}
	html := rendered(t, VerifyPage(v))
	for _, want := range []string{"0D2E E8D1 D439", "7 tickets", "1 ticket ", "nothing drawn", "given up", "being computed"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

package ui

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// threePrizes is a raffle of three prizes in this state, with one winner where it
// was drawn.
func threePrizes(state string, change func(*Activity)) *Activity {
	a := &Activity{
		ID: 5, Kind: "raffle", Title: "Closing raffle", State: state, Run: 1, Entries: 12, WinnersWanted: 1, Eligible: 11,
		Prizes: []string{"A keyboard", "A mug", "A <b>pen</b>"}, NextPrize: 1, Commitment: "4165468dc0de" + strings.Repeat("0", 52),
	}
	if state == "drawn" {
		a.NextPrize, a.Draw, a.Draws, a.Fingerprint = 2, 1, 1, "7C19 A0F2 9B41"
		a.Winners = []Winner{{Name: "Teal Otter 42", Handle: "Teal Otter 42", Ticket: wonTicket, Short: "7C19-A2", Draw: 1, Prize: "A keyboard"}}
	}
	if change != nil {
		change(a)
	}
	return a
}

const wonTicket = "7c19a2f04be1d3a85566708192a3b4c5"

func consoleOf(t *testing.T, a *Activity) string {
	t.Helper()
	return rendered(t, HostLive(Host{Event: Event{Code: "K7QX4M", Current: a, Activities: []Activity{*a}}}))
}

func projectorOf(t *testing.T, a *Activity) string {
	t.Helper()
	return rendered(t, ScreenLive(Screen{Event: Event{Code: "K7QX4M", Current: a, Activities: []Activity{*a}}}))
}

func TestNextStepOfARaffle(t *testing.T) {
	tests := map[string]struct {
		a    *Activity
		want act
	}{
		"frozen":            {threePrizes("closed", nil), act{Label: "Draw prize 1 of 3", Detail: "A keyboard", Method: "POST", Brass: true}},
		"prizes are left":   {threePrizes("drawn", nil), act{Label: "Draw prize 2 of 3", Detail: "A mug", Method: "POST", Brass: true}},
		"nobody is left":    {threePrizes("drawn", func(a *Activity) { a.Eligible = 0 }), act{Label: "That was the last one"}},
		"no prize is left":  {threePrizes("drawn", func(a *Activity) { a.NextPrize = 0 }), act{Label: "That was the last one"}},
		"waits for a round": {threePrizes("closed", func(a *Activity) { a.Pending = &Pending{Round: 7} }), act{Label: "The draw comes by itself"}},
		"given up":          {threePrizes("closed", func(a *Activity) { a.Abandoned = true }), act{Label: "Reset …", Method: "POST"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := Host{Event: Event{Current: tt.a, Activities: []Activity{*tt.a}}}
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
		change func(*Winner)
		has    []string
		lacks  []string
	}{
		"not yet":     {func(*Winner) {}, []string{"not claimed yet", "/activities/5/redraw", "/activities/5/void", "confirm without a code"}, []string{"48 21"}},
		"in its time": {func(w *Winner) { w.HasClaimDue, w.ClaimDueMS = true, 42_000 }, []string{"time to claim", `data-closes-in="42000"`, "0:42"}, []string{"is over"}},
		"too late":    {func(w *Winner) { w.HasClaimDue = true }, []string{"the time to claim is over"}, []string{"not claimed yet"}},
		"claiming":    {func(w *Winner) { w.Claim, w.Code = "claiming", "4821" }, []string{"48 21", "/activities/5/confirm", wonTicket}, []string{"not claimed yet", "without a code\""}},
		"claimed":     {func(w *Winner) { w.Claim, w.Code = "claimed", "4821" }, []string{"✓ claimed"}, []string{"/confirm", "48 21"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			html := consoleOf(t, threePrizes("drawn", func(a *Activity) { tt.change(&a.Winners[0]) }))
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
	a := threePrizes("drawn", func(a *Activity) { a.Winners[0].Claim, a.Winners[0].Code = "claiming", "4821" })
	e := Event{Code: "K7QX4M", Current: a, Activities: []Activity{*a}}
	winner := You{Handle: "Teal Otter 42", Tickets: map[int]string{5: wonTicket}, Won: map[int][]string{5: {wonTicket}}}
	loser := You{Handle: "Brave Heron 77", Tickets: map[int]string{5: strings.Repeat("f", 32)}}
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
	you := You{Tickets: map[int]string{5: wonTicket}}
	for want, change := range map[string]func(*Winner){
		"none":  func(w *Winner) { w.Ticket = strings.Repeat("0", 32) },
		"ask":   func(w *Winner) {},
		"again": func(w *Winner) { w.Claim = "claiming" },
		"code":  func(w *Winner) { w.Claim, w.Code = "claiming", "4821" },
		"done":  func(w *Winner) { w.Claim, w.Code = "claimed", "4821" },
	} {
		a := threePrizes("drawn", func(a *Activity) { change(&a.Winners[0]) })
		if got := (Phone{You: you}).claimStep(*a); got != want {
			t.Errorf("step %q, want %q", got, want)
		}
	}
}

func TestPromiseAndListStandBesideEachOther(t *testing.T) {
	for _, state := range []string{"open", "closed", "drawn"} {
		a := threePrizes(state, func(a *Activity) {
			if state != "open" {
				a.Fingerprint = "7C19 A0F2 9B41"
			}
		})
		for view, html := range map[string]string{
			"projector": projectorOf(t, a), "console": consoleOf(t, a), "phone": rendered(t, PhoneLive(Phone{Event: Event{Current: a}})),
		} {
			if !strings.Contains(html, "4165 468D C0DE") {
				t.Errorf("%s, %s: the promise is not shown", view, state)
			}
			if strings.Contains(html, "7C19 A0F2 9B41") != (state != "open") {
				t.Errorf("%s, %s: the frozen list is there too early or not at all", view, state)
			}
		}
	}
}

func TestPrizesAreEscaped(t *testing.T) {
	a := threePrizes("closed", func(a *Activity) { a.NextPrize = 3 })
	for view, html := range map[string]string{"projector": projectorOf(t, a), "console": consoleOf(t, a), "phone": rendered(t, PhoneLive(Phone{Event: Event{Current: a}}))} {
		if strings.Contains(html, "<b>pen</b>") || !strings.Contains(html, "&lt;b&gt;pen") {
			t.Errorf("%s: the third prize is not shown as text", view)
		}
	}
}

func TestPendingDrawIsSeenByAll(t *testing.T) {
	for _, late := range []bool{false, true} {
		for _, state := range []string{"closed", "drawn"} {
			a := threePrizes(state, func(a *Activity) {
				a.Beacon, a.Pending = true, &Pending{Draw: 2, Round: 24107113, DueMS: 7000, Late: late}
			})
			for view, html := range map[string]string{"projector": projectorOf(t, a), "console": consoleOf(t, a), "phone": rendered(t, PhoneLive(Phone{Event: Event{Current: a}}))} {
				if !strings.Contains(html, "24107113") {
					t.Errorf("%s, %s: the round is not named", view, state)
				}
				if strings.Contains(html, `data-closes-in="7000"`) == late {
					t.Errorf("%s, %s: late %v, and the clock runs otherwise", view, state, late)
				}
			}
			if html := consoleOf(t, a); !strings.Contains(html, "/abandon") {
				t.Errorf("console, %s: the list cannot be given up", state)
			}
		}
	}
}

func TestWordsOfTheDraw(t *testing.T) {
	twice := threePrizes("drawn", func(a *Activity) { a.Prizes = []string{"A keyboard", "A keyboard"} })
	alone := threePrizes("drawn", func(a *Activity) { a.Prizes = []string{"A keyboard"} })
	plain := threePrizes("drawn", func(a *Activity) { a.Prizes, a.Winners[0].Prize = nil, "" })
	for got, want := range map[string]string{
		drawnFor(threePrizes("drawn", nil)):      "Prize 1 of 3: A keyboard",
		drawnFor(twice):                          "A keyboard", // which of the two, the name does not tell
		drawnFor(plain):                          "Closing raffle",
		stakes(plain):                            "One ticket wins",
		stakes(alone):                            "To win: A keyboard",
		stakes(twice):                            "2 prizes to win",
		nextWords(twice):                         "Next is prize 2 of 2: A keyboard.",
		Freeze{Draws: 1}.fate():                  "1 draw",
		Freeze{}.fate():                          "nothing drawn",
		Freeze{Draws: 2, Abandoned: true}.fate(): "2 draws, then given up",
	} {
		if got != want {
			t.Errorf("says %q, want %q", got, want)
		}
	}
}

// A void takes the newest draw's only winner away, or every winner there was.
func TestAWinGivenBackLeavesNoFalseWinner(t *testing.T) {
	back := Voided{Winner: Winner{Handle: "Plum Ibis 3", Name: "Plum Ibis 3", Ticket: strings.Repeat("a", 32), Short: "AAAA-AA", Draw: 2, Prize: "A mug"}, Reason: "went home"}
	two := threePrizes("drawn", func(a *Activity) {
		a.Draw, a.Draws, a.Voided = 2, 2, []Voided{back}
		a.Winners = append(a.Winners, Winner{Name: "Jade Lynx 3", Ticket: strings.Repeat("b", 32), Short: "BBBB-BB", Draw: 1, Prize: "A mug"})
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
	none := threePrizes("drawn", func(a *Activity) { a.Winners, a.Voided = nil, []Voided{back} })
	phone := rendered(t, PhoneLive(Phone{Event: Event{Current: none}}))
	if strings.Contains(phone, "A hand for") || strings.Contains(phone, "We have a winner") {
		t.Error("the phone cheers for nobody")
	}
	if got := projectorOf(t, none); strings.Contains(got, "scene-drawn") {
		t.Error("the projector shows a winner who is none")
	}
}

func TestHistoryBetweenActs(t *testing.T) {
	e := Event{Code: "K7QX4M", Draws: []Draw{
		{Number: 1, Title: "Raffle", Names: []string{"Plum Ibis 3"}, Returned: []bool{true}, Prize: "A keyboard"},
		{Number: 2, Title: "Raffle", Names: []string{"Teal Otter 42"}, Prize: "A keyboard", Reason: "not here"},
		{Number: 3, Title: "Stickers", Names: []string{"Jade Lynx 3", "Grey Seal 90"}, Returned: []bool{false, true}},
	}}
	html := rendered(t, ScreenLive(Screen{Event: e}))
	for name, want := range map[string]bool{"Plum Ibis 3": false, "Teal Otter 42": true, "Jade Lynx 3": true, "Grey Seal 90": false} {
		if strings.Contains(html, name) != want {
			t.Errorf("the projector lists %s among the winners: %v, want %v", name, !want, want)
		}
	}
}

func TestEveryFreezeIsListed(t *testing.T) {
	v := Verify{Page: Page{Code: "K7QX4M"}, Freezes: []Freeze{
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

package ui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"drumroll/internal/event"
	"drumroll/internal/fairdraw"
)

const mine = "7c19a2f04be1d3a85566708192a3b4c5"

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// find lists the elements of that name, in document order.
func find(t *testing.T, page, name string) []*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var found []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			found = append(found, n)
		}
	}
	return found
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// controls are a form's "type name=value", hidden inputs and options alike.
func controls(form *html.Node) []string {
	var list []string
	for n := range form.Descendants() {
		if n.Type != html.ElementNode || attribute(n, "name") == "" {
			continue
		}
		kind := n.Data
		if kind == "input" {
			kind = attribute(n, "type")
		}
		list = append(list, kind+" "+attribute(n, "name")+"="+attribute(n, "value"))
	}
	return list
}

func pollIn(state string) *event.Activity {
	return &event.Activity{ID: 3, Kind: event.Poll, Title: "Q?", State: state, Run: 2, Entries: 4, Results: event.Hidden,
		Poll: &event.PollSpec{Options: []string{"Yes", "No"}, MaxChoices: 1}}
}

func raffleIn(state string, winners ...event.WinnerView) *event.Activity {
	a := &event.Activity{ID: 5, Kind: event.Raffle, Title: "Prize", State: state, Run: 1, Entries: 9,
		Raffle: &event.RaffleView{WinnersWanted: 1, Winners: winners, CanWin: 8}}
	if state == event.Drawn {
		a.Raffle.LastDraw = 1
	}
	return a
}

// showing is an event with these activities, the first of them on show.
func showing(activities ...*event.Activity) Event {
	e := Event{Snapshot: event.Snapshot{Code: "K7QX4M", Title: "Night", Current: activities[0].ID}}
	for _, a := range activities {
		e.Activities = append(e.Activities, *a)
	}
	return e
}

func phone(activities ...*event.Activity) Phone {
	return Phone{Page: Page{View: "phone", Code: "K7QX4M"}, Event: showing(activities...)}
}

func ticketOf(t *testing.T, hex string) fairdraw.Ticket {
	t.Helper()
	ticket, err := fairdraw.ParseTicket(hex)
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

func TestOneFormForEachOpenActivity(t *testing.T) {
	several, closed := pollIn(event.Open), pollIn(event.Closed)
	several.ID, several.Poll.MaxChoices, closed.ID = 4, 2, 6
	p := phone(pollIn(event.Open), several, raffleIn(event.Open), closed)
	var got [][]string
	for _, form := range find(t, render(t, PhonePage(p)), "form") {
		if attribute(form, "method") != "post" || attribute(form, "action") != "/K7QX4M" {
			t.Errorf("form posts by %q to %q", attribute(form, "method"), attribute(form, "action"))
		}
		got = append(got, controls(form))
	}
	want := [][]string{
		{"hidden activity=3", "hidden run=2", "button choice=0", "button choice=1"},
		{"hidden activity=4", "hidden run=2", "checkbox choice=0", "checkbox choice=1"},
		{"hidden activity=5", "hidden run=1", "button enter=1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("forms (-want +got):\n%s", diff)
	}
}

func TestNothingToPostWhereNothingIsOpen(t *testing.T) {
	for _, a := range []*event.Activity{pollIn(event.Closed), pollIn(event.Revealed), raffleIn(event.Closed), raffleIn(event.Drawn)} {
		if forms := find(t, render(t, PhonePage(phone(a))), "form"); len(forms) != 0 {
			t.Errorf("%s %s: %d forms", a.Kind, a.State, len(forms))
		}
	}
}

func TestNameFormOnlyWhereNamesAreOn(t *testing.T) {
	p := phone(pollIn(event.Closed))
	p.Event.Names, p.You.Name = true, "Ada"
	forms := find(t, render(t, PhonePage(p)), "form")
	if len(forms) != 1 {
		t.Fatalf("%d forms, want 1", len(forms))
	}
	if diff := cmp.Diff([]string{" name=Ada"}, controls(forms[0])); diff != "" {
		t.Errorf("name form (-want +got):\n%s", diff)
	}
}

// A frame goes to every phone: nothing of one phone may be in it.
func TestFrameHoldsNothingPersonal(t *testing.T) {
	p := phone(pollIn(event.Open), raffleIn(event.Open))
	p.Event.Names = true
	bare := render(t, PhoneLive(p))
	p.You = event.You{
		Handle: "Teal Otter 42", Name: "Ada", Choices: map[int][]int{3: {1}},
		Tickets: map[int]string{5: mine}, Won: []event.Won{{Activity: 5, Ticket: mine}},
	}
	if diff := cmp.Diff(bare, render(t, PhoneLive(p))); diff != "" {
		t.Errorf("the frame changes with its reader (-stranger +somebody):\n%s", diff)
	}
	if page := render(t, PhonePage(p)); !strings.Contains(page, "✓ counted") || !strings.Contains(page, "7C19-A2") {
		t.Error("the page does not show the phone's own choice and ticket")
	}
}

func TestCountsNotShownAreNotWritten(t *testing.T) {
	for _, state := range []string{event.Open, event.Closed} {
		page := render(t, PhonePage(phone(pollIn(state))))
		for _, secret := range []string{"data-count", "data-percent", "data-bar", "%"} {
			if strings.Contains(page, secret) {
				t.Errorf("%s: the page holds %q", state, secret)
			}
		}
	}
}

// A kind that this build does not know is not shown as another.
func TestUnknownKindsAreNotShown(t *testing.T) {
	a := pollIn(event.Open)
	a.Kind, a.Poll = "wordcloud", nil
	for name, html := range map[string]string{
		"phone": render(t, PhonePage(phone(a))), "screen": render(t, ScreenPage(Screen{Event: showing(a)})), "host": render(t, HostPage(Host{Event: showing(a)})),
	} {
		if strings.Contains(html, "Q?") {
			t.Errorf("the %s shows it", name)
		}
	}
}

func TestOutcome(t *testing.T) {
	own := event.WinnerView{Name: "Teal Otter 42", Ticket: ticketOf(t, mine), Draw: 1}
	other := event.WinnerView{Name: "Brave Heron 77", Ticket: ticketOf(t, strings.Repeat("f", 32)), Draw: 1}
	ticket := event.You{Tickets: map[int]string{5: mine}}
	won := event.You{Tickets: ticket.Tickets, Won: []event.Won{{Activity: 5, Ticket: mine}}}
	voided, again := raffleIn(event.Drawn, other), raffleIn(event.Drawn, own)
	voided.Raffle.Voided = []event.VoidedView{{WinnerView: own, Reason: "left early"}}
	again.Raffle.Voided = voided.Raffle.Voided
	for _, c := range []struct {
		name string
		a    *event.Activity
		you  event.You
		want string
	}{
		{"open", raffleIn(event.Open), ticket, "none"},
		{"won", raffleIn(event.Drawn, own), won, "won"},
		{"lost", raffleIn(event.Drawn, other), ticket, "lost"},
		{"no ticket", raffleIn(event.Drawn, other), event.You{}, "none"},
		{"given back", voided, ticket, "back"},
		{"given back, another one's", voided, event.You{Tickets: map[int]string{5: strings.Repeat("a", 32)}}, "lost"},
		{"given back, then drawn again", again, won, "won"},
	} {
		p := phone(c.a)
		p.You = c.you
		page := render(t, PhonePage(p))
		if got := attribute(find(t, page, "section")[0], "data-outcome"); got != c.want {
			t.Errorf("%s: outcome %q, want %q", c.name, got, c.want)
		}
		if want := fmt.Sprintf(`class="stage" data-outcome="%s"`, c.want); !strings.Contains(page, want) {
			t.Errorf("%s: the stage lacks %s", c.name, want)
		}
	}
}

func TestTextIsNeverMarkup(t *testing.T) {
	a := pollIn(event.Open)
	a.Title, a.Poll.Options[0] = `<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`
	p := phone(a)
	p.Event.Title, p.You.Name, p.Notice = a.Title, a.Poll.Options[0], a.Title
	page := render(t, PhonePage(p))
	if n := len(find(t, page, "script")); n != 1 {
		t.Errorf("%d scripts, want the module alone", n)
	}
	if n := len(find(t, page, "img")); n != 0 {
		t.Errorf("%d images, want none", n)
	}
}

// A strict policy drops inline styles and handlers without a word.
func TestPagesHoldNothingInline(t *testing.T) {
	for name, page := range map[string]string{
		"phone":  render(t, PhonePage(phone(pollIn(event.Open), raffleIn(event.Open)))),
		"drawn":  render(t, PhonePage(phone(raffleIn(event.Drawn, event.WinnerView{Name: "A", Ticket: ticketOf(t, mine)})))),
		"start":  render(t, StartPage(Start{Page: Page{View: "start"}, NeedKey: true, Hosted: []Hosted{{Code: "K7QX4M", Title: "x"}}})),
		"unlock": render(t, UnlockPage(Unlock{Page: Page{Code: "K7QX4M"}, Error: "no"})),
		"error":  render(t, ErrorPage(Problem{Status: 404, Title: "No"})),
	} {
		root, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		for n := range root.Descendants() {
			if n.Type == html.ElementNode && (n.Data == "style" || n.Data == "script" && n.FirstChild != nil) {
				t.Errorf("%s: inline <%s>", name, n.Data)
			}
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: <%s %s>", name, n.Data, a.Key)
				}
			}
		}
	}
}

func TestStartFormsCarryTheFieldsOfTheHandlers(t *testing.T) {
	page := render(t, StartPage(Start{NeedKey: true, JoinCode: "K7QX4N", JoinError: "no such event", EventTitle: "Night"}))
	var got [][]string
	for _, form := range find(t, page, "form") {
		got = append(got, append([]string{attribute(form, "method") + " " + attribute(form, "action")}, controls(form)...))
	}
	want := [][]string{
		{"get /", " code=K7QX4N"},
		{"post /", " title=Night", "password create_key="},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("forms (-want +got):\n%s", diff)
	}
	unlock := find(t, render(t, UnlockPage(Unlock{Page: Page{Code: "K7QX4M"}})), "form")[0]
	if got := append([]string{attribute(unlock, "action")}, controls(unlock)...); !cmp.Equal(got, []string{"/K7QX4M/host", "password key="}) {
		t.Errorf("unlock form = %q", got)
	}
}

func TestShortTicket(t *testing.T) {
	for in, want := range map[string]string{mine: "7C19-A2", "": "", "ab": "ab"} {
		if got := shortTicket(in); got != want {
			t.Errorf("shortTicket(%q) = %q, want %q", in, got, want)
		}
	}
}

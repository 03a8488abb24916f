package ui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
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

func poll(state string) Activity {
	return Activity{ID: 3, Kind: "poll", Title: "Q?", State: state, Run: 2, MaxChoices: 1, Entries: 4, Options: []Option{
		{Index: 0, Letter: "A", Text: "Yes"}, {Index: 1, Letter: "B", Text: "No"},
	}}
}

func raffle(state string, winners ...Winner) Activity {
	a := Activity{ID: 5, Kind: "raffle", Title: "Prize", State: state, Run: 1, Entries: 9, WinnersWanted: 1, Winners: winners}
	if state == "drawn" {
		a.Draw = 1
	}
	return a
}

func phone(current Activity, others ...Activity) Phone {
	e := Event{Code: "K7QX4M", Title: "Night", Current: &current, Activities: append([]Activity{current}, others...)}
	return Phone{Page: Page{View: "phone", Code: "K7QX4M"}, Event: e}
}

func TestOneFormForEachOpenActivity(t *testing.T) {
	several := poll("open")
	several.ID, several.MaxChoices = 4, 2
	p := phone(poll("open"), several, raffle("open"), poll("closed"))
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
	for _, a := range []Activity{poll("closed"), poll("revealed"), raffle("closed"), raffle("drawn")} {
		if forms := find(t, render(t, PhonePage(phone(a))), "form"); len(forms) != 0 {
			t.Errorf("%s %s: %d forms", a.Kind, a.State, len(forms))
		}
	}
}

func TestNameFormOnlyWhereNamesAreOn(t *testing.T) {
	p := phone(poll("closed"))
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
	p := phone(poll("open"), raffle("open"))
	p.Event.Names = true
	bare := render(t, PhoneLive(p))
	p.You = You{
		Handle: "Teal Otter 42", Name: "Ada", Choices: map[int][]int{3: {1}},
		Tickets: map[int]string{5: mine}, Won: map[int][]string{5: {mine}},
	}
	if diff := cmp.Diff(bare, render(t, PhoneLive(p))); diff != "" {
		t.Errorf("the frame changes with its reader (-stranger +somebody):\n%s", diff)
	}
	if page := render(t, PhonePage(p)); !strings.Contains(page, "✓ counted") || !strings.Contains(page, "7C19-A2") {
		t.Error("the page does not show the phone's own choice and ticket")
	}
}

func TestCountsNotShownAreNotWritten(t *testing.T) {
	a := poll("open")
	a.Options[0].Count, a.Options[0].Percent = 777, 66 // must never get here; the template holds all the same
	for _, state := range []string{"open", "closed"} {
		a.State = state
		page := render(t, PhonePage(phone(a)))
		for _, secret := range []string{"777", "66", "data-count", "data-percent", "data-bar"} {
			if strings.Contains(page, secret) {
				t.Errorf("%s: the page holds %q", state, secret)
			}
		}
	}
}

func TestOutcome(t *testing.T) {
	own := Winner{Name: "Teal Otter 42", Ticket: mine, Short: "7C19-A2", Draw: 1}
	other := Winner{Name: "Brave Heron 77", Ticket: strings.Repeat("f", 32), Short: "FFFF-FF", Draw: 1}
	ticket := You{Tickets: map[int]string{5: mine}}
	won := You{Tickets: ticket.Tickets, Won: map[int][]string{5: {mine}}}
	voided := raffle("drawn", other)
	voided.Voided = []Voided{{Winner: own, Reason: "left early"}}
	for _, c := range []struct {
		name string
		a    Activity
		you  You
		want string
	}{
		{"open", raffle("open"), ticket, "none"},
		{"won", raffle("drawn", own), won, "won"},
		{"lost", raffle("drawn", other), ticket, "lost"},
		{"no ticket", raffle("drawn", other), You{}, "none"},
		{"given back", voided, ticket, "back"},
		{"given back, another one's", voided, You{Tickets: map[int]string{5: strings.Repeat("a", 32)}}, "lost"},
		{"given back, then drawn again", func() Activity { a := raffle("drawn", own); a.Voided = voided.Voided; return a }(), won, "won"},
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
	a := poll("open")
	a.Title, a.Options[0].Text = `<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`
	p := phone(a)
	p.Event.Title, p.You.Name, p.Notice = a.Title, a.Options[0].Text, a.Title
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
		"phone":  render(t, PhonePage(phone(poll("open"), raffle("open")))),
		"drawn":  render(t, PhonePage(phone(raffle("drawn", Winner{Name: "A", Ticket: mine})))),
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

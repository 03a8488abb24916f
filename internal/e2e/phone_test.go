//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"

	"drumroll/internal/contract"
)

const (
	connected = "#link[data-status=connected]"
	counted   = "[data-mark=counted]"
)

// vote taps an option and waits until it counts.
func vote(d *device, activity, index int) {
	d.t.Helper()
	d.click(option(activity, index))
	d.shows(option(activity, index) + counted)
}

func TestTwoTabsShowTheSameVote(t *testing.T) {
	s := startServer(t)
	e := s.createEvent(t, "Tabs")
	poll := e.addPoll("Tea or coffee?", "live", "Tea", "Coffee")
	e.verb(poll.ID, "open")

	first := newDevice(t, "phone", handheld).open(e.JoinURL)
	vote(first, poll.ID, 0)
	second := first.tab(e.JoinURL)
	second.shows(option(poll.ID, 0) + counted)
	if a, b := first.text("[data-who]"), second.text("[data-who]"); a != b {
		t.Errorf("the tabs are %q and %q", a, b)
	}

	vote(second, poll.ID, 1)
	first.shows(option(poll.ID, 1) + counted)
	vote(first, poll.ID, 0)
	second.shows(option(poll.ID, 0) + counted)
	if got := e.activity(poll.ID); got.Entries != 1 || got.Counts[0] != 1 || got.Counts[1] != 0 {
		t.Errorf("the tally is %+v, want one vote for the first option", got)
	}
}

// Identity, vote and ticket outlive a reload, a lost network, and a server that
// is killed and started again; the phones dial again by themselves.
func TestPhonesComeBack(t *testing.T) {
	onBothLogs(t, func(t *testing.T, s *server) {
		e := s.createEvent(t, "Coming back")
		poll := e.addPoll("Tea or coffee?", "live", "Tea", "Coffee")
		raffle := e.addRaffle("A mug", 1)
		e.verb(poll.ID, "open")
		e.verb(raffle.ID, "open")
		phone := newDevice(t, "phone", handheld, calm).open(e.JoinURL)
		screen := newDevice(t, "screen", calm).open(e.ScreenURL)
		host := newDevice(t, "host").open(e.HostURL)
		for _, d := range []*device{phone, screen, host} {
			d.tolerate(away...)
		}
		vote(phone, poll.ID, 1)
		phone.click(".im-in")
		ticketPlace := fmt.Sprintf("[data-activity='%d'] .ticket [data-own-ticket]", raffle.ID)
		phone.shows(ticketPlace)
		who, ticket := phone.text("[data-who]"), phone.text(ticketPlace)
		screen.shows("[data-scene=filling]")

		same := func(after string) {
			t.Helper()
			phone.shows(connected)
			phone.shows(option(poll.ID, 1) + counted)
			if got := phone.text("[data-who]"); got != who {
				t.Errorf("after %s the phone is %q, and was %q", after, got, who)
			}
			if got := phone.text(ticketPlace); got != ticket {
				t.Errorf("after %s the ticket is %q, and was %q", after, got, ticket)
			}
		}
		phone.reload()
		same("a reload")

		phone.offline(true)
		phone.hides(connected)
		phone.offline(false)
		same("a lost network")

		s.kill()
		phone.hides(connected)
		screen.shows("#lost")
		screen.shows("[data-scene=filling]") // never blank
		s.start()
		same("a killed server")
		screen.hides("#lost")
		host.shows("body[data-link=connected]")

		s.stop()
		s.start()
		same("a restarted server")
		if got := e.look().People.Joined; got != 1 {
			t.Errorf("%d people joined, want 1", got)
		}
		vote(phone, poll.ID, 0)
	})
}

// What is tapped without a network is kept and sent when it returns, once.
func TestTapsMadeOfflineAreSentOnce(t *testing.T) {
	s := startServer(t)
	e := s.createEvent(t, "In the tunnel")
	poll := e.addPoll("Tea or coffee?", "live", "Tea", "Coffee", "Water")
	raffle := e.addRaffle("A mug", 1)
	e.verb(raffle.ID, "open")
	e.verb(poll.ID, "open")
	phone := newDevice(t, "phone", handheld).open(e.JoinURL)
	phone.tolerate(away...)
	phone.shows(connected)
	phone.offline(true)
	phone.hides(connected)
	phone.click(option(poll.ID, 0))
	phone.shows(option(poll.ID, 0) + "[data-mark=kept]")
	phone.click(option(poll.ID, 2))
	phone.click(".im-in")
	if got := e.activity(poll.ID).Entries; got != 0 {
		t.Errorf("%d entries while the phone was offline", got)
	}
	phone.offline(false)
	phone.shows(option(poll.ID, 2) + counted)
	phone.shows(fmt.Sprintf("[data-activity='%d'][data-in=yes]", raffle.ID))
	if got := e.activity(poll.ID); got.Entries != 1 || got.Counts[2] != 1 {
		t.Errorf("the tally is %+v, want one vote for the last tap", got)
	}
	if got := e.activity(raffle.ID).Entries; got != 1 {
		t.Errorf("%d tickets, want 1", got)
	}
}

// A phone that taps while the server is down, and is reloaded in vain,
// keeps the tap.
func TestTapsOutliveAServerThatIsDown(t *testing.T) {
	s := startServer(t)
	e := s.createEvent(t, "Short circuit")
	poll := e.addPoll("Tea or coffee?", "live", "Tea", "Coffee")
	e.verb(poll.ID, "open")
	phone := newDevice(t, "phone", handheld).open(e.JoinURL)
	phone.tolerate(away...)
	phone.shows(connected)
	s.kill()
	phone.hides(connected)
	phone.click(option(poll.ID, 1))
	phone.shows(option(poll.ID, 1) + "[data-mark=kept]")
	s.start()
	phone.shows(option(poll.ID, 1) + counted)
	if got := e.activity(poll.ID); got.Entries != 1 || got.Counts[1] != 1 {
		t.Errorf("the tally is %+v, want the one vote", got)
	}
}

// Without JavaScript a phone has one form per open activity, and reloads for news.
func TestPhoneWithoutJavaScript(t *testing.T) {
	s := startServer(t)
	e := s.createEvent(t, "Plain HTML")
	single := e.addPoll("Tea or coffee?", "live", "Tea", "Coffee")
	several := e.add(map[string]any{"kind": "poll", "title": "Toppings?", "options": []string{"Ham", "Olives", "Basil"}, "max_choices": 2, "results": "hidden"})
	raffle := e.addRaffle("A mug", 1)
	for _, a := range []contract.Activity{single, several, raffle} {
		e.verb(a.ID, "open")
	}
	phone := newDevice(t, "phone", handheld, scriptless).open(strings.ToLower(e.JoinURL))
	who := phone.text("[data-who]")

	phone.click(option(single.ID, 0))
	phone.shows(option(single.ID, 0) + counted)
	phone.click(option(single.ID, 1)) // changed
	phone.shows(option(single.ID, 1) + counted)
	for _, o := range []int{0, 2} {
		phone.click(option(several.ID, o))
	}
	phone.click(fmt.Sprintf("[data-activity='%d'] button.nojs", several.ID))
	phone.shows(option(several.ID, 2) + counted)
	phone.click(".im-in")
	phone.shows(fmt.Sprintf("[data-activity='%d'][data-in=yes]", raffle.ID))
	if got := phone.text("[data-who]"); got != who {
		t.Errorf("the phone is %q, and was %q before it voted", got, who)
	}

	want := map[int][]int{single.ID: {0, 1}, several.ID: {1, 0, 1}}
	for id, counts := range want {
		if got := e.activity(id); got.Entries != 1 || fmt.Sprint(got.Counts) != fmt.Sprint(counts) {
			t.Errorf("the tally of %d is %+v, want one entry and %v", id, got, counts)
		}
	}
	e.verb(raffle.ID, "close")
	e.verb(raffle.ID, "draw")
	phone.reload()
	phone.shows(".youwon")

	// A vote that comes too late says so.
	other := newDevice(t, "slow phone", handheld, scriptless).open(e.JoinURL)
	e.verb(single.ID, "close")
	other.tolerate(`409`)
	other.click(option(single.ID, 0))
	other.shows(".notice")
	if got := e.activity(single.ID).Entries; got != 1 {
		t.Errorf("%d entries after a late one, want 1", got)
	}
}

// A cookie that was tampered with makes a new participant, and no error.
func TestTamperedCookie(t *testing.T) {
	s := startServer(t)
	e := s.createEvent(t, "Cookies")
	phone := newDevice(t, "phone", handheld).open(e.JoinURL)
	phone.shows(connected)
	if err := phone.context.AddCookies([]playwright.OptionalCookie{{
		Name: "drumroll_" + e.Code, Value: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", URL: playwright.String(s.url()),
	}}); err != nil {
		t.Fatal(err)
	}
	phone.reload()
	phone.shows(connected)
	if got := e.look().People.Joined; got != 2 {
		t.Errorf("%d people joined, want 2", got)
	}
}

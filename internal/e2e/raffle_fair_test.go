//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"

	"drumroll/internal/contract"
)

const fairPhones = 15

// forging makes a phone's socket tell lies, as a server that cheats could: in
// every frame, what window.forgery names is put in place of the truth.
const forging = `
	window.forgery = null; // {truth, lie}
	window.WebSocket = class extends WebSocket {
		set onmessage(take) {
			super.onmessage = (event) => {
				const data = window.forgery ? event.data.replaceAll(window.forgery.truth, window.forgery.lie) : event.data;
				take(new MessageEvent("message", { data }));
			};
		}
	};`

// TestFairRaffle is a raffle of two prizes before 15 phones, each of which checks
// all of it by itself: one winner is absent, one claims. Two phones are lied to,
// one in the record of a draw and one in its frames, and both notice.
func TestFairRaffle(t *testing.T) {
	s := startServer(t)
	e := s.createEvent(t, "Gopher Meetup")
	host := newDevice(t, "host").open(e.HostURL)
	screen := newDevice(t, "screen", size(1920, 1080), calm).open(e.ScreenURL)
	id := addRaffleByHand(t, e, host)

	room := fillRoom(t, e, fairPhones-1)
	deceived := newDevice(t, "phone with a forging socket", handheld, calm)
	if err := deceived.AddInitScript(playwright.Script{Content: playwright.String(forging)}); err != nil {
		t.Fatal(err)
	}
	deceived.open(e.JoinURL).shows("#link[data-status=connected]")
	room = append(room, deceived)

	host.click("#next")
	screen.shows("[data-scene=filling] .seal .fingerprint")
	promise := screen.text(".seal .fingerprint")
	each(room, func(_ int, d *device) {
		d.click("[data-kind=raffle] .im-in")
		d.shows("[data-kind=raffle][data-in=yes] .ticket")
		if got := d.text(".prints dd"); got != promise {
			t.Errorf("%s was promised %q, the projector shows %q", d.name, got, promise)
		}
	})

	host.click("#next")
	screen.shows("[data-scene=frozen] .seal div:nth-child(2) .fingerprint")
	list := screen.text(".seal div:nth-child(2) .fingerprint")
	each(room, func(_ int, d *device) {
		d.shows("[data-receipt=ticket][data-state=ok]")
		if got := d.text(".prints div:nth-child(2) dd"); got != list {
			t.Errorf("%s was told the list %q, the projector shows %q", d.name, got, list)
		}
	})

	absent := firstWinnerIsAbsent(t, e, id, host, screen, room)
	secondWinnerClaims(t, e, id, host, screen, room, absent)
	third := liesAreNoticed(t, e, id, room, deceived)
	winIsGivenBack(t, host, screen, room[1:len(room)-1], third)

	late := newDevice(t, "latecomer", handheld, calm).open(e.JoinURL)
	late.shows("[data-receipt=draw][data-state=late]")
	if late.visible(".alarm") {
		t.Errorf("the latecomer's phone raises an alarm: %s", late.text(".alarm"))
	}
}

// addRaffleByHand fills in the console's dialog, and returns the raffle's id.
func addRaffleByHand(t *testing.T, e *event, host *device) int {
	t.Helper()
	host.click("#empty-raffle")
	for field, text := range map[string]string{"#edit-name": "Closing raffle", "#edit-prizes": "A keyboard\n\n  A mug \n"} {
		if err := host.Locator(field).Fill(text); err != nil {
			t.Fatal(err)
		}
	}
	host.click("#edit-save")
	host.shows("#order-list li")
	host.shows("#next[data-opens]")
	raffle := e.look().Activities[0]
	if raffle.Kind != "raffle" {
		t.Fatalf("the console added %+v, want a raffle", raffle)
	}
	return raffle.ID
}

// drawn draws once and waits until every phone has checked it.
func drawn(t *testing.T, e *event, id int, room []*device) contract.Winner {
	t.Helper()
	e.verb(id, "draw")
	return newestWinner(t, e, id, room)
}

func newestWinner(t *testing.T, e *event, id int, room []*device) contract.Winner {
	t.Helper()
	won := e.activity(id).Winners
	newest := won[0]
	for _, w := range won {
		if w.Draw > newest.Draw {
			newest = w
		}
	}
	each(room, func(_ int, d *device) {
		d.shows(fmt.Sprintf("[data-draw='%d'] .result", newest.Draw))
		d.shows("[data-receipt=draw][data-state=ok]")
		if d.visible(".alarm") {
			t.Errorf("%s raises an alarm: %s", d.name, d.text(".alarm"))
		}
	})
	return newest
}

// phoneOf finds the phone that holds a ticket.
func phoneOf(t *testing.T, room []*device, w contract.Winner) *device {
	t.Helper()
	short := strings.ToUpper(w.Ticket[:4] + "-" + w.Ticket[4:6])
	for _, d := range room {
		if d.text("[data-own-ticket]") == short {
			return d
		}
	}
	t.Fatalf("no phone holds the ticket %s", w.Ticket)
	return nil
}

// firstWinnerIsAbsent draws the first prize, and draws again for want of the winner.
func firstWinnerIsAbsent(t *testing.T, e *event, id int, host, screen *device, room []*device) contract.Winner {
	t.Helper()
	absent := drawn(t, e, id, room)
	screen.shows("[data-scene=drawn] .result .name")
	if got := screen.text(".result .kicker"); got != "Prize 1 of 2: A keyboard" {
		t.Errorf("the projector draws %q, want the first prize", got)
	}
	host.click("[data-redraw='" + absent.Ticket + "']:not([data-void])")
	host.shows("#redraw-dialog[open]")
	host.click("#redraw-form button[type=submit]:not([hidden])")
	host.shows(".voided li")
	second := newestWinner(t, e, id, room)
	if second.Ticket == absent.Ticket {
		t.Fatalf("the redraw gave the prize to %s again", absent.Ticket)
	}
	phoneOf(t, room, absent).shows(".if-back")
	return absent
}

// secondWinnerClaims follows the claim of the first prize over three views.
func secondWinnerClaims(t *testing.T, e *event, id int, host, screen *device, room []*device, absent contract.Winner) {
	t.Helper()
	won := e.activity(id).Winners
	if len(won) != 1 || won[0].Ticket == absent.Ticket {
		t.Fatalf("winners are %+v, want the one that was drawn for %s", won, absent.Ticket)
	}
	winner := phoneOf(t, room, won[0])
	winner.shows(".youwon")
	if got := winner.text("[data-own-prize]"); got != "A keyboard" {
		t.Errorf("%s won %q, want the first prize", winner.name, got)
	}
	winner.click("[data-claim-press]")
	winner.shows(".claim .digits")
	code := winner.text(".claim .digits")
	host.shows(".won .is-claiming .claim b")
	if got := host.text(".won .is-claiming .claim b"); got != code || len(code) != 5 {
		t.Errorf("the console compares %q with the phone's %q", got, code)
	}
	for _, d := range append([]*device{screen}, room...) {
		if d == winner {
			continue
		}
		for _, f := range d.received() {
			if strings.Contains(f, `"`+strings.ReplaceAll(code, " ", "")+`"`) {
				t.Errorf("%s was sent the claim's code", d.name)
			}
		}
	}
	winner.reload()
	winner.shows(".claim .digits")
	if got := winner.text(".claim .digits"); got != code {
		t.Errorf("after a reload the code is %q, was %q", got, code)
	}
	winner.shows("[data-receipt=draw][data-state=ok]")

	host.click("#confirm-" + won[0].Ticket)
	winner.shows(".claim-step.is-done")
	screen.shows(".pill .claimed")
	host.shows(".won .is-claimed")
}

// liesAreNoticed draws the second prize. One phone is served a record in which an
// earlier winner wins again, one is told in its frames that it won itself.
func liesAreNoticed(t *testing.T, e *event, id int, room []*device, deceived *device) contract.Winner {
	t.Helper()
	var first struct {
		Winners []json.RawMessage `json:"winners"`
	}
	call(t, "GET", e.api("/draws/1"), "", nil, 200, &first)
	misled := room[0]
	if err := misled.Route("**/draws/3", func(route playwright.Route) {
		go forgeRecord(t, route, first.Winners[0])
	}); err != nil {
		t.Fatal(err)
	}
	before := map[string]bool{}
	for _, w := range e.activity(id).Winners {
		before[w.Ticket] = true
	}
	var third contract.Winner
	e.verb(id, "draw")
	for _, w := range e.activity(id).Winners {
		if !before[w.Ticket] {
			third = w
		}
	}
	honest := room[1 : len(room)-1]
	each(honest, func(_ int, d *device) {
		d.shows("[data-draw='3'] .result")
		d.shows("[data-receipt=draw][data-state=ok]")
		if d.visible(".alarm") {
			t.Errorf("%s raises an alarm: %s", d.name, d.text(".alarm"))
		}
	})
	misled.shows(".alarm")
	if got := misled.text("[data-alarm-why]"); !strings.Contains(got, "other winners") {
		t.Errorf("%s says of the forged record: %q", misled.name, got)
	}

	// A false winner on the page itself, next to a true record.
	other := strings.Repeat("0123456789abcdef", 2)
	deceived.evaluate(`([truth, lie]) => { window.forgery = { truth, lie }; }`, []any{third.Ticket, other})
	e.verb(id, "confirm", map[string]any{"winner": third.Ticket}) // any news brings a frame, and a winner may be confirmed without a claim
	deceived.shows(".alarm")
	if got := deceived.text("[data-alarm-why]"); !strings.Contains(got, "0123-45") {
		t.Errorf("%s says of the forged frame: %q", deceived.name, got)
	}
	return third
}

// winIsGivenBack voids the second prize's win: no other is drawn, the first
// prize's winner stays, and what the phones checked still holds.
func winIsGivenBack(t *testing.T, host, screen *device, honest []*device, third contract.Winner) {
	t.Helper()
	host.click("#void-" + third.Ticket)
	host.shows("#redraw-dialog[open]")
	host.click("#redraw-form button[type=submit]:not([hidden])")
	host.hides("#void-" + third.Ticket)
	screen.holds("name => !document.querySelector('.result').textContent.includes(name)", third.Handle)
	each(honest, func(_ int, d *device) {
		d.holds("ticket => document.querySelector(`[data-voided='${ticket}']`) && !document.querySelector(`[data-ticket='${ticket}']`)", third.Ticket)
		d.shows("[data-receipt=draw][data-state=ok]")
		if d.visible(".alarm") {
			t.Errorf("%s raises an alarm: %s", d.name, d.text(".alarm"))
		}
	})
}

// forgeRecord answers with the record of a draw in which another one wins.
func forgeRecord(t *testing.T, route playwright.Route, winner json.RawMessage) {
	answer, err := route.Fetch()
	if err != nil {
		t.Errorf("fetch the record: %v", err)
		return
	}
	var record map[string]json.RawMessage
	body, err := answer.Body()
	if err == nil {
		err = json.Unmarshal(body, &record)
	}
	if err != nil {
		t.Errorf("read the record: %v", err)
		return
	}
	record["winners"] = json.RawMessage("[" + string(winner) + "]")
	forged, err := json.Marshal(record)
	if err == nil {
		err = route.Fulfill(playwright.RouteFulfillOptions{Response: answer, Body: forged})
	}
	if err != nil {
		t.Errorf("forge the record: %v", err)
	}
}

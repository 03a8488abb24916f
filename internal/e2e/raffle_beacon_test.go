//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"

	"drumroll/internal/beacon/beacontest"
	"drumroll/internal/contract"
)

// swaps are what a server could tell a phone in place of the truth, and what the phone
// has to say of it: a pattern of the frames, what stands there instead, and a part of
// the alarm.
var swaps = []struct{ name, truth, lie, alarm string }{
	{"pseudonym", `/("pseudonyms":\{"\d+":")[0-9a-f]{32}/g`, "$1" + strings.Repeat("0", 32), "not the one that it was told before"},
	{"size", `/"size":\d+/g`, `"size":99`, "number of tickets was changed"},
	{"round", `/"round":\d+/g`, `"round":1`, "told of the public round 1"},
	{"freeze hash", `/"hash":"[0-9a-f]{64}"/g`, `"hash":"` + strings.Repeat("ab", 32) + `"`, "told the freeze ABAB ABAB"},
}

// TestFairRafflesWithABeacon is two raffles with public randomness before 15 phones: a
// draw, a redraw, and a draw that is frozen again first, since somebody has won in the
// other raffle. Every phone checks all of it, and says what it checked. Each of four
// more phones is told one thing wrong, and notices.
func TestFairRafflesWithABeacon(t *testing.T) {
	beacon := beacontest.Start(t, beacontest.NewKey(t.Name(), time.Second, time.Now()))
	s := startServer(t, "--beacon", beacon.File(t))
	e := s.createEvent(t, "Gopher Meetup")
	first, second := e.addRaffle("A keyboard", 1).ID, e.addRaffle("A mug", 1).ID
	room := fillRoom(t, e, fairPhones)
	deceived := make([]*device, len(swaps))
	for i, swap := range swaps {
		d := newDevice(t, "phone told another "+swap.name, handheld, calm)
		script := forging + fmt.Sprintf("window.forgery = { truth: %s, lie: %q };", swap.truth, swap.lie)
		if err := d.AddInitScript(playwright.Script{Content: playwright.String(script)}); err != nil {
			t.Fatal(err)
		}
		deceived[i] = d.open(e.JoinURL)
		d.shows("#link[data-status=connected]")
	}
	screen := newDevice(t, "screen", size(1920, 1080), calm).open(e.ScreenURL)

	everybody := append(append([]*device{}, room...), deceived...)
	for _, id := range []int{second, first} {
		e.verb(id, "open")
		each(everybody, func(_ int, d *device) {
			d.click(fmt.Sprintf("[data-activity='%d'] .im-in", id))
			d.shows(fmt.Sprintf("[data-activity='%d'][data-in=yes]", id))
		})
		e.verb(id, "close")
		each(room, func(_ int, d *device) {
			d.shows(fmt.Sprintf("[data-activity='%d'] [data-receipt=ticket][data-state=ok]", id))
		})
	}
	screen.shows("[data-scene=frozen] .seal .pin .qr")
	compareByEye(t, e, first, screen, room)
	pinned := newDevice(t, "phone that scanned the projector", handheld, calm)
	pinned.open(s.url() + "/" + e.Code + "/verify#freeze=" + e.activity(first).Freeze.Hash)
	pinned.shows("#pinned[data-state=true]")

	winner := drawnAndChecked(t, e, first, room)
	pinned.open(s.url() + "/" + e.Code + "/verify?draw=1")
	pinned.shows("[data-step='told freeze'][data-state=true]")
	// The page knows drand's chain alone, and this test has one of its own.
	pinned.shows("[data-step=beacon][data-state=false]")
	e.verb(first, "redraw", map[string]any{"winner": winner.Ticket, "reason": "not here"})
	redrawn := checkedDraw(t, e, first, room, 2)
	if redrawn.Ticket == winner.Ticket {
		t.Errorf("the redraw gave the prize to %s again", winner.Ticket)
	}
	call(t, "POST", e.api("/current"), e.HostKey, map[string]any{"id": second}, 200, nil)
	drawnAndChecked(t, e, second, room)
	if f := e.activity(second).Freeze; f.Number != 2 {
		t.Errorf("the second raffle was drawn from freeze %d, want 2: somebody has won since", f.Number)
	}

	for i, swap := range swaps {
		d := deceived[i]
		d.shows(".alarm")
		if got := d.text("[data-alarm-why]"); !strings.Contains(got, swap.alarm) {
			t.Errorf("%s says %q, want %q in it", d.name, got, swap.alarm)
		}
	}
	late := newDevice(t, "latecomer", handheld, calm).open(e.JoinURL)
	late.shows("[data-receipt=draw][data-state=late]")
	if got := late.text("[data-receipt=draw]"); !strings.HasPrefix(got, "Not checked, because this phone came after the freeze.") {
		t.Errorf("the latecomer's phone says %q", got)
	}
	if late.visible(".alarm") {
		t.Errorf("the latecomer's phone raises an alarm: %s", late.text(".alarm"))
	}
}

// compareByEye looks for the freeze's 128 bits on the projector and on every phone.
func compareByEye(t *testing.T, e *event, id int, screen *device, room []*device) {
	t.Helper()
	hash := strings.ToUpper(e.activity(id).Freeze.Hash[:32])
	var groups []string
	for i := 0; i < len(hash); i += 4 {
		groups = append(groups, hash[i:i+4])
	}
	want := strings.Join(groups, " ")
	if got := screen.text(".seal div:nth-child(2) .fingerprint"); got != want {
		t.Errorf("the projector shows %q, want %q", got, want)
	}
	each(room, func(_ int, d *device) {
		if got := d.text(fmt.Sprintf("[data-activity='%d'] .prints div:nth-child(2) dd", id)); got != want {
			t.Errorf("%s shows %q, want %q", d.name, got, want)
		}
	})
}

// drawnAndChecked asks for a draw, and waits for its round and for every phone's check.
func drawnAndChecked(t *testing.T, e *event, id int, room []*device) contract.Winner {
	t.Helper()
	n := e.look().Draws + 1
	e.verb(id, "draw", map[string]any{"draw": n})
	return checkedDraw(t, e, id, room, n)
}

// checkedDraw waits for draw n, and until every phone has checked it and said how.
func checkedDraw(t *testing.T, e *event, id int, room []*device, n int) contract.Winner {
	t.Helper()
	eventually(t, completeFor, fmt.Sprintf("draw %d is made", n), func() bool { return e.activity(id).LastDraw == n })
	each(room, func(_ int, d *device) {
		section := fmt.Sprintf("[data-activity='%d'] ", id)
		d.shows(section + fmt.Sprintf("[data-draw='%d'] .result", n))
		d.shows(section + "[data-receipt=draw][data-state=ok]")
		got := d.text(section + "[data-receipt=draw]")
		for _, part := range []string{"the promise, the freeze, the public round", "who came up", "Not checked: the beacon’s signature"} {
			if !strings.Contains(got, part) {
				t.Errorf("%s says of draw %d: %q, want %q in it", d.name, n, got, part)
			}
		}
		if d.visible(".alarm") {
			t.Errorf("%s raises an alarm: %s", d.name, d.text(".alarm"))
		}
	})
	for _, w := range e.activity(id).Winners {
		if w.Draw == n {
			return w
		}
	}
	t.Fatalf("draw %d has no winner", n)
	return contract.Winner{}
}

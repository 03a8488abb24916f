//go:build e2e

package e2e

import "testing"

// A scale from the console's dialog to the mean on the projector: made by hand,
// answered live and offline, changed, and reloaded.
func TestScale(t *testing.T) {
	s := startServer(t)
	e := s.createEvent(t, "Pace")
	host := newDevice(t, "host").open(e.HostURL)
	id := addScaleByHand(t, e, host)
	e.verb(id, "open")

	screen := newDevice(t, "screen", size(1280, 720)).open(e.ScreenURL)
	screen.shows("[data-mean]")
	phone := newDevice(t, "phone", handheld).open(e.JoinURL)
	phone.tolerate(away...)
	other := newDevice(t, "other phone", handheld).open(e.JoinURL)
	vote(phone, id, -1)
	vote(other, id, 2)
	for _, d := range []*device{screen, host, phone} {
		d.holds("mean => document.querySelector('[data-mean]').textContent === mean", "0.50")
	}
	screen.holds("() => document.querySelector('[data-rise$=\":0\"]').getAttribute('height') === '100%'", nil)

	phone.offline(true)
	phone.hides(connected)
	phone.click(option(id, 1))
	phone.shows(option(id, 1) + "[data-mark=kept]")
	phone.offline(false)
	phone.shows(option(id, 1) + counted)
	phone.reload()
	phone.shows(option(id, 1) + counted)
	if said := phone.text("[data-said]"); said != "1: ✓ counted" {
		t.Errorf("the phone says %q, want that 1 is counted", said)
	}
	screen.holds("mean => document.querySelector('[data-mean]').textContent === mean", "1.50")
	if got := e.activity(id); got.Entries != 2 || got.Counts[2] != 1 || got.Counts[3] != 1 {
		t.Errorf("the tally is %+v, want one vote each for 1 and 2", got)
	}

	e.verb(id, "close")
	phone.hides(".point")
	if said := phone.text("[data-said]"); said != "1: ✓ your vote" {
		t.Errorf("after the close the phone says %q", said)
	}
}

// addScaleByHand makes a scale from -1 to 2 in the console's dialog, and returns its id.
func addScaleByHand(t *testing.T, e *event, host *device) int {
	t.Helper()
	host.click("#empty-scale")
	fill := func(field, text string) {
		if err := host.Locator(field).Fill(text); err != nil {
			t.Fatal(err)
		}
	}
	fill("#edit-name", "How was the pace?")
	fill("#edit-from", "-1")
	fill("#edit-to", "10")
	fill("#edit-low", "Too slow")
	host.click("#edit-save")
	host.shows("#edit-to[aria-invalid=true]") // twelve points
	fill("#edit-to", "2")
	host.click("#edit-save")
	host.shows("#edit-high[aria-invalid=true]") // one label alone
	fill("#edit-high", "Too fast")
	host.click("#edit-save")
	host.shows("#order-list li")
	scale := e.look().Activities[0]
	if scale.Kind != "scale" || scale.Title != "How was the pace?" {
		t.Fatalf("the console added %+v, want a scale", scale)
	}
	return scale.ID
}

//go:build e2e

package e2e

import (
	"fmt"
	"testing"

	"drumroll/internal/contract"
)

// A host runs a whole evening without a mouse: makes the event, adds a poll and a
// raffle, and takes every step with the keyboard or a presenter clicker.
func TestHostByKeyboardAlone(t *testing.T) {
	s := startServer(t)
	host := newDevice(t, "host", calm).open(s.url() + "/")
	focus := func(selector string) {
		t.Helper()
		for range 60 {
			host.press("Tab")
			if host.evaluate(`s => document.activeElement?.matches(s)`, selector) == true {
				return
			}
		}
		t.Fatalf("Tab never reaches %s\n%s", selector, host.body())
	}
	write := func(text string) {
		t.Helper()
		if err := host.Keyboard().Type(text); err != nil {
			t.Fatal(err)
		}
	}
	focus("#title")
	write("Keyboard night")
	host.press("Enter")
	host.shows("body[data-link=connected]")

	host.press("a") // add a poll
	host.shows("#edit-dialog[open]")
	write("Tea or coffee?")
	focus("#edit-options input, #edit-options textarea")
	write("Tea")
	host.press("Tab")
	host.holds(`() => document.activeElement?.closest("#edit-options") !== null`, nil)
	for host.evaluate(`() => document.activeElement?.matches("input, textarea")`) != true {
		host.press("Tab")
	}
	write("Coffee")
	focus("#edit-save")
	host.press("Enter")
	host.hides("#edit-dialog[open]")
	host.shows("[data-kind=poll][data-state=draft]")

	focus("#add-raffle")
	host.press("Enter")
	host.shows("#edit-dialog[open]")
	write("A mug")
	focus("#edit-save")
	host.press("Enter")
	host.shows("[data-kind=raffle][data-state=draft]")
	host.evaluate("() => document.activeElement.blur()")

	code := host.evaluate("() => document.body.dataset.code").(string)
	phone := newDevice(t, "phone", handheld, calm).open(s.url() + "/" + code)
	phone.shows(connected)

	step := host.step
	step("PageDown", "[data-kind=poll][data-state=open]")
	phone.shows("[data-kind=poll][data-state=open]")
	phone.click("[data-option='1']")
	phone.shows("[data-option='1']" + counted)
	step("Space", "[data-kind=poll][data-state=closed]")
	step("PageDown", "[data-kind=poll][data-state=revealed]")
	step("PageDown", "[data-kind=raffle][data-state=open]")
	phone.click(".im-in")
	phone.shows(".ticket")
	step("Space", "[data-kind=raffle][data-state=closed]")
	step("PageUp", "[data-kind=raffle][data-state=drawn], #next[data-armed]") // arms
	if host.visible("[data-kind=raffle][data-state=drawn]") {
		t.Errorf("one press drew the raffle; it takes two")
	}
	step("PageDown", "[data-kind=raffle][data-state=drawn]")
	phone.shows(".youwon")
	if winner, who := host.text(".won li b"), phone.text("[data-who]"); winner != who {
		t.Errorf("the console says that %q won, the phone is %q", winner, who)
	}

	// While something is typed, a space is a space.
	var e contract.Event
	call(t, "GET", fmt.Sprintf("%s/api/v1/events/%s", s.url(), code), "", nil, 200, &e)
	if len(e.Activities) != 2 {
		t.Errorf("there are %d activities, want 2", len(e.Activities))
	}
}

// step presses a key until what should come of it is there. A press right after
// the next step has become another one is a bounce, and ignored; a person presses
// again.
func (d *device) step(key, want string) {
	d.t.Helper()
	before := d.attribute("#next", "data-next")
	d.holds(`() => document.querySelector("#next").disabled === false`, nil)
	for range 40 {
		d.press(key)
		if d.evaluate(`async s => {
			for (let i = 0; i < 10; i++) {
				if (document.querySelector(s)) return true;
				await new Promise((done) => setTimeout(done, 25));
			}
			return false;
		}`, want) == true {
			return
		}
		if now := d.attribute("#next", "data-next"); now != before {
			d.shows(want)
			return
		}
	}
	d.t.Fatalf("%s from step %q never led to %s\n%s", key, before, want, d.body())
}

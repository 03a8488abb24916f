//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// The host asks what the server can bear, from the menu and without a script of
// the test's: the dialog says it in words, and again when asked again.
func TestCheckThisServer(t *testing.T) {
	s := startServer(t)
	e := s.createEvent(t, "Tonight")
	host := newDevice(t, "host", calm).open(e.HostURL)
	host.shows("body[data-link=connected]")
	host.click("[popovertarget=more-menu]")
	host.click("#show-check")
	for range 2 {
		host.shows("#check-list li:nth-child(3)")
		host.hides("#check-wait")
		says := host.text("#check-list")
		for _, want := range []string{"durable after", "Room for about"} {
			if !strings.Contains(says, want) {
				t.Errorf("the dialog says %q, want %q in it", says, want)
			}
		}
		host.click("#check-again")
	}
	host.click("#check-dialog [data-close]")
	host.hides("#check-dialog[open]")
}

package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// TestRevokedRemote: a revoked remote's open socket ends, and is sent nothing more.
func TestRevokedRemote(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{})
	s := n.create(t, "Remotes")
	var remote struct {
		ID  int
		Key string
	}
	s.host.api("POST", s.path("/remotes"), map[string]string{"label": "phone"}).want(http.StatusCreated).into(&remote)
	w := s.dial(t, "host", remote.Key)
	w.next("state")
	s.host.api("DELETE", s.path(fmt.Sprintf("/remotes/%d", remote.ID)), nil).want(http.StatusNoContent)
	s.poll("Hidden from it", "hidden", "A", "B")
	if code := w.closed(); code != websocket.StatusServiceRestart {
		t.Errorf("closed with %d", code)
	}
	if strings.Contains(w.all(), "Hidden from it") {
		t.Error("a revoked remote was sent a draft")
	}
	s.refusedDial(t, "host", remote.Key, http.StatusUnauthorized)
}

// TestStrangersKeepTheAddress: screens that strangers open under invented names do
// not change what the projector shows.
func TestStrangersKeepTheAddress(t *testing.T) {
	t.Parallel()
	n := embedded(t, setup{})
	s := n.create(t, "QR")
	s.dial(t, "host", s.HostKey).next("state")
	for i := range 40 {
		w, _, err := s.open(t, "?view=screen", &websocket.DialOptions{Host: fmt.Sprintf("stranger%d.example", i)})
		if err != nil {
			t.Fatal(err)
		}
		w.next("state")
	}
	address := strings.TrimPrefix(s.URL, "http://")
	if state := s.dial(t, "screen", "").next("state"); !strings.Contains(state.raw, address) {
		t.Errorf("the projector shows another address than %s", address)
	}
}

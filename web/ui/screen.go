package ui

import (
	"strings"

	"drumroll/internal/event"
)

// playing is the activity on the projector; nil between activities, and while a
// draft is on, which only the host sees.
func (s Screen) playing() *event.Activity {
	if a := s.Event.onShow(); a != nil && a.State != event.Draft {
		return a
	}
	return nil
}

// scene names what the projector plays, one word for its style sheet.
func (s Screen) scene() string {
	if a := s.playing(); a != nil {
		return kinds[a.Kind].scene(a)
	}
	return "join"
}

func joinStatus(e *Event) string {
	if len(e.Draws) > 0 || e.Joined > 0 {
		return "You're in the right place. It goes on in a moment."
	}
	return "Be the first one in."
}

// verifyPath is the part of VerifyURL that people type after the host.
func verifyPath(e *Event) string {
	return strings.TrimPrefix(e.VerifyURL[max(0, strings.Index(e.VerifyURL, "://")+3):], e.JoinHost)
}

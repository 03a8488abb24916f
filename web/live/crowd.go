package live

import (
	"time"

	"drumroll/internal/event"
	"drumroll/internal/rehearse"
	"drumroll/internal/replica"
	"drumroll/web/crowd"
	"drumroll/web/problem"
	"drumroll/web/ui"
)

// Crowd is the state of a rehearsal's crowd as far as this node can tell.
func (s *Sockets) Crowd(rep *replica.Replica, uid event.UID) crowd.State {
	c := s.Crowds.State(uid)
	if c.State == crowd.None && s.room(rep).elsewhere.Load() > 0 {
		c.State = crowd.Elsewhere
	}
	return c
}

// CrowdModel is what the console says of it; nil of an event that is for real.
func (s *Sockets) CrowdModel(rep *replica.Replica, snap event.Snapshot) *ui.Crowd {
	if !snap.Rehearsal {
		return nil
	}
	c := s.Crowd(rep, snap.UID)
	out := &ui.Crowd{
		Of: snap.Of, State: c.State, Phones: c.Phones, Connected: c.Connected, Accepted: int(c.Accepted),
		PerSecond: int(c.PerSecond + 0.5), P99MS: int((c.P99 + time.Millisecond - 1) / time.Millisecond), Checks: rehearse.Checks(),
	}
	for _, f := range c.Failed {
		out.Failed = append(out.Failed, f.Name)
	}
	if !c.Leaves.IsZero() {
		out.LeavesMS = max(0, time.Until(c.Leaves).Milliseconds())
	}
	if c.Err != nil {
		out.Error = problem.Sentence(c.Err.Error())
	}
	return out
}

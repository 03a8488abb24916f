package rehearsal

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/replica"
	"drumroll/web/crowd"
	"drumroll/web/kinds"
	"drumroll/web/session"
)

// clone makes a rehearsal of an event: an event of its own with the same title,
// activities and policy of names, all of them drafts. The event is read, and
// nothing is written to it.
func (s *Service) clone(ctx context.Context, of event.Snapshot, key string) (*replica.Replica, error) {
	var uid event.UID
	_, _ = rand.Read(uid[:]) // never fails (crypto/rand)
	c := event.Creation{Title: of.Title, Names: of.Names, Rehearsal: true, Of: of.Code, HostKey: session.HashKey(key), Ms: uint64(time.Now().UnixMilli())}
	if err := s.API.Register(ctx, uid, &c); err != nil {
		return nil, err
	}
	rep, err := s.Replicas.Open(ctx, c.Code)
	if err == nil {
		err = copyActivities(ctx, rep, of, time.Now())
	}
	if err != nil {
		s.Crowds.Discard(context.WithoutCancel(ctx), c.Code, uid)
		return nil, fmt.Errorf("clone event %s: %w", of.Code, err)
	}
	return rep, nil
}

// copyActivities adds an event's activities in their running order. Their ids are
// others in the clone, so what names one is put in when all have theirs.
func copyActivities(ctx context.Context, rep *replica.Replica, of event.Snapshot, now time.Time) error {
	ids := map[int]int{} // in the clone, by those in the event
	for i := range of.Activities {
		spec := kinds.Alone(of.Activities[i].Spec, now.Add(crowd.Stays))
		settled, err := rep.Propose(ctx, &event.Command{Type: event.CmdAdd, Spec: &spec})
		if err != nil {
			return err
		}
		ids[of.Activities[i].ID] = settled.ID
	}
	for i := range of.Activities {
		a := &of.Activities[i]
		spec, named := kinds.Renumbered(a.Spec, ids)
		if !named {
			continue
		}
		if _, err := rep.Propose(ctx, &event.Command{Type: event.CmdEdit, Activity: ids[a.ID], Spec: &spec}); err != nil {
			return err
		}
	}
	return nil
}

// clonesOf are the rehearsals of an event that this node or the caller's browser
// knows.
func (s *Service) clonesOf(r *http.Request, code string) map[string]event.UID {
	found := map[string]event.UID{}
	note := func(rep *replica.Replica) {
		if snap, _ := rep.Snapshot(); snap.Rehearsal && snap.Of == code {
			found[snap.Code] = snap.UID
		}
	}
	s.Sessions.EachHosted(r, note)
	for _, known := range s.Crowds.ClonesOf(code) {
		if rep, err := s.Replicas.Open(r.Context(), known); err == nil {
			note(rep)
		}
	}
	return found
}

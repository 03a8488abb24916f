package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"time"

	"drumroll/internal/event"
	"drumroll/internal/replica"
)

// cloneLives is how long a rehearsal that nobody ended is kept.
const cloneLives = 24 * time.Hour

// expiryAgain is how long after a deletion that failed it is tried again.
const expiryAgain = time.Minute

// clone makes a rehearsal of an event: an event of its own with the same title,
// activities and policy of names, all of them drafts. The event is read, and
// nothing is written to it.
func (s *Server) clone(ctx context.Context, of event.Snapshot, key string) (*replica.Replica, error) {
	var uid event.UID
	_, _ = rand.Read(uid[:]) // never fails (crypto/rand)
	c := event.Creation{Title: of.Title, Names: of.Names, Rehearsal: true, Of: of.Code, HostKey: hashKey(key), Ms: uint64(time.Now().UnixMilli())}
	if err := s.register(ctx, uid, &c); err != nil {
		return nil, err
	}
	rep, err := s.cfg.Replicas.Open(ctx, c.Code)
	if err == nil {
		err = copyActivities(ctx, rep, of, time.Now())
	}
	if err != nil {
		s.discard(context.WithoutCancel(ctx), c.Code, uid)
		return nil, fmt.Errorf("clone event %s: %w", of.Code, err)
	}
	return rep, nil
}

// copyActivities adds an event's activities in their running order. Their ids are
// others in the clone, so what names one is put in when all have theirs.
func copyActivities(ctx context.Context, rep *replica.Replica, of event.Snapshot, now time.Time) error {
	ids := map[int]int{} // in the clone, by those in the event
	for i := range of.Activities {
		spec := withoutEligible(of.Activities[i].Spec, now.Add(crowdStays))
		settled, err := rep.Propose(ctx, &event.Command{Type: event.CmdAdd, Spec: &spec})
		if err != nil {
			return err
		}
		ids[of.Activities[i].ID] = settled.ID
	}
	for i := range of.Activities {
		a := &of.Activities[i]
		spec := a.Spec
		if spec.Raffle == nil {
			continue
		}
		part, known := ids[spec.Raffle.Eligible.TookPart]
		if !known {
			continue
		}
		raffle := *spec.Raffle
		raffle.Eligible.TookPart, raffle.Eligible.JoinedBefore = part, 0
		spec.Raffle = &raffle
		if _, err := rep.Propose(ctx, &event.Command{Type: event.CmdEdit, Activity: ids[a.ID], Spec: &spec}); err != nil {
			return err
		}
	}
	return nil
}

// withoutEligible takes out of a spec what names another activity, or a moment
// before the crowd comes: nobody could win.
func withoutEligible(spec event.Spec, comes time.Time) event.Spec {
	if spec.Raffle == nil {
		return spec
	}
	raffle := *spec.Raffle
	raffle.Eligible.TookPart = 0
	if raffle.Eligible.JoinedBefore < uint64(comes.UnixMilli()) {
		raffle.Eligible.JoinedBefore = 0
	}
	spec.Raffle = &raffle
	return spec
}

// clonesOf are the rehearsals of an event that this node or the caller's browser
// knows.
func (s *Server) clonesOf(r *http.Request, code string) map[string]event.UID {
	found := map[string]event.UID{}
	note := func(rep *replica.Replica) {
		if snap, _ := rep.Snapshot(); snap.Rehearsal && snap.Of == code {
			found[snap.Code] = snap.UID
		}
	}
	s.eachHosted(r, note)
	for _, known := range s.crowds.clonesOf(code) {
		if rep, err := s.cfg.Replicas.Open(r.Context(), known); err == nil {
			note(rep)
		}
	}
	return found
}

// discard deletes a rehearsal; false where that failed. An event that has taken its
// code since stays.
func (s *Server) discard(ctx context.Context, code string, uid event.UID) bool {
	rep, err := s.cfg.Replicas.Open(ctx, code)
	if err == nil && uidOf(rep) == uid {
		err = s.cfg.Replicas.Delete(ctx, rep)
	}
	if err != nil && toProblem(err).Status != http.StatusNotFound {
		s.cfg.Logger.Warn("a rehearsal could not be deleted", "event", code, "err", err)
		return false
	}
	s.crowds.forget(uid)
	return true
}

// mind keeps an eye on a clone that this node holds: it is deleted when its day
// is over.
func (s *Server) mind(snap event.Snapshot) {
	s.crowds.mind(&snap, func() {
		ctx, cancel := context.WithTimeout(context.Background(), syncTimeout)
		defer cancel()
		s.cfg.Logger.Info("rehearsal expired", "event", snap.Code)
		if !s.discard(ctx, snap.Code, snap.UID) {
			s.crowds.expireAgain(snap.UID, expiryAgain)
		}
	})
}

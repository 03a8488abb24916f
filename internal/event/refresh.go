package event

import (
	"slices"
	"strconv"
)

// Backstage rises whenever something changed that only the host is shown.
func (s *State) Backstage() uint64 { return s.backstage }

// Refresh returns a snapshot of this state with the present numbers: those of people
// and of open activities, the only ones that move without a change of structure. The
// snapshot, or what Public or OnAir made of it, must be of the present Structure, and
// if it is the host's, of the present Backstage as well. It is not changed.
func (s *State) Refresh(snap Snapshot) Snapshot {
	snap.Joined, snap.At, snap.Ms, snap.Backstage = s.people.ids.len, s.at, max(s.at.Ms, s.createdMs), s.backstage
	snap.Activities = slices.Clone(snap.Activities)
	for i := range snap.Activities {
		v := &snap.Activities[i]
		if v.State != Open {
			continue
		}
		hidden := v.Counts == nil
		a := s.findActivity(v.ID)
		a.kind.numbers(a, v)
		if hidden {
			v.Counts = nil
		}
	}
	return snap
}

// AppendNumbers appends the members of a tick that tell of the activity, as JSON:
// "entries", and what its kind counts.
func (a *Activity) AppendNumbers(dst []byte) []byte {
	dst = strconv.AppendInt(append(dst, `"entries":`...), int64(a.Entries), 10)
	return kinds[a.Kind].appendNumbers(dst, a)
}

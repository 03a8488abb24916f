package kinds

import (
	"cmp"
	"time"

	"drumroll/internal/contract"
	"drumroll/internal/event"
)

// Event is a snapshot in the contract's JSON, with all that stands in it.
func Event(snap event.Snapshot, connected int, now time.Time) contract.Event {
	e := contract.Event{
		Code: snap.Code, Title: snap.Title, Offset: snap.At.String(),
		People:     contract.People{Connected: connected, Joined: snap.Joined},
		Activities: make([]contract.Activity, len(snap.Activities)),
		Names:      snap.Names, Rehearsal: snap.Rehearsal, Draws: len(snap.Draws),
	}
	if snap.Current != 0 {
		e.Current = &snap.Current
	}
	for i := range snap.Activities {
		e.Activities[i] = Activity(&snap.Activities[i], now)
	}
	for _, r := range snap.Remotes {
		e.Remotes = append(e.Remotes, contract.Remote(r))
	}
	for _, p := range snap.People {
		e.Named = append(e.Named, contract.Person{ID: p.ID.String(), Name: p.Name, Handle: p.Handle, Hidden: p.Hidden})
	}
	return e
}

// HostEvent is an event as its host is shown it.
func (n *Node) HostEvent(snap event.Snapshot, connected int, now time.Time) contract.Event {
	e := Event(snap, connected, now)
	if at, ok := n.Expires(snap); ok {
		at = at.UTC().Truncate(time.Second)
		e.ExpiresAt = &at
	}
	return e
}

// Expires is when the Log forgets an event, if nothing more is done in it: false
// where it never does.
func (n *Node) Expires(snap event.Snapshot) (time.Time, bool) {
	if n.Retention <= 0 {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(snap.Ms)).Add(n.Retention), true
}

var statusWords = map[event.Status]string{
	event.Counted: contract.Counted, event.Changed: contract.Changed, event.Unchanged: contract.Unchanged, event.TooLate: contract.Late,
}

// StatusWord is the contract's word for what became of an entry.
func StatusWord(s event.Status) string { return cmp.Or(statusWords[s], contract.Invalid) }

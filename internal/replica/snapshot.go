package replica

import (
	"sync"

	"drumroll/internal/event"
)

// snapshots keeps the newest snapshot for each kind of viewer. One is made when the
// structure of the state has changed, and shared by all who ask until the next
// change; between changes only its numbers are refreshed.
type snapshots struct {
	mu                  sync.Mutex // taken with Replica.mu held for reading
	host, public, onAir cachedSnapshot
}

type cachedSnapshot struct {
	version snapshotVersion
	snap    event.Snapshot
}

type snapshotVersion struct{ epoch, structure, backstage uint64 }

// Snapshot is the present state as the host may see it. Epoch rises when the log was
// rewound. What the snapshot points to is shared and must not be changed.
func (r *Replica) Snapshot() (snap event.Snapshot, epoch uint64) {
	return r.snapshot(&r.snapshots.host, true, (*event.State).Snapshot)
}

// Public is the present state as everybody may see it. It is shared like a Snapshot.
func (r *Replica) Public() event.Snapshot {
	snap, _ := r.snapshot(&r.snapshots.public, false, func(s *event.State) event.Snapshot { return s.Snapshot().Public() })
	return snap
}

// OnAir is what phones and screens are sent of the present state. It is shared like a
// Snapshot.
func (r *Replica) OnAir() (snap event.Snapshot, epoch uint64) {
	return r.snapshot(&r.snapshots.onAir, false, func(s *event.State) event.Snapshot { return s.Snapshot().OnAir() })
}

// snapshot returns the cached snapshot with present numbers. backstage: it shows what
// only the host is shown.
func (r *Replica) snapshot(cached *cachedSnapshot, backstage bool, take func(*event.State) event.Snapshot) (event.Snapshot, uint64) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	r.snapshots.mu.Lock()
	defer r.snapshots.mu.Unlock()
	present := snapshotVersion{epoch: r.epoch, structure: r.state.Structure()}
	if backstage {
		present.backstage = r.state.Backstage()
	}
	if cached.version != present {
		cached.version, cached.snap = present, take(r.state)
	}
	return r.state.Refresh(cached.snap), r.epoch
}

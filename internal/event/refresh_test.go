package event

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A snapshot of the present structure, refreshed, is the one that would be made now, for
// everybody who looks; and refreshing changes nothing that was shown before.
func TestRefreshedSnapshotIsAFreshOne(t *testing.T) {
	views := map[string]func(Snapshot) Snapshot{
		"host": func(s Snapshot) Snapshot { return s }, "public": Snapshot.Public, "on air": Snapshot.OnAir,
	}
	refreshed := 0
	for seed := range uint64(splitSeeds) {
		s := New()
		var res Result
		type version struct{ structure, backstage uint64 }
		versions, kept := map[string]version{}, map[string]Snapshot{}
		for _, r := range randomLog(t, seed, splitRecords) {
			if err := s.Apply(r.at, r.data, &res); err != nil {
				t.Fatalf("Apply at %v: %v", r.at, err)
			}
			for _, work := range s.TakeWork() {
				work()
				s.Touch()
			}
			for name, view := range views {
				present := version{structure: s.Structure()}
				if name == "host" {
					present.backstage = s.Backstage()
				}
				fresh := view(s.Snapshot())
				if versions[name] != present {
					versions[name], kept[name] = present, fresh
					continue
				}
				refreshed++
				if diff := cmp.Diff(fresh, s.Refresh(kept[name])); diff != "" {
					t.Fatalf("seed %d, at %v, %s (-fresh +refreshed):\n%s", seed, r.at, name, diff)
				}
			}
		}
	}
	if refreshed < 100 {
		t.Errorf("only %d snapshots were refreshed", refreshed)
	}
}

func TestRefreshLeavesTheSnapshotAlone(t *testing.T) {
	j := newJournal(t, false)
	id := j.addPoll(Live, 1, "a", "b")
	j.open(id)
	before := j.s.Snapshot()
	j.one(vote(1, id, 1, 1, 0))
	if after := j.s.Refresh(before); after.Activities[0].Entries != 1 || after.Activities[0].Counts[0] != 1 || after.Joined != 1 {
		t.Errorf("refreshed: %+v", after)
	}
	if a := before.Activities[0]; a.Entries != 0 || a.Counts[0] != 0 {
		t.Errorf("the snapshot of before now shows %+v", a)
	}
}

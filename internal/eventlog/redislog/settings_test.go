package redislog

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// sound are settings that lose nothing.
func sound() settings {
	return settings{
		addr: "a:1", version: "7.0.15", appendOnly: "yes", sync: "always", restRewrite: "no",
		snapshots: true, policy: "noeviction", memory: "0", minReplicas: "0",
	}
}

func TestRisks(t *testing.T) {
	for name, c := range map[string]struct {
		change   func(*settings)
		lossless bool
		says     []string // in the clauses, in order; one each
	}{
		"sound":                  {func(*settings) {}, true, nil},
		"always with a rest":     {func(s *settings) { s.restRewrite = "yes" }, false, []string{"no-appendfsync-on-rewrite yes"}},
		"everysec":               {func(s *settings) { s.sync = "everysec" }, false, []string{"up to 2 s"}},
		"never synced":           {func(s *settings) { s.sync, s.restRewrite = "no", "yes" }, false, []string{"appendfsync no"}},
		"memory alone":           {func(s *settings) { s.appendOnly = "no" }, false, []string{"loses every event"}},
		"snapshots":              {func(s *settings) { s.appendOnly, s.save = "no", "60 1" }, false, []string{"save 60 1"}},
		"evicting":               {func(s *settings) { s.policy, s.memory = "allkeys-lru", "1000" }, false, []string{"allkeys-lru"}},
		"evicting what expires":  {func(s *settings) { s.policy, s.memory = "volatile-ttl", "1000" }, false, []string{"volatile-ttl"}},
		"a policy without limit": {func(s *settings) { s.policy = "allkeys-lru" }, true, nil},
		"two at once":            {func(s *settings) { s.sync, s.policy, s.memory = "everysec", "allkeys-lru", "9" }, false, []string{"everysec", "allkeys-lru"}},
		"a replica":              {func(s *settings) { s.replicas, s.minReplicas = 1, "1" }, true, []string{"failover"}},
		"an optional replica":    {func(s *settings) { s.replicas = 1 }, true, []string{"min-replicas-to-write 0"}},
		"a replica, unheeded": {func(s *settings) { s.version, s.replicas, s.minReplicas = "6.2.14", 1, "1" }, true,
			[]string{"cut off (Redis 6.2.14 does not obey min-replicas-to-write"}},
		"CONFIG forbidden": {func(s *settings) { s.sync, s.restRewrite, s.snapshots = "", "", false }, false, []string{"appendfsync cannot be read"}},
		"all forbidden":    {func(s *settings) { *s = settings{addr: "a:1"} }, false, []string{"persistence cannot be read", "maxmemory-policy cannot be read"}},
		"memory, CONFIG forbidden": {func(s *settings) { s.appendOnly, s.snapshots = "no", false }, false,
			[]string{"since its last snapshot, if it makes any"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := sound()
			c.change(&s)
			got, lossless := s.risks()
			if lossless != c.lossless {
				t.Errorf("lossless: %v", lossless)
			}
			if len(got) != len(c.says) {
				t.Fatalf("clauses %q, want %d", got, len(c.says))
			}
			for i, want := range c.says {
				if !strings.Contains(got[i], want) {
					t.Errorf("clause %q, want %q in it", got[i], want)
				}
			}
		})
	}
}

func TestTooOld(t *testing.T) {
	for version, want := range map[string]bool{
		"5.0.14": true, "6.0.16": true, "6.1.240": true, "6.2.0": false, "6.2": false, "7.0.15": false,
		"8.2.1": false, "10.0.0": false, "": false, "unstable": false, "255.255.255": false,
	} {
		if got := (&settings{version: version}).before(oldestMajor, oldestMinor); got != want {
			t.Errorf("version %q: too old is %v, want %v", version, got, want)
		}
	}
}

// TestJudgeSettings: masters with the same settings are reported once.
func TestJudgeSettings(t *testing.T) {
	good, a, b, c := sound(), sound(), sound(), sound()
	a.addr, b.addr, c.addr = "a:1", "b:1", "c:1"
	a.sync, b.sync, c.sync = "everysec", "no", "everysec"
	if got := judgeSettings([]settings{good}); !got.Lossless || got.String() != "" {
		t.Errorf("sound: %+v", got)
	}
	got := judgeSettings([]settings{a, b, good, c})
	want := Durability{Risks: []string{
		"Redis at a:1, c:1: appendfsync everysec: a crash of Redis can take back up to 2 s of acknowledged entries",
		"Redis at b:1: appendfsync no: a power cut can take back what was acknowledged in the last half minute or more",
	}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Durability{})); diff != "" {
		t.Errorf("judge (-want +got):\n%s", diff)
	}
}

//go:build e2e

package faults

import (
	"math/rand/v2"
	"os"
	"regexp"
	"testing"
	"time"
)

// faults is the list.
func faults() []fault {
	return []fault{
		{name: "node-kill-embedded", nodes: 1, store: embedded, strike: killNode, seeds: 4},
		{name: "node-kill-redis", nodes: 2, store: standalone(), strike: killNode, seeds: 4},
		{name: "node-stop", nodes: 2, store: standalone(), strike: stopNode, seeds: 3},
		{name: "node-term-rolling", nodes: 3, store: standalone(), strike: roll, seeds: 3},
		{name: "redis-kill-always", nodes: 2, store: standalone(), strike: killRedis, seeds: 4},
		{name: "redis-kill-everysec", nodes: 2, store: standalone("appendfsync", "everysec"), strike: killRedis, lossy: true, seeds: 3},
		{name: "redis-stop", nodes: 2, store: standalone(), strike: stopRedis, seeds: 3},
		{name: "redis-full", nodes: 2, store: standalone("maxmemory-policy", "noeviction"), strike: fillRedis, seeds: 3},
		{name: "redis-reply-reset", nodes: 2, store: standalone(), strike: dropReplies, seeds: 4},
		{name: "redis-link-cut", nodes: 2, store: standalone(), strike: cutLink, seeds: 3},
		{name: "cluster-failover", nodes: 2, store: cluster, strike: loseMaster, lossy: true, seeds: 3},
		{name: "sentinel-failover", nodes: 2, store: watched, strike: loseWatched, lossy: true, seeds: 3},
		{name: "duplicates-racing", nodes: 2, store: standalone(), play: duplicate, seeds: 3},
		{name: "file-damaged-embedded", nodes: 1, store: embedded, play: damageLog, seeds: 3},
		{name: "disk-full-embedded", nodes: 1, store: embedded, strike: fillDisk, seeds: 4},
	}
}

// small and big are the scales of the two forms.
func small() scale {
	return scale{phones: 40, before: 800 * time.Millisecond, after: 500 * time.Millisecond, hold: 4 * time.Second, entries: 300}
}

func big() scale {
	return scale{phones: 300, before: 3 * time.Second, after: 2 * time.Second, hold: 10 * time.Second, entries: 10_000}
}

// TestFaults breaks things. See the package's comment for its flags.
func TestFaults(t *testing.T) {
	which := regexp.MustCompile(option[string]("fault"))
	long, seed := option[bool]("long"), option[uint64]("seed")
	results := &table{}
	t.Run("all", func(t *testing.T) {
		for _, f := range faults() {
			if !which.MatchString(f.name) {
				continue
			}
			runs, scale := 1, small()
			if long {
				runs, scale = f.seeds, big()
			}
			if seed != 0 {
				runs = 1
			}
			for range runs {
				seed := seed
				if seed == 0 {
					seed = uint64(rand.Uint32())
				}
				t.Run(f.name, func(t *testing.T) {
					if !long {
						t.Parallel()
					}
					runFault(t, f, seed, scale, results)
				})
			}
		}
	})
	results.print(os.Stdout)
}

func runFault(t *testing.T, f fault, seed uint64, scale scale, results *table) {
	t.Logf("seed %d", seed)
	dir, err := os.MkdirTemp("", "drumroll-faults-"+f.name+"-")
	if err != nil {
		t.Fatal(err)
	}
	r := &run{t: t, fault: f, seed: seed, scale: scale, random: rand.New(rand.NewPCG(seed, 1)), dir: dir, failed: map[string]int{}}
	defer r.keepLogs()
	defer results.add(r)
	if f.play != nil {
		f.play(r)
	} else {
		r.do()
	}
}

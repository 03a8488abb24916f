package redislog

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
)

// The oldest Redis that knows all our commands: XADD … NOMKSTREAM came with 6.2.
const oldestMajor, oldestMinor = 6, 2

// The oldest Redis that obeys min-replicas-to-write when a script writes, as our appends
// do: redis/redis#9993, fixed by #10160.
const obeysMajor, obeysMinor = 7, 0

// settings are the settings of one master that decide about durability, in Redis' own
// words. A setting that could not be read is "".
type settings struct {
	addr    string
	version string

	appendOnly  string // yes, no
	sync        string // appendfsync: always, everysec, no
	restRewrite string // no-appendfsync-on-rewrite: yes, no
	save        string // the schedule of snapshots; meaningful only if snapshots is true
	snapshots   bool   // save was read
	policy      string // maxmemory-policy
	memory      string // maxmemory, bytes; 0: no limit
	replicas    int    // connected now
	minReplicas string // min-replicas-to-write
}

// configFields are where the values of CONFIG GET go, by the names to ask for.
func (s *settings) configFields() map[string]*string {
	return map[string]*string{
		"appendonly": &s.appendOnly, "appendfsync": &s.sync, "no-appendfsync-on-rewrite": &s.restRewrite, "save": &s.save,
		"maxmemory-policy": &s.policy, "maxmemory": &s.memory, "min-replicas-to-write": &s.minReplicas,
	}
}

// readInfo takes the reply to INFO, which has some of the settings even if CONFIG is
// forbidden.
func (s *settings) readInfo(info string) {
	lines := bufio.NewScanner(strings.NewReader(info))
	for lines.Scan() {
		name, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), ":")
		switch name {
		case "redis_version":
			s.version = value
		case "aof_enabled":
			s.appendOnly = map[string]string{"1": "yes", "0": "no"}[value]
		case "maxmemory_policy":
			s.policy = value
		case "maxmemory":
			s.memory = value
		case "connected_slaves":
			s.replicas, _ = strconv.Atoi(value) // 0 if it is not a number
		}
	}
}

// tooOld reports whether the version is known to be older than what we need.
func (s *settings) tooOld() bool { return s.before(oldestMajor, oldestMinor) }

// before reports whether the version is known to be older than another.
func (s *settings) before(thanMajor, thanMinor int) bool {
	parts := strings.SplitN(s.version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	major, err := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return err == nil && err2 == nil && (major < thanMajor || major == thanMajor && minor < thanMinor)
}

// risks says what these settings can lose, one clause for each risk. lossless: a kill of
// Redis or a power cut loses nothing that was acknowledged, provided that the disk keeps
// what was synced, and nothing is evicted.
func (s *settings) risks() (clauses []string, lossless bool) {
	lossless = true
	risk := func(format string, a ...any) {
		lossless = false
		clauses = append(clauses, fmt.Sprintf(format, a...))
	}
	switch s.appendOnly {
	case "yes":
		s.syncRisks(risk)
	case "no":
		switch {
		case s.snapshots && s.save == "":
			risk("appendonly no: a crash or a restart of Redis loses every event")
		case s.snapshots:
			risk("appendonly no: a crash of Redis takes back everything since its last snapshot (save %s)", s.save)
		default:
			risk("appendonly no: a crash of Redis takes back everything since its last snapshot, if it makes any")
		}
	default:
		risk("persistence cannot be read (CONFIG and INFO are forbidden): a crash of Redis may lose everything")
	}
	switch {
	case s.policy == "noeviction" || s.memory == "0":
	case s.policy == "":
		risk("maxmemory-policy cannot be read: unless it is noeviction, a full Redis throws whole events away")
	default:
		risk("maxmemory-policy %s: a full Redis throws whole events away; set noeviction", s.policy)
	}
	if s.replicas > 0 {
		// No setting of Redis prevents this, so it is listed and still counts as lossless.
		clause := "a failover to a replica can take back what the replica had not received yet"
		const cutOff = ", and all that came while it was cut off"
		switch {
		case s.minReplicas == "0":
			clause += cutOff + " (min-replicas-to-write 0)"
		case s.before(obeysMajor, obeysMinor):
			clause += cutOff + " (Redis " + s.version + " does not obey min-replicas-to-write when a script writes, as Drumroll does; 7.0 does)"
		}
		clauses = append(clauses, clause)
	}
	return clauses, lossless
}

// syncRisks adds the risks of an append-only file.
func (s *settings) syncRisks(risk func(format string, a ...any)) {
	switch s.sync {
	case "always":
	case "everysec":
		risk("appendfsync everysec: a crash of Redis can take back up to 2 s of acknowledged entries")
	case "no":
		risk("appendfsync no: a power cut can take back what was acknowledged in the last half minute or more")
	default:
		risk("appendfsync cannot be read (CONFIG is forbidden): unless it is always, a crash of Redis can take back acknowledged entries")
	}
	if s.restRewrite == "yes" && s.sync != "no" {
		risk("no-appendfsync-on-rewrite yes: nothing is synced while the append-only file is rewritten or a snapshot saved, and a power cut then can take back what was acknowledged in that time")
	}
}

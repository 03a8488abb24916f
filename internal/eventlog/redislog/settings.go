package redislog

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
)

// The oldest Redis that knows all our commands: XADD … NOMKSTREAM came with 6.2.
const oldestMajor, oldestMinor = 6, 2

// The oldest Redis that heeds min-replicas-to-write when a script writes, as our
// appends do: redis/redis#9993, mended by #10160.
const heedsMajor, heedsMinor = 7, 0

// settings are what decides about durability on one master, in Redis' own words.
// What could not be read is "".
type settings struct {
	addr    string
	version string

	appendOnly  string // yes, no
	sync        string // appendfsync: always, everysec, no
	restRewrite string // no-appendfsync-on-rewrite: yes, no
	save        string // the snapshots' schedule; meaningful only where snapshots is true
	snapshots   bool   // save was read
	policy      string // maxmemory-policy
	memory      string // maxmemory, bytes; 0: no limit
	replicas    int    // connected now
	minReplicas string // min-replicas-to-write
}

// asked are the names of CONFIG GET that settings hold.
var asked = [...]string{"appendonly", "appendfsync", "no-appendfsync-on-rewrite", "save", "maxmemory-policy", "maxmemory", "min-replicas-to-write"}

// configured takes the reply to CONFIG GET of one name.
func (s *settings) configured(name, value string) {
	switch name {
	case "appendonly":
		s.appendOnly = value
	case "appendfsync":
		s.sync = value
	case "no-appendfsync-on-rewrite":
		s.restRewrite = value
	case "save":
		s.save, s.snapshots = value, true
	case "maxmemory-policy":
		s.policy = value
	case "maxmemory":
		s.memory = value
	case "min-replicas-to-write":
		s.minReplicas = value
	}
}

// informed takes the reply to INFO, which tells part of it where CONFIG is
// forbidden.
func (s *settings) informed(info string) {
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
			s.replicas, _ = strconv.Atoi(value) // 0 where it is no number
		}
	}
}

// tooOld reports a version that is known and older than we can use.
func (s *settings) tooOld() bool { return s.before(oldestMajor, oldestMinor) }

// before reports a version that is known and older than another.
func (s *settings) before(thanMajor, thanMinor int) bool {
	parts := strings.SplitN(s.version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	major, err := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return err == nil && err2 == nil && (major < thanMajor || major == thanMajor && minor < thanMinor)
}

// risks says what these settings can lose, a clause each. lossless: a kill of
// Redis and a power cut lose nothing that was acknowledged, as far as the disk
// keeps what was synced, and nothing is evicted.
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
		// No setting of Redis prevents it, so it is said and not held against it.
		clause := "a failover to a replica can take back what the replica had not received yet"
		const cutOff = ", and all that came while it was cut off"
		switch {
		case s.minReplicas == "0":
			clause += cutOff + " (min-replicas-to-write 0)"
		case s.before(heedsMajor, heedsMinor):
			clause += cutOff + " (Redis " + s.version + " does not heed min-replicas-to-write when a script writes, as Drumroll does; 7.0 does)"
		}
		clauses = append(clauses, clause)
	}
	return clauses, lossless
}

// syncRisks are those of an append-only file.
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
		risk("no-appendfsync-on-rewrite yes: nothing is synced while the append-only file is rewritten or a snapshot saved, and a power cut then can take back what was acknowledged meanwhile")
	}
}

package redislog

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	"drumroll/internal/eventlog"
)

// Durability says which acknowledged records the present settings of Redis can lose.
type Durability struct {
	// Lossless: a kill of Redis or a power cut loses nothing, provided that the disk keeps
	// what was synced. It is false if the settings cannot be read.
	Lossless bool
	// Risks has one line per group of masters with the same settings, with their
	// addresses. A failover is listed too, but does not make Lossless false: no setting of
	// Redis can rule out that a failover loses something.
	Risks []string

	clauses []string // of the risks, without the addresses
}

// String is all risks in one line; "" if there are none.
func (d Durability) String() string { return strings.Join(d.Risks, "; ") }

// Durability reads the settings of every master: the only one, the one that Sentinel
// names at present, or all of a Cluster. The error is that of a master that does not
// answer, or that is too old for Drumroll.
func (l *Log) Durability(ctx context.Context) (Durability, error) {
	if l.isClosed() {
		return Durability{}, eventlog.ErrClosed
	}
	masters, err := readSettings(ctx, l.client, l.name)
	if err != nil {
		return Durability{}, err
	}
	return judgeSettings(masters), nil
}

// judgeSettings sums up the settings of all masters.
func judgeSettings(masters []settings) Durability {
	d := Durability{Lossless: true}
	var groups []string // texts of risks, in order of the first address
	addrs := map[string][]string{}
	for _, s := range masters {
		clauses, lossless := s.risks()
		d.Lossless = d.Lossless && lossless
		if len(clauses) == 0 {
			continue
		}
		text := strings.Join(clauses, "; ")
		if addrs[text] == nil {
			groups = append(groups, text)
			d.clauses = append(d.clauses, text)
		}
		addrs[text] = append(addrs[text], s.addr)
	}
	for _, text := range groups {
		d.Risks = append(d.Risks, "Redis at "+strings.Join(addrs[text], ", ")+": "+text)
	}
	return d
}

// readSettings asks every master, and returns their settings in order of the addresses.
// name is what to call a master whose address only the Sentinels know.
func readSettings(ctx context.Context, client redis.UniversalClient, name string) ([]settings, error) {
	switch client := client.(type) {
	case *redis.Client:
		s, err := readMaster(ctx, client, name)
		return []settings{s}, err
	case *redis.ClusterClient:
		var mu sync.Mutex
		var all []settings
		err := client.ForEachMaster(ctx, func(ctx context.Context, one *redis.Client) error {
			s, err := readMaster(ctx, one, one.Options().Addr)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, s)
			return err
		})
		slices.SortFunc(all, func(a, b settings) int { return strings.Compare(a.addr, b.addr) })
		return all, err
	}
	return nil, fmt.Errorf("settings of Redis: unknown client %T", client)
}

// readMaster asks one server. Settings that it does not show stay unknown.
func readMaster(ctx context.Context, client *redis.Client, name string) (settings, error) {
	s := settings{addr: name}
	info, err := client.Info(ctx).Result()
	if err == nil {
		s.readInfo(info)
	} else if !isForbidden(err) {
		return s, fmt.Errorf("settings of Redis at %s: %w", name, err)
	}
	if s.before(oldestMajor, oldestMinor) {
		return s, fmt.Errorf("Redis at %s: %w: it is %s, and Drumroll needs %d.%d or later", name, errTooOld, s.version, oldestMajor, oldestMinor)
	}
	for setting, field := range s.configFields() {
		values, err := client.ConfigGet(ctx, setting).Result()
		if isForbidden(err) {
			break
		}
		if err != nil {
			return s, fmt.Errorf("settings of Redis at %s: %w", name, err)
		}
		if v, ok := values[setting]; ok {
			*field = v
			s.snapshots = s.snapshots || setting == "save"
		}
	}
	return s, nil
}

// errTooOld: the server lacks commands that we need.
var errTooOld = errors.New("its version is too old")

// isForbidden reports whether the server refused a command: the user lacks the right, or
// the provider has removed the command.
func isForbidden(err error) bool {
	return redis.HasErrorPrefix(err, "NOPERM") || redis.HasErrorPrefix(err, "unknown command") ||
		redis.HasErrorPrefix(err, "unknown subcommand")
}

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

package redislog

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	if s.tooOld() {
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

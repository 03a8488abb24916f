package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"time"

	"drumroll/bench/proc"
	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/eventlog/boltlog"
	"drumroll/internal/eventlog/redislog"
)

// perBatch is how many entries a record of a prepared log holds, as batches do
// under a load that fills a core.
const perBatch = 200

// producer is who wrote the prepared entries.
const producer event.Producer = 0xbe4c

// openLog opens the log that a server wrote which has stopped.
func openLog(ctx context.Context, data, redis string) (eventlog.Log, error) {
	if redis != "" {
		return redislog.Open(ctx, "redis://"+redis, redislog.Config{})
	}
	return boltlog.Open(data, boltlog.Config{})
}

const readAtOnce = 256

// records hands on every record of an event's log.
func records(ctx context.Context, log eventlog.Log, code string, each func(event.Position, []byte) error) error {
	var after eventlog.Offset
	for {
		some, err := log.Read(ctx, code, after, readAtOnce, 0)
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		if len(some) == 0 {
			return nil
		}
		for _, r := range some {
			if err := each(event.Position(r.Offset), r.Data); err != nil {
				return err
			}
			after = r.Offset
		}
	}
}

// enter appends n tickets of as many participants to an event's open raffle.
func enter(ctx context.Context, log eventlog.Log, code string, activity, run, n int) error {
	s := event.New()
	var res event.Result
	err := records(ctx, log, code, func(at event.Position, data []byte) error { return s.Apply(at, data, &res) })
	if err != nil {
		return err
	}
	var batch []byte
	var some [][]byte
	id := event.Identity{UID: s.UID(), Producer: producer}
	for i := 0; i < n; {
		id.Seq++
		batch = event.AppendBatchHeader(nil, id)
		for range min(perBatch, n-i) {
			i++
			it := event.TicketItem(sha256to16(uint64(i), 1), sha256to16(uint64(i), 2), false)
			it.Participant, it.Activity, it.Run, it.N = participant(i), activity, run, 1
			batch = event.AppendItem(batch, &it)
		}
		if some = append(some, event.SealBatch(batch, 0)); len(some) == 64 || i == n {
			if _, err := log.Append(ctx, code, some); err != nil {
				return fmt.Errorf("prepare a log: %w", err)
			}
			some = nil
		}
	}
	return nil
}

// participant is the i-th: spread as random ids are.
func participant(i int) event.Participant { return event.Participant(uint64(i) * 0x9e3779b97f4a7c15) }

func sha256to16(i uint64, domain byte) (out [16]byte) {
	var b [9]byte
	binary.BigEndian.PutUint64(b[:], i)
	b[8] = domain
	h := sha256.Sum256(b[:])
	copy(out[:], h[:])
	return out
}

// folded is what a fold of a prepared log cost, in CPU time: on a core of its
// own, that is how long it takes.
type folded struct {
	Records int
	Bytes   int           // of the records
	Fold    time.Duration // of records that were read
	Bare    time.Duration // what no fold can do without: checksum, ticket's hash, a map's entry
	Read    time.Duration // of the log, alone
	Freeze  time.Duration // of the entrants' list, after the close
	Heap    int64         // bytes of the state, the list included
}

// runFold folds a prepared log as a process of its own, once for each line on in.
func runFold(ctx context.Context, args []string, in io.Reader, out, stderr io.Writer) error {
	f := flag.NewFlagSet("fold", flag.ContinueOnError)
	f.SetOutput(stderr)
	data := f.String("data", "", "folder of an embedded log")
	redis := f.String("redis", "", "host:port instead")
	code := f.String("code", "", "of the event")
	activity := f.Int("activity", 1, "the raffle")
	rounds := f.Int("rounds", 1, "how often")
	if err := f.Parse(args); err != nil {
		return err
	}
	for range *rounds {
		r, err := foldOnce(ctx, *data, *redis, *code, *activity)
		if err != nil {
			return err
		}
		if err := json.NewEncoder(out).Encode(r); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	_, err := io.Copy(io.Discard, in) // until it is told to end
	return err
}

func foldOnce(ctx context.Context, data, redis, code string, activity int) (r folded, err error) {
	log, err := openLog(ctx, data, redis)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	type record struct {
		at   event.Position
		data []byte
	}
	var all []record
	var watch stopwatch
	watch.lap()
	err = records(ctx, log, code, func(at event.Position, data []byte) error {
		all = append(all, record{at, data})
		r.Bytes += len(data)
		return nil
	})
	if err != nil {
		return r, err
	}
	r.Read, r.Records = watch.lap(), len(all)
	runtime.GC()
	watch.lap()
	seen := bare(func(each func([]byte)) {
		for _, rec := range all {
			each(rec.data)
		}
	})
	r.Bare = watch.lap()
	runtime.KeepAlive(seen)
	seen = nil

	before := heap()
	s := event.New()
	var res event.Result
	watch.lap()
	for _, rec := range all {
		if err := s.Apply(rec.at, rec.data, &res); err != nil {
			return r, fmt.Errorf("fold: %w", err)
		}
	}
	r.Fold = watch.lap()
	last := all[len(all)-1].at
	last.Seq++
	id := event.Identity{UID: s.UID(), Producer: producer + 1, Seq: 1}
	command := event.AppendCommand(nil, &event.Command{Identity: id, Type: event.CmdClose, Activity: activity})
	if err := s.Apply(last, command, &res); err != nil {
		return r, fmt.Errorf("close: %w", err)
	}
	watch.lap()
	for _, work := range s.TakeWork() {
		work()
	}
	r.Freeze = watch.lap()
	if watch.err != nil {
		return r, watch.err
	}
	res = event.Result{}
	r.Heap = heap() - before
	runtime.KeepAlive(all) // so that what it takes is in both
	runtime.KeepAlive(s)
	return r, nil
}

// stopwatch measures this process's CPU time.
type stopwatch struct {
	last time.Duration
	err  error
}

// lap is what was used since the last.
func (w *stopwatch) lap() time.Duration {
	now, err := proc.OwnCPU()
	w.err = errors.Join(w.err, err)
	used := now - w.last
	w.last = now
	return used
}

func heap() int64 {
	runtime.GC()
	runtime.GC() // what the first one's finalizers let go of
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// ticketBytes is a packed raffle entry's length, with numbers below 128.
const ticketBytes = 1 + 8 + 3 + 32

// bare does to packed tickets what no fold can do without.
func bare(records func(func([]byte))) map[uint64][16]byte {
	castagnoli := crc32.MakeTable(crc32.Castagnoli)
	seen := map[uint64][16]byte{}
	var sum uint32
	records(func(data []byte) {
		sum += crc32.Checksum(data, castagnoli)
		if data[0] != 'b' {
			return
		}
		_, n := binary.Uvarint(data[30:])
		for rest := data[30+n:]; len(rest) >= ticketBytes; rest = rest[ticketBytes:] {
			h := sha256.Sum256(rest[9:ticketBytes])
			seen[binary.BigEndian.Uint64(rest[1:])] = [16]byte(h[:16])
		}
	})
	if sum == 0 {
		clear(seen) // never: so that the sum is needed
	}
	return seen
}

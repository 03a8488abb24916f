package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"drumroll/bench/proc"
	"drumroll/bench/report"
)

const (
	million     = 1_000_000
	memoryLimit = 100   // MB for a million entrants
	foldLimit   = 1.0   // s
	freezeLimit = 2.0   // s
	drawLimit   = 100.0 // ms
)

// entrants are what one size of a raffle cost, per round.
type entrants struct {
	n                                   int
	fold, bare, freeze, heap            []float64 // s, s, s, MB
	replay, nothing, listed, drawn, rss []float64 // of the real binary: s, s, s, ms, MB
	replayCPU                           []float64 // likewise: s
	logBytes, recordBytes               float64   // an entry
}

// raffles replays logs of raffles in three sizes, freezes and draws.
func raffles(ctx context.Context, b *bench) error {
	var sizes []*entrants
	for _, n := range []int{million / 10, million / 3, million} {
		e, err := b.raffle(ctx, b.size(n), embedded)
		if err != nil {
			return fmt.Errorf("%d entrants: %w", n, err)
		}
		sizes = append(sizes, e)
	}
	e := sizes[len(sizes)-1]
	name := fmt.Sprintf("%d entrants: ", e.n)
	share := float64(e.n) / million // a quick run has a tenth, of entrants and budgets
	memory := report.Amount("million", name+"memory, the frozen list included", "MB", e.heap, memoryLimit*share, false)
	memory.Note = fmt.Sprintf("the server's resident memory grew by %.0f MB; the log holds %.1f bytes an entry, %.1f of them records",
		report.Of(e.rss).Median, e.logBytes, e.recordBytes)
	draw := report.Amount("million", name+"draw, as the host waits for it", "ms", e.drawn, drawLimit, false)
	b.add(memory,
		report.Amount("million", name+"folded from the log", "s CPU", e.fold, foldLimit*share, false),
		report.Compare("million", name+"folded from the log", "s CPU", e.fold, "checksum, hash, map", e.bare, nil),
		report.Amount("million", name+"list frozen", "s CPU", e.freeze, freezeLimit*share, false),
		report.Compare("million", name+"from the host's close to the list's root", "s", e.listed, "CPU of freezing", e.freeze, nil),
		draw,
		report.Compare("million", name+"replayed by a server that starts", "s", e.replay, "no event", e.nothing, nil),
	)
	for _, large := range sizes[1:] {
		name := fmt.Sprintf("%d entrants: ", large.n)
		b.add(
			report.Growth("million", name+"fold of one, growth", "ns", sizes[0].one(sizes[0].fold, 1e9), large.one(large.fold, 1e9)),
			report.Growth("million", name+"replay of one, growth", "ns", sizes[0].one(sizes[0].replayCPU, 1e9), large.one(large.replayCPU, 1e9)),
			report.Growth("million", name+"freeze of one, growth", "ns", sizes[0].one(sizes[0].freeze, 1e9), large.one(large.freeze, 1e9)),
			report.Growth("million", name+"memory of one, growth", "bytes", sizes[0].one(sizes[0].heap, 1e6), large.one(large.heap, 1e6)),
		)
	}
	redis, err := b.raffle(ctx, b.size(million/3), everysec)
	if err != nil {
		return err
	}
	b.add(report.Compare("million", fmt.Sprintf("%d entrants: replayed from Redis", redis.n), "s CPU", redis.replayCPU, "embedded", sizes[1].replayCPU, nil))
	return nil
}

// one is a figure for each entrant.
func (e *entrants) one(figures []float64, unit float64) []float64 {
	var each []float64
	for _, f := range figures {
		each = append(each, f*unit/float64(e.n))
	}
	return each
}

// raffle prepares the log of a raffle with n entrants and measures what it costs.
func (b *bench) raffle(ctx context.Context, n int, store string) (e *entrants, err error) {
	e = &entrants{n: n}
	d, err := b.start(ctx, store)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	s, err := d.show(ctx, map[string]any{"kind": "raffle", "title": "A keyboard", "winners": 1})
	if err != nil {
		return nil, err
	}
	if err := d.Process.Stop(); err != nil {
		return nil, err
	}
	args := []string{"--data", d.data}
	place := []string{"-data", d.data}
	redis := ""
	if d.redis != nil {
		redis = d.redis.Addr
		args = []string{"--redis", "redis://" + redis}
		place = []string{"-redis", redis}
	}
	if err := b.prepare(ctx, d, redis, s, n); err != nil {
		return nil, err
	}
	if store == embedded {
		size, err := folder(d.data)
		if err != nil {
			return nil, err
		}
		e.logBytes = float64(size) / float64(n)
		if err := b.folds(ctx, e, s, place); err != nil {
			return nil, err
		}
	}
	for round := range b.rounds {
		if err := b.replays(ctx, e, d, s, args, round == b.rounds-1); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (b *bench) prepare(ctx context.Context, d *drumroll, redis string, s *show, n int) (err error) {
	log, err := openLog(ctx, d.data, redis)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	return enter(ctx, log, s.Code, s.activity, s.run, n)
}

// folds folds the log in a process of its own.
func (b *bench) folds(ctx context.Context, e *entrants, s *show, place []string) (err error) {
	args := append([]string{"fold", "-code", s.Code, "-activity", fmt.Sprint(s.activity), "-rounds", fmt.Sprint(b.rounds)}, place...)
	p, err := proc.Start("fold", b.core, b.self, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Stop()) }()
	for range b.rounds {
		line, err := p.Line(ctx)
		if err != nil {
			return err
		}
		var f folded
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			return fmt.Errorf("fold says %q: %w", line, err)
		}
		e.fold = append(e.fold, (f.Read + f.Fold).Seconds())
		e.bare = append(e.bare, f.Bare.Seconds())
		e.freeze = append(e.freeze, f.Freeze.Seconds())
		e.heap = append(e.heap, float64(f.Heap)/1e6)
		e.recordBytes = float64(f.Bytes) / float64(e.n)
	}
	return nil
}

// replays starts the real binary on the prepared log and waits for its first
// answer about the event; in the end the host closes the raffle and draws.
func (b *bench) replays(ctx context.Context, e *entrants, d *drumroll, s *show, args []string, end bool) (err error) {
	if err := d.serve(ctx, b, args...); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Process.Stop()) }()
	// What an answer without an event takes: the first of a process is slow.
	start := time.Now()
	if err := d.call(ctx, "GET", "/events/222222", "", nil, nil); err == nil {
		return errors.New("there is an event that nobody made")
	}
	e.nothing = append(e.nothing, time.Since(start).Seconds())
	before, err := d.RSS()
	if err != nil {
		return err
	}
	used, err := d.CPU()
	if err != nil {
		return err
	}
	start = time.Now()
	var seen struct {
		Activities []struct{ Entries int }
	}
	if err := d.call(ctx, "GET", "/events/"+s.Code, "", nil, &seen); err != nil {
		return err
	}
	e.replay = append(e.replay, time.Since(start).Seconds())
	now, err := d.CPU()
	if err != nil {
		return err
	}
	e.replayCPU = append(e.replayCPU, (now - used).Seconds())
	if len(seen.Activities) != 1 || seen.Activities[0].Entries != e.n {
		return fmt.Errorf("the server counts %+v, not %d entries", seen.Activities, e.n)
	}
	after, err := d.RSS()
	if err != nil {
		return err
	}
	e.rss = append(e.rss, float64(after-before)/1e6)
	if !end {
		return nil
	}
	return b.draws(ctx, e, s)
}

// draws closes the raffle and draws, again and again: a draw picks the next winner.
func (b *bench) draws(ctx context.Context, e *entrants, s *show) error {
	verb := fmt.Sprintf("/activities/%d/", s.activity)
	start := time.Now()
	if err := s.host(ctx, "POST", verb+"close", nil, nil); err != nil {
		return err
	}
	for {
		var list struct {
			Freezes []struct {
				Root string
				Size int
			}
		}
		if err := s.host(ctx, "GET", "/freezes", nil, &list); err != nil {
			return err
		}
		if len(list.Freezes) == 1 && list.Freezes[0].Root != "" {
			if list.Freezes[0].Size != e.n {
				return fmt.Errorf("%d of %d entrants are on the list", list.Freezes[0].Size, e.n)
			}
			break
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
	e.listed = append(e.listed, time.Since(start).Seconds())
	for range b.rounds {
		start := time.Now()
		if err := s.host(ctx, "POST", verb+"draw", nil, nil); err != nil {
			return err
		}
		e.drawn = append(e.drawn, time.Since(start).Seconds()*1000)
	}
	return nil
}

// folder is how many bytes the files of a folder hold.
func folder(dir string) (size int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		size += info.Size()
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("size of %s: %w", dir, err)
	}
	return size, nil
}

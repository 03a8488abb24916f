package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"drumroll/bench/plot"
	"drumroll/bench/report"
)

const (
	lessonSpan     = 3 * time.Second
	lessonPatience = time.Second // after which a tap that is not answered is as good as lost
	// A point is not drawn when the generator itself was later than this (p99) in
	// each of so many tries: it would be blamed on the server.
	lessonLag   = 20 * time.Millisecond
	lessonTries = 3
	// Fewer points than this are no line.
	lessonLeast = 4
)

// point is one step of rising load.
type point struct {
	Offered float64 `json:"offered"`  // entries a second
	P99     float64 `json:"p99_ms"`   // of what was done; what never was counts as the patience
	Share   float64 `json:"accepted"` // answered and done within the patience
	Lag     float64 `json:"lag_ms"`   // the generator's own, p99
}

// lesson offers the synchronous design and this one ever more entries, whatever
// comes back, and draws what becomes of them.
func lesson(ctx context.Context, b *bench) (err error) {
	all, err := b.httpContest(ctx, []baseServer{{"synchronous", "synchronous", "everysec"}}, everysec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, endAll(all)) }()
	sockets, err := b.socketContest(ctx, b.size(socketConns), live, everysec)
	if err != nil {
		return err
	}
	all = append(all, sockets...)
	for _, c := range all {
		if _, err := c.loop.Closed(b.span(time.Second)); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		c.loop.Patience = lessonPatience
	}
	sync, http, socket := all[0], all[1], all[3]
	warm, err := sync.loop.Closed(b.span(2 * time.Second))
	if err != nil {
		return err
	}
	peak := warm.Rate()
	lines := []struct {
		name string
		c    *contestant
		most float64 // of the synchronous design's peak rate
	}{{"request → database", sync, 3}, {"Drumroll, HTTP", http, 8}, {"Drumroll, websocket", socket, 16}}
	series := map[string][]point{}
	for _, line := range lines {
		for _, share := range []float64{0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4, 6, 8, 10, 12, 16} {
			if share > line.most {
				break
			}
			var p point
			for range lessonTries {
				if p, err = line.c.offer(share*peak, b.span(lessonSpan)); err != nil {
					return fmt.Errorf("%s: %w", line.name, err)
				}
				if p.Lag <= lessonLag.Seconds()*1000 {
					break
				}
			}
			if p.Lag > lessonLag.Seconds()*1000 {
				break
			}
			series[line.name] = append(series[line.name], p)
			if p.Share < 0.3 || ctx.Err() != nil {
				break
			}
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, line := range lines {
		if len(series[line.name]) < lessonLeast {
			return fmt.Errorf("%s: the generator itself was late at all but %d points: something else keeps this machine busy", line.name, len(series[line.name]))
		}
	}
	b.report.Series["rising load"] = series
	sustained := func(name string) (rate float64) {
		for _, p := range series[name] {
			if p.Share >= 0.99 {
				rate = max(rate, p.Offered)
			}
		}
		return rate
	}
	base := []float64{sustained(lines[0].name)}
	for _, line := range lines[1:] {
		b.add(report.Compare("lesson", line.name+": most load with 99 % accepted within 1 s", "/s", []float64{sustained(line.name)}, lines[0].name, base, nil))
	}
	if b.figure == "" || b.quick {
		return nil
	}
	figure := plot.Figure{
		Title: "Rising load on one core: durable entries, answered within a second",
		X:     plot.Axis{Label: "entries offered a second"},
		Panels: []plot.Panel{
			{Title: "accepted", Y: plot.Axis{Write: plot.Percent, Max: 1}},
			{Title: "99 % are answered within", Y: plot.Axis{Write: plot.Milliseconds, Log: true, Min: 1, Max: 1000}},
		},
	}
	for _, line := range lines {
		var share, late plot.Line
		share.Name, late.Name = line.name, line.name
		for _, p := range series[line.name] {
			share.Points = append(share.Points, plot.Point{X: p.Offered, Y: p.Share})
			late.Points = append(late.Points, plot.Point{X: p.Offered, Y: p.P99})
		}
		figure.Panels[0].Lines = append(figure.Panels[0].Lines, share)
		figure.Panels[1].Lines = append(figure.Panels[1].Lines, late)
	}
	if err := os.WriteFile(b.figure, figure.SVG(), 0o644); err != nil {
		return fmt.Errorf("the figure: %w", err)
	}
	return nil
}

// offer sends entries at a rate whatever comes back.
func (c *contestant) offer(rate float64, d time.Duration) (point, error) {
	r, err := c.loop.Open(rate, d)
	if err != nil {
		return point{}, err
	}
	if err := c.loop.Settle(30 * time.Second); err != nil {
		return point{}, err
	}
	return point{
		Offered: rate, P99: r.Done.Ms(0.99), Share: float64(r.Accepted) / float64(r.Offered),
		Lag: r.Lag.Ms(0.99),
	}, nil
}

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"drumroll/bench/load"
	"drumroll/bench/proc"
)

// A crowd is thousands of connections in a process of their own, for one process
// may hold too few files for three servers' crowds. It says "ready" when all are
// open, and then does what each line on its standard input asks, answering with one line of JSON.

// kinds of crowd.
const (
	kindDrumroll   = "drumroll"
	kindCentrifuge = "centrifuge"
	kindWrites     = "writes"
)

type crowd struct {
	kind string
	show show
	n    int
	loop *load.Loop
	out  io.Writer

	first  int     // the first phone that has not voted yet
	screen *screen // of taps
}

// order is one line that a crowd is told.
type order struct {
	Do     string        `json:"do"` // deliver or tap
	Rounds int           `json:"rounds,omitempty"`
	Every  time.Duration `json:"every,omitempty"`
	Rate   float64       `json:"rate,omitempty"` // taps a second
}

// asking is what a crowd says when it wants its server to broadcast.
const asking = "broadcast"

// collect is what a baseline is told for a collection of its garbage.
const collect = "collect"

func runCrowd(ctx context.Context, args []string, in io.Reader, out, stderr io.Writer) error {
	c := &crowd{out: out}
	d := &drumroll{}
	c.show.d = d
	f := flag.NewFlagSet("crowd", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&c.kind, "kind", kindDrumroll, "whose")
	f.StringVar(&d.Addr, "addr", "", "host:port")
	f.StringVar(&c.show.Code, "code", "", "of the event")
	f.IntVar(&c.show.activity, "activity", 1, "the open poll")
	f.IntVar(&c.show.run, "run", 1, "its run")
	f.IntVar(&c.n, "n", 1000, "connections")
	if err := f.Parse(args); err != nil {
		return err
	}
	var err error
	if c.loop, err = load.NewLoop(); err != nil {
		return err
	}
	defer c.loop.Close()
	if err := c.connect(ctx); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, "ready"); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return fmt.Errorf("order: %w", err)
		}
		result, err := c.obey(ctx, o)
		if err != nil {
			return err
		}
		if err := json.NewEncoder(out).Encode(result); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	return lines.Err()
}

func (c *crowd) connect(ctx context.Context) error {
	switch c.kind {
	case kindDrumroll:
		tokens, err := c.show.join(ctx, c.n)
		if err != nil {
			return err
		}
		return c.show.phones(ctx, c.loop, tokens)
	case kindCentrifuge:
		return c.each(load.Pushes{}, func(fd int) ([]byte, error) { return load.Centrifuge(fd, c.show.d.Addr) })
	case kindWrites:
		return c.each(load.Plain{}, func(fd int) ([]byte, error) { return load.Greeted(fd, nil) })
	}
	return fmt.Errorf("there is no crowd of %q", c.kind)
}

func (c *crowd) each(wire load.Wire, greet func(fd int) ([]byte, error)) error {
	for i := range c.n {
		fd, err := load.Dial(c.show.d.Addr, i)
		if err != nil {
			return err
		}
		early, err := greet(fd)
		if err == nil {
			err = c.loop.Add(fd, wire, early)
		}
		if err != nil {
			return errors.Join(err, unix.Close(fd))
		}
	}
	return nil
}

func (c *crowd) obey(ctx context.Context, o order) (any, error) {
	if err := c.loop.Listen(200 * time.Millisecond); err != nil { // what came while nobody read
		return nil, err
	}
	switch o.Do {
	case "deliver":
		return c.loop.Deliver(o.Rounds, o.Every, func() error {
			if c.kind == kindDrumroll {
				return c.loop.Send(0) // an entry moves the counts, of which everybody is told
			}
			_, err := fmt.Fprintln(c.out, asking)
			return err
		})
	case "tap":
		return c.tap(ctx, o)
	}
	return nil, fmt.Errorf("a crowd cannot %q", o.Do)
}

// gathering is a crowd as the parent sees it: its process and the server's.
type gathering struct {
	name   string
	server *proc.Process
	crowd  *proc.Process
	admin  string // of Drumroll: where to ask for a collection
	stop   func() error

	before, after int64   // the server's resident memory in bytes, without and with the crowd
	slab          int64   // by which the kernel's slab grew, in bytes
	arrival       float64 // CPU of the server, µs a phone: to join, open its socket, be sent the state
	settled       int64   // resident memory when collected
	memory        float64 // of one phone, then, in KB
	rate          []float64
	cpu, spread   []float64 // µs a delivery; ms from first to last
	payload       int       // bytes of a broadcast
}

func (g *gathering) end() error {
	var err error
	if g.crowd != nil {
		err = g.crowd.Stop()
	}
	return errors.Join(err, g.stop())
}

// gather starts a crowd of n for a server that runs.
func (b *bench) gather(ctx context.Context, g *gathering, n int, args ...string) error {
	var err error
	if g.before, err = g.server.RSS(); err != nil {
		return err
	}
	slab, err := proc.Slab()
	if err != nil {
		return err
	}
	cpu, err := g.server.CPU()
	if err != nil {
		return err
	}
	if g.crowd, err = proc.Start("crowd of "+g.name, b.rest, b.self, append([]string{"crowd", "-n", fmt.Sprint(n)}, args...)...); err != nil {
		return err
	}
	if _, err := g.crowd.Await(ctx, connectLimit, "ready"); err != nil {
		return err
	}
	if g.after, err = g.server.RSS(); err != nil {
		return err
	}
	used, err := g.server.CPU()
	if err != nil {
		return err
	}
	g.arrival = (used - cpu).Seconds() * 1e6 / float64(n)
	now, err := proc.Slab()
	g.slab = now - slab
	return err
}

// connectLimit is for a crowd to gather: a server may admit it slowly.
const connectLimit = 3 * time.Minute

// order tells the crowd what to do and waits for its answer.
func (g *gathering) order(ctx context.Context, o order, result any) error {
	line, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("order: %w", err)
	}
	if err := g.crowd.Tell(string(line)); err != nil {
		return err
	}
	for {
		line, err := g.crowd.Line(ctx)
		switch {
		case err != nil:
			return err
		case line == asking:
			if err := g.server.Tell(asking); err != nil {
				return err
			}
		default:
			if err := json.Unmarshal([]byte(line), result); err != nil {
				return fmt.Errorf("answer %q: %w", line, err)
			}
			return nil
		}
	}
}

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"time"

	"drumroll/bench/load"
	"drumroll/bench/proc"
)

// A crowd is thousands of connections in a process of their own: three crowds of
// 15,000 would exceed the file limit of one process. It prints "ready" when all are
// connected. Each line on its standard input is a number of broadcasts to trigger; it
// answers with a line of JSON.

const broadcastEvery = 100 * time.Millisecond

// delivered is the answer of a crowd.
type delivered struct {
	Frames int // received, over all connections
	Length int // of one frame, in bytes
}

func runCrowd(ctx context.Context, args []string, in io.Reader, out, stderr io.Writer) error {
	s := &show{}
	f := flag.NewFlagSet("crowd", flag.ContinueOnError)
	f.SetOutput(stderr)
	of := f.String("of", "", "drumroll, centrifuge or writes")
	f.StringVar(&s.addr, "addr", "", "host:port")
	f.StringVar(&s.Code, "code", "", "code of the event")
	f.IntVar(&s.activity, "activity", 1, "id of the open poll")
	f.IntVar(&s.run, "run", 1, "its run")
	n := f.Int("n", 1000, "connections")
	if err := f.Parse(args); err != nil {
		return err
	}
	s.Server = "http://" + s.addr
	l, err := load.NewLoop()
	if err != nil {
		return err
	}
	defer l.Close()
	switch *of {
	case "drumroll":
		err = s.phones(ctx, l, *n)
	case "centrifuge":
		err = connectAll(l, *n, s.addr, load.Centrifuge{}, func(fd int) ([]byte, error) { return load.Subscribe(fd, s.addr) })
	case "writes":
		err = connectAll(l, *n, s.addr, load.Writes{}, func(fd int) ([]byte, error) { return load.WaitForFrame(fd, nil) })
	default:
		err = fmt.Errorf("there is no crowd of %q", *of)
	}
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, "ready"); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		rounds, err := strconv.Atoi(lines.Text())
		if err != nil {
			return fmt.Errorf("order: %w", err)
		}
		if err := l.Listen(200 * time.Millisecond); err != nil { // to what came in the meantime
			return err
		}
		var d delivered
		if d.Frames, d.Length, err = l.Deliver(rounds, broadcastEvery); err != nil {
			return err
		}
		if err := json.NewEncoder(out).Encode(d); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	return lines.Err()
}

func connectAll(l *load.Loop, n int, addr string, wire load.Wire, handshake func(fd int) ([]byte, error)) error {
	for i := range n {
		fd, early, err := load.Open(addr, i, handshake)
		if err != nil {
			return err
		}
		if err := l.Add(fd, wire, early); err != nil {
			return err
		}
	}
	return nil
}

// audience is a server with a crowd, as the bench sees it.
type audience struct {
	name   string
	server *proc.Process
	crowd  *proc.Process
	stop   func() error

	before  int64   // resident memory without the crowd, in bytes
	slab    int64   // growth of the kernel's slab, in bytes
	arrival float64 // CPU of the server a phone, in µs
	length  int     // of a broadcast's frame, in bytes

	cpu, rate []float64 // per round: µs a delivery, deliveries a CPU-second
}

func (a *audience) end() error {
	var err error
	if a.crowd != nil {
		err = a.crowd.Stop()
	}
	return errors.Join(err, a.stop())
}

// gatherLimit is for a crowd to connect: a server may admit it slowly.
const gatherLimit = 3 * time.Minute

// gather starts the crowd of a running server.
func (a *audience) gather(ctx context.Context, b *bench, args ...string) error {
	var err error
	if a.before, err = a.server.RSS(); err != nil {
		return err
	}
	slab, err := proc.Slab()
	if err != nil {
		return err
	}
	if a.crowd, err = proc.Start("crowd of "+a.name, b.rest, b.self, append([]string{"crowd", "-of", a.name}, args...)...); err != nil {
		return err
	}
	if _, err := a.crowd.Await(ctx, gatherLimit, "ready"); err != nil {
		return err
	}
	slabNow, err := proc.Slab()
	a.slab = slabNow - slab
	return err
}

// deliver triggers broadcasts and notes their cost.
func (a *audience) deliver(ctx context.Context, broadcasts int) error {
	before, err := a.server.CPU()
	if err != nil {
		return err
	}
	if err := a.crowd.Tell(strconv.Itoa(broadcasts)); err != nil {
		return err
	}
	line, err := a.crowd.Line(ctx)
	if err != nil {
		return err
	}
	var d delivered
	if err := json.Unmarshal([]byte(line), &d); err != nil {
		return fmt.Errorf("answer %q: %w", line, err)
	}
	after, err := a.server.CPU()
	if err != nil {
		return err
	}
	a.length = d.Length
	a.cpu = append(a.cpu, (after-before).Seconds()*1e6/float64(d.Frames))
	a.rate = append(a.rate, float64(d.Frames)/(after-before).Seconds())
	return nil
}

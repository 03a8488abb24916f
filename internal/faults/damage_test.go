//go:build e2e

package faults

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-cmp/cmp"

	"drumroll/internal/contract"
)

// damageLog kills the node in the full burst, and then spoils the event's file in
// one way after the other. Each time the node must serve the right count, or none
// of this event and say what may be missing; another event goes on.
func damageLog(r *run) {
	r.begin()
	if r.t.Failed() {
		return
	}
	r.crowd.resume()
	r.moment(r.scale.before)
	n := r.nodes[0]
	r.strikes(n)
	n.Kill()
	r.crowd.stop()

	path := filepath.Join(r.store.dir, "events", r.crowd.code+".log")
	whole, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	counted, err := r.count()
	if err != nil {
		r.t.Fatal(err)
	}
	r.checkLedger(counted)
	n.start()
	want, err := r.view(n)
	if err != nil {
		r.t.Fatal(err)
	}
	r.checkTallies(counted, want)
	other, err := r.crowd.create(n, "Other")
	if err != nil {
		r.t.Fatal(err)
	}
	stopped := 0
	for _, d := range damages() {
		n.Kill()
		spoilt := append([]byte{}, whole...)
		d.spoil(r.random, fileOf(spoilt), &spoilt)
		if err := os.WriteFile(path, spoilt, 0o600); err != nil {
			r.t.Fatal(err)
		}
		before := len(n.Said())
		n.start()
		said := func() string { return n.Said()[before:] }
		got, err := r.view(n)
		switch {
		case err == nil && cmp.Equal(want, got):
		case err == nil:
			// An append that the kill left without a meta page may have been taken in:
			// no phone knows of its entries, so they may count. Nothing else may.
			r.t.Logf("%s: more than before is counted", d.name)
			n.Kill()
			found, err := r.count()
			if err != nil {
				r.t.Fatalf("%s: %v", d.name, err)
			}
			r.checkTallies(found, got)
			r.checkLedger(found)
		case contract.StatusOf(err) != 503 || !strings.Contains(err.Error(), "damaged"):
			r.fail("damage", "%s: %v\n%s", d.name, err, said())
		case !strings.Contains(said(), "missing"), !strings.Contains(said(), r.crowd.code):
			r.fail("damage", "%s: the log does not name what may be missing:\n%s", d.name, said())
		default:
			stopped++
		}
		if !n.Running() {
			n.start()
		}
		if _, err := r.crowd.at(n, other.Code, "").Get(r.t.Context()); err != nil {
			r.fail("damage", "%s: the other event: %v", d.name, err)
		}
		if strings.Contains(said(), "fatal error:") {
			r.fail("log", "%s:\n%s", d.name, said())
		}
	}
	r.t.Logf("%d of %d damaged files stopped the event", stopped, len(damages()))
	if stopped == 0 {
		r.fail("damage", "no damage stopped the event: this tested little")
	}
}

// damage is one way to spoil a file.
type damage struct {
	name  string
	spoil func(r *rand.Rand, f logFile, data *[]byte)
}

func damages() []damage {
	return []damage{
		{"a bit of the head flipped", func(r *rand.Rand, _ logFile, data *[]byte) {
			(*data)[r.IntN(headBytes)] ^= 1 << r.IntN(8)
		}},
		{"a bit before the last append flipped", func(r *rand.Rand, f logFile, data *[]byte) {
			(*data)[headBytes+r.IntN(f.last-headBytes)] ^= 1 << r.IntN(8)
		}},
		{"a block before the last append empty", func(r *rand.Rand, f logFile, data *[]byte) {
			from := headBytes + r.IntN(f.last-headBytes)
			clear((*data)[from:min(from+4096, f.last)])
		}},
		{"a block written to another place", func(r *rand.Rand, f logFile, data *[]byte) {
			from := headBytes + r.IntN(f.last-headBytes)
			size := min(1024, f.last-from)
			copy((*data)[headBytes:], append([]byte{}, (*data)[from:from+size]...))
		}},
		{"the first append empty", func(_ *rand.Rand, f logFile, data *[]byte) {
			clear((*data)[headBytes:f.first])
		}},
		{"the head empty", func(_ *rand.Rand, _ logFile, data *[]byte) {
			clear((*data)[:headBytes])
		}},
		{"garbage in the empty part", func(r *rand.Rand, f logFile, data *[]byte) {
			*data = append((*data)[:f.end], 0xff, 0, 0xff, byte(r.Uint32()))
		}},
		{"the empty part cut off", func(_ *rand.Rand, f logFile, data *[]byte) {
			*data = (*data)[:f.end]
		}},
	}
}

// headBytes is what stands before the first append in a file of the embedded log.
const headBytes = 64

// logFile is where things stand in such a file: after the head, each append has its
// payload's length in 4 bytes, 20 more bytes, and the payload; then there are zeros.
type logFile struct {
	first int // where the first append ends
	last  int // where the last one begins
	end   int // where it ends
}

func fileOf(data []byte) logFile {
	f := logFile{end: headBytes}
	for f.end+24 <= len(data) && binary.BigEndian.Uint32(data[f.end:]) > 0 {
		f.last, f.end = f.end, f.end+24+int(binary.BigEndian.Uint32(data[f.end:]))
		if f.first == 0 {
			f.first = f.end
		}
	}
	if f.last <= f.first || f.end > len(data) {
		panic(fmt.Sprintf("no event's file of some appends: %d bytes, %+v", len(data), f))
	}
	return f
}

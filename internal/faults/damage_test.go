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

	path := filepath.Join(r.store.dir, "events", r.crowd.code+".db")
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
	spoil func(r *rand.Rand, f boltFile, data *[]byte)
}

func damages() []damage {
	return []damage{
		{"the newest meta page flipped", func(r *rand.Rand, f boltFile, data *[]byte) {
			(*data)[f.newest*f.page+16+r.IntN(64)] ^= 1 << r.IntN(8)
		}},
		{"the newest meta page empty", func(_ *rand.Rand, f boltFile, data *[]byte) {
			clear((*data)[f.newest*f.page : (f.newest+1)*f.page])
		}},
		{"the older meta page flipped", func(r *rand.Rand, f boltFile, data *[]byte) {
			(*data)[(1-f.newest)*f.page+16+r.IntN(64)] ^= 1 << r.IntN(8)
		}},
		{"both meta pages empty", func(_ *rand.Rand, f boltFile, data *[]byte) {
			clear((*data)[:2*f.page])
		}},
		{"the newest root torn", func(_ *rand.Rand, f boltFile, data *[]byte) {
			clear((*data)[f.root*f.page+f.page/2 : (f.root+1)*f.page])
			// And what stands in its first half is not what was meant.
			(*data)[f.root*f.page+20] ^= 0xff
		}},
		{"the newest root and meta page torn", func(_ *rand.Rand, f boltFile, data *[]byte) {
			clear((*data)[f.newest*f.page+48 : (f.newest+1)*f.page])
			clear((*data)[f.root*f.page : (f.root+1)*f.page])
		}},
		{"a byte of a page in use flipped", func(r *rand.Rand, f boltFile, data *[]byte) {
			(*data)[2*f.page+r.IntN((f.used-2)*f.page)] ^= 1 << r.IntN(8)
		}},
		{"the last pages in use torn", func(r *rand.Rand, f boltFile, data *[]byte) {
			from := max(2, f.used-1-r.IntN(4))
			clear((*data)[from*f.page+r.IntN(f.page) : f.used*f.page])
		}},
		{"the file cut off within the pages in use", func(r *rand.Rand, f boltFile, data *[]byte) {
			*data = (*data)[:f.used*f.page-1-r.IntN(2*f.page)]
		}},
		{"the file without its last byte", func(_ *rand.Rand, f boltFile, data *[]byte) {
			*data = (*data)[:f.used*f.page-1]
		}},
	}
}

// boltFile is where things stand in a bbolt file: pages of a size that its meta
// pages tell (go.etcd.io/bbolt/internal/common: a page's header has 16 bytes, then
// magic, version, page size, flags, root, sequence, freelist, pages in use, txid).
type boltFile struct {
	page   int
	newest int // which of the two meta pages
	root   int // page of the newest root
	used   int // pages
}

func fileOf(data []byte) boltFile {
	f := boltFile{page: int(binary.NativeEndian.Uint32(data[24:]))}
	if f.page == 0 || len(data) < 4*f.page {
		panic(fmt.Sprintf("no bbolt file: %d bytes, pages of %d", len(data), f.page))
	}
	txid := func(i int) uint64 { return binary.NativeEndian.Uint64(data[i*f.page+64:]) }
	if txid(1) > txid(0) {
		f.newest = 1
	}
	f.root = int(binary.NativeEndian.Uint64(data[f.newest*f.page+32:]))
	f.used = int(binary.NativeEndian.Uint64(data[f.newest*f.page+56:]))
	return f
}

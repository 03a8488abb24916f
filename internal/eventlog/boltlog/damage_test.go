package boltlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drumroll/internal/eventlog"
)

// sample is an event's file of many appends, as bytes, with its records. Appends
// are of all sizes, so that the tree has leaves, branches and pages that run over.
type sample struct {
	file    []byte
	before  []byte // without the last append
	records []string
	last    int // how many records the last append had
}

func newSample(t testing.TB, rng *rand.Rand, appends int) sample {
	t.Helper()
	dir := t.TempDir()
	ms := int64(1_700_000_000_000)
	l, err := open(dir, Config{}, &clock{wall: func() time.Time { return time.UnixMilli(ms) }, elapsed: func() time.Duration { return 0 }}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}()
	var s sample
	text := func(size int) string {
		s.records = append(s.records, fmt.Sprintf("%d:", len(s.records))+strings.Repeat(string(rune('a'+len(s.records)%26)), size))
		return s.records[len(s.records)-1]
	}
	if _, err := l.Create(t.Context(), "ABC234", []byte(text(40))); err != nil {
		t.Fatal(err)
	}
	read := func() []byte {
		b, err := os.ReadFile(eventPath(dir, "ABC234"))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for range appends {
		s.before = read()
		ms += rng.Int64N(3000)
		s.last = 1 + rng.IntN(4)
		var payloads [][]byte
		for range s.last {
			size := rng.IntN(300)
			if rng.IntN(10) == 0 {
				size = rng.IntN(20_000)
			}
			payloads = append(payloads, []byte(text(size)))
		}
		if _, err := l.Append(t.Context(), "ABC234", payloads); err != nil {
			t.Fatal(err)
		}
	}
	s.file = read()
	return s
}

// put writes a file as an event's and returns its path.
func (s sample) put(t testing.TB, file []byte) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, eventsFolder), 0o700); err != nil {
		t.Fatal(err)
	}
	path = eventPath(dir, "ABC234")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, path
}

// readAll opens the folder and reads the event, in reads of several sizes, as a replica
// that loads it does.
func readAll(t testing.TB, dir string) ([]string, error) {
	t.Helper()
	l, err := Open(dir, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}()
	var texts []string
	var at eventlog.Offset
	for {
		records, err := l.Read(t.Context(), "ABC234", at, 1+len(texts)%7, 0)
		if err != nil {
			return texts, err
		}
		if len(records) == 0 {
			break
		}
		for _, r := range records {
			texts, at = append(texts, string(r.Data)), r.Offset
		}
	}
	// What was read can be gone on from.
	if _, err := l.Append(t.Context(), "ABC234", [][]byte{[]byte("more")}); err != nil {
		return texts, err
	}
	return texts, nil
}

// newestMeta is where the newest meta page begins.
func (s sample) newestMeta(t testing.TB) (newest, older int) {
	t.Helper()
	im, err := newImage(bytes.NewReader(s.file), int64(len(s.file)), 0)
	if err != nil {
		t.Fatal(err)
	}
	n := int(im.newestMeta().txid%2) * im.pageSize
	return n, im.pageSize - n
}

func equal(a, b []string) bool { return strings.Join(a, "|") == strings.Join(b, "|") }

// complains checks that an error says what is damaged, what may be missing and what can be done.
func complains(t testing.TB, err error, path string) {
	t.Helper()
	if !errors.Is(err, eventlog.ErrCorrupt) {
		t.Fatalf("%v, want ErrCorrupt", err)
	}
	for _, want := range []string{path, "may be missing", "drumroll repair"} {
		if !strings.Contains(err.Error(), want) {
			t.Fatalf("%q: want %q in it", err, want)
		}
	}
}

// TestMetaPages: what becomes of a file whose meta pages were damaged.
func TestMetaPages(t *testing.T) {
	s := newSample(t, rand.New(rand.NewPCG(1, 1)), 60)
	newest, older := s.newestMeta(t)
	page := os.Getpagesize()
	edit := func(f func(b []byte)) []byte {
		b := bytes.Clone(s.file)
		f(b)
		return b
	}
	zero := func(b []byte, from, size int) { clear(b[from : from+size]) }
	// withoutTraces also destroys what the last append wrote.
	withoutTraces := func(b []byte) {
		for at := 2 * page; at < len(b); at += page {
			if end := min(at+page, len(s.before)); at >= len(s.before) || !bytes.Equal(s.before[at:end], s.file[at:end]) {
				zero(b, at, min(page, len(b)-at))
			}
		}
	}
	for name, c := range map[string]struct {
		file  []byte
		whole bool // all records are there; else it complains
	}{
		"untouched":                    {s.file, true},
		"newest zeroed":                {edit(func(b []byte) { zero(b, newest, page) }), true},
		"newest flipped":               {edit(func(b []byte) { b[newest+40] ^= 4 }), true},
		"newest torn in the middle":    {edit(func(b []byte) { copy(b[newest+48:], s.before[newest+48:newest+80]) }), true},
		"newest torn at the start":     {edit(func(b []byte) { copy(b[newest:newest+48], s.before[newest:]) }), true},
		"older zeroed":                 {edit(func(b []byte) { zero(b, older, page) }), false}, // it might have been the newest
		"older flipped":                {edit(func(b []byte) { b[older+40] ^= 4 }), true},
		"both zeroed":                  {edit(func(b []byte) { zero(b, 0, 2*page) }), false},
		"newest and its pages zeroed":  {edit(func(b []byte) { withoutTraces(b); zero(b, newest, page) }), false},
		"its pages zeroed":             {edit(withoutTraces), false},
		"newest zeroed, pages flipped": {edit(func(b []byte) { zero(b, newest, page); flipLastRecords(b, s) }), false},
	} {
		t.Run(name, func(t *testing.T) {
			_, first := s.put(t, c.file)
			db, _, healed, err := openFile(first)
			if err == nil {
				err = db.Close()
			}
			if (err == nil) != c.whole || (healed != "") != (c.whole && name != "untouched") {
				t.Errorf("opened: healed %q, %v", healed, err)
			}
			dir, path := s.put(t, c.file)
			got, err := readAll(t, dir)
			if !c.whole {
				complains(t, err, path)
				return
			}
			if err != nil || !equal(got, s.records) {
				t.Fatalf("%d records of %d, %v", len(got), len(s.records), err)
			}
			if again, err := readAll(t, dir); err != nil || !equal(again, append(s.records, "more")) {
				t.Errorf("read again: %d records of %d, %v", len(again), len(s.records)+1, err)
			}
		})
	}
}

// flipLastRecords flips a bit in every copy of the last append's records.
func flipLastRecords(b []byte, s sample) {
	for _, r := range s.records[len(s.records)-s.last:] {
		for from := 0; ; {
			i := bytes.Index(b[from:], []byte(r))
			if i < 0 {
				break
			}
			b[from+i] ^= 1
			from += i + 1
		}
	}
}

// TestUnacknowledgedAppendIsNoDamage: a power cut in the middle of an append, at any of its
// writes, needs no hand, and all that was acknowledged is there.
func TestUnacknowledgedAppendIsNoDamage(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	s := newSample(t, rng, 60)
	newest, _ := s.newestMeta(t)
	page := os.Getpagesize()
	acknowledged := s.records[:len(s.records)-s.last]
	for round := range 60 {
		// Before the first sync any of the pages may have reached the disk, whole or
		// torn at a sector.
		b := append(bytes.Clone(s.before), make([]byte, max(0, len(s.file)-len(s.before)))...)
		for at := 2 * page; at < len(s.file); at += 512 {
			if rng.IntN(2) == 0 {
				copy(b[at:at+512], s.file[at:])
			}
		}
		want := acknowledged
		if round%2 == 0 {
			// After it all have, and the meta page may be torn anywhere.
			copy(b[2*page:], s.file[2*page:])
			cut := 16 + rng.IntN(65)
			copy(b[newest:newest+cut], s.file[newest:])
			if cut == 80 || bytes.Equal(b[newest:newest+80], s.file[newest:newest+80]) {
				want = s.records
			}
		}
		dir, _ := s.put(t, b)
		got, err := readAll(t, dir)
		if err != nil || !equal(got, want) && !equal(got, s.records) {
			t.Fatalf("round %d: %d records, %v; want the %d acknowledged", round, len(got), err, len(acknowledged))
		}
	}
}

// TestRandomDamage flips and tears bytes and pages at random: the log is either
// whole, or says what may be missing; it never has another number of records, and
// the process lives on. What repair makes of it is a beginning of the log.
func TestRandomDamage(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 3))
	samples := []sample{newSample(t, rng, 3), newSample(t, rng, 40), newSample(t, rng, 300)}
	page := os.Getpagesize()
	whole, stopped, repaired := 0, 0, 0
	for round := range 100 {
		s := samples[rng.IntN(len(samples))]
		b := bytes.Clone(s.file)
		// Mostly where something stands, not in the room that bbolt took in advance.
		end := bytes.LastIndexFunc(b, func(r rune) bool { return r != 0 }) + 1
		at := rng.IntN(end)
		what := rng.IntN(7)
		switch what {
		case 0: // one bit
			b[at] ^= 1 << rng.IntN(8)
		case 1: // one byte
			b[at] = byte(rng.Uint32())
		case 2: // in a page's header or first elements
			at = at/page*page + rng.IntN(64)
			b[at] ^= 1 << rng.IntN(8)
		case 3: // a number in them, small as page numbers are
			at = at/page*page + 8*rng.IntN(8)
			binary.NativeEndian.PutUint64(b[at:], uint64(rng.IntN(len(b)/page+2)))
		case 4: // a page
			at = at / page * page
			clear(b[at:min(at+page, len(b))])
		case 5: // a page written in another's place
			from := rng.IntN(end) / page * page
			at = at / page * page
			copy(b[at:min(at+page, len(b))], s.file[from:min(from+page, len(b))])
		case 6: // cut off
			b = b[:at]
		}
		dir, path := s.put(t, b)
		got, err := readAll(t, dir)
		switch {
		case err == nil && equal(got, s.records):
			whole++
			continue
		case err == nil:
			t.Fatalf("seed %d, round %d, damage %d at %d: %d records of %d and no error", seed, round, what, at, len(got), len(s.records))
		}
		complains(t, err, path)
		stopped++

		found, err := Repair(path, false)
		if err != nil {
			if found.Records > 0 || found.Backup != "" {
				t.Fatalf("seed %d, round %d: repair: %+v, %v", seed, round, found, err)
			}
			continue
		}
		repaired++
		got, err = readAll(t, dir)
		if err != nil || found.Damage == nil || len(got) != found.Records || !equal(got, s.records[:len(got)]) {
			t.Fatalf("seed %d, round %d, damage %d at %d: after repair %d records, %v; it found %+v", seed, round, what, at, len(got), err, found)
		}
		if kept, err := os.ReadFile(found.Backup); err != nil || !bytes.Equal(kept, b) {
			t.Fatalf("seed %d, round %d: the backup is another file (%v)", seed, round, err)
		}
	}
	t.Logf("seed %d: %d whole, %d stopped, %d of those repaired", seed, whole, stopped, repaired)
	if whole == 0 || stopped == 0 || repaired == 0 {
		t.Error("one of the outcomes never came")
	}
}

// TestDamageInTheOpenFile: the error names the way out that works, for repair by
// itself is refused while the file is open.
func TestDamageInTheOpenFile(t *testing.T) {
	dir := t.TempDir()
	l, err := Open(dir, Config{})
	if err != nil {
		t.Fatal(err)
	}
	mustCreate(t, l, "ABC234", "first")
	mustAppend(t, l, "ABC234", "payload 1")
	mustAppend(t, l, "ABC234", "payload 2")
	path := eventPath(dir, "ABC234")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(bytes.ReplaceAll(b, []byte("payload 2"), []byte("payload 3")), 0); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}

	_, err = l.Read(t.Context(), "ABC234", eventlog.Offset{}, 10, 0)
	if !errors.Is(err, eventlog.ErrCorrupt) || !strings.Contains(err.Error(), "stop drumroll") || !strings.Contains(err.Error(), "repair "+path) {
		t.Errorf("Read: %v, want ErrCorrupt and the way out", err)
	}
	if _, err := Repair(path, false); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("Repair of the open file: %v", err)
	}
	mustClose(t, l)
	if found, err := Repair(path, false); err != nil || found.Damage == nil || found.Records != 2 {
		t.Errorf("Repair once it is closed: %+v, %v", found, err)
	}
}

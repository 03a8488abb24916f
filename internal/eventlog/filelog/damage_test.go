package filelog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"drumroll/internal/eventlog"
)

// sample is an event's file of some appends of all sizes, with its records.
type sample struct {
	file    []byte
	records []string
	frames  []place
}

// place is where one append stands in a file.
type place struct{ begin, end, records int }

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
	for range appends {
		ms += rng.Int64N(3000)
		n := 1 + rng.IntN(4)
		var payloads [][]byte
		for range n {
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
	if s.file, err = os.ReadFile(eventPath(dir, "ABC234")); err != nil {
		t.Fatal(err)
	}
	end := headBytes
	for end+headerBytes <= len(s.file) && binary.BigEndian.Uint32(s.file[end:]) > 0 {
		f, ok := decodeFrame("ABC234", int64(end), eventlog.Offset{}, s.file[end:])
		if !ok {
			t.Fatal("a sample is damaged")
		}
		s.frames = append(s.frames, place{end, end + f.size, len(f.records)})
		end += f.size
	}
	return s
}

// put writes a file as an event's and returns its path.
func (s sample) put(t testing.TB, file []byte) (dir, path string) {
	t.Helper()
	// On a memory disk where there is one: these tests sync thousands of times, and need no
	// durability.
	dir, err := os.MkdirTemp("/dev/shm", "filelog")
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
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

func equal(a, b []string) bool { return strings.Join(a, "|") == strings.Join(b, "|") }

// verdict is what must become of a damaged copy of a sample's file. Only bytes decide: a
// frame is whole if it stands where it stood, unchanged.
type verdict struct {
	stops    bool // the event stops; else the records are served
	torn     bool // something is cut off
	records  int  // without a gap from the first one on
	stranded int  // whole ones behind the gap
}

func (s *sample) judge(b []byte) (v verdict) {
	gap := false
	for _, f := range s.frames {
		switch whole := len(b) >= f.end && bytes.Equal(b[f.begin:f.end], s.file[f.begin:f.end]); {
		case whole && gap:
			v.stranded += f.records
		case whole:
			v.records += f.records
			v.torn = len(bytes.TrimRight(b[f.end:], "\x00")) > 0
		default:
			gap = true
		}
	}
	headWhole := len(b) >= headBytes && bytes.Equal(b[:headBytes], s.file[:headBytes])
	v.stops = !headWhole || v.stranded > 0 || v.records == 0
	return v
}

// check opens a damaged copy of the sample, and repairs it if it stopped the event.
func (s *sample) check(t testing.TB, b []byte) verdict {
	t.Helper()
	want := s.judge(b)
	dir, path := s.put(t, b)
	found, err := Repair(path, true)
	if damaged := want.stops || want.torn; found.Records != want.records || found.Stranded != want.stranded ||
		damaged != errors.Is(found.Damage, eventlog.ErrCorrupt) || (err == nil) != (want.records > 0) {
		t.Fatalf("a look finds %+v, %v; want %+v", found, err, want)
	}
	got, err := readAll(t, dir)
	if want.stops {
		if !errors.Is(err, eventlog.ErrCorrupt) {
			t.Fatalf("%d records, %v, want ErrCorrupt", len(got), err)
		}
		for _, part := range []string{path, "may be missing", "drumroll repair"} {
			if !strings.Contains(err.Error(), part) {
				t.Fatalf("%q: want %q in it", err, part)
			}
		}
		found, err := Repair(path, false)
		if want.records == 0 {
			if err == nil || found.Backup != "" {
				t.Fatalf("repair of nothing: %+v, %v", found, err)
			}
			return want
		}
		if err != nil || found.Records != want.records {
			t.Fatalf("repair: %+v, %v, want %+v", found, err, want)
		}
		if kept, err := os.ReadFile(found.Backup); err != nil || !bytes.Equal(kept, b) {
			t.Fatalf("the backup is another file (%v)", err)
		}
		got, err = readAll(t, dir)
		if err != nil || !equal(got, s.records[:want.records]) {
			t.Fatalf("after the repair %d records, %v, want %d", len(got), err, want.records)
		}
	} else if err != nil || !equal(got, s.records[:want.records]) {
		t.Fatalf("%d records, %v, want %d", len(got), err, want.records)
	}
	if again, err := readAll(t, dir); err != nil || !equal(again, append(slices.Clone(got), "more")) {
		t.Fatalf("read again %d records, %v, want %d", len(again), err, len(got)+1)
	}
	return want
}

// spoil damages a copy of the sample's file in one of several ways, mostly where something
// stands, and often at the boundary of a frame.
func (s *sample) spoil(rng *rand.Rand) (b []byte, what string) {
	b = bytes.Clone(s.file)
	used := s.frames[len(s.frames)-1].end
	at := rng.IntN(used)
	switch f := s.frames[rng.IntN(len(s.frames))]; rng.IntN(5) {
	case 0:
		at = min(max(f.begin+rng.IntN(5)-2, 0), used)
	case 1:
		at = f.begin + rng.IntN(headerBytes)
	case 2:
		at = min(used+rng.IntN(40)-20, len(b)-1)
	}
	sizes := []int{512, 4096, 1 + rng.IntN(3000)}
	size := sizes[rng.IntN(len(sizes))]
	block := at / size * size
	end := min(block+size, len(b))
	switch rng.IntN(8) {
	case 0:
		b[at] ^= 1 << rng.IntN(8)
		what = "bit flipped"
	case 1:
		b[at] = byte(rng.Uint32())
		what = "byte replaced"
	case 2:
		b, what = b[:at], "cut off"
	case 3:
		clear(b[at:])
		what = "zeroed from here on"
	case 4:
		clear(b[block:end])
		what = "block zeroed"
	case 5:
		from := rng.IntN(used) / size * size
		copy(b[block:end], s.file[from:])
		what = "another block doubled here"
	case 6: // the last append, some of its sectors written
		f := s.frames[len(s.frames)-1]
		for sector := f.begin / 512 * 512; sector < f.end; sector += 512 {
			if rng.IntN(2) == 0 {
				clear(b[max(sector, f.begin):min(sector+512, f.end)])
			}
		}
		what = "last append torn"
	case 7:
		for i := at; i < min(at+size, len(b)); i++ {
			b[i] = byte(rng.Uint32())
		}
		what = "garbage"
	}
	return b, fmt.Sprintf("%s at %d, %d bytes", what, at, size)
}

// TestRandomDamage: whatever becomes of a file, the count is right, or the event stops. A
// torn tail heals by itself, and repair keeps the exact beginning.
func TestRandomDamage(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 3))
	samples := []sample{newSample(t, rng, 0), newSample(t, rng, 3), newSample(t, rng, 40), newSample(t, rng, 150)}
	rounds, stopped, torn, whole := 2500, 0, 0, 0
	if testing.Short() {
		rounds = 250
	}
	for round := range rounds {
		s := &samples[rng.IntN(len(samples))]
		b, what := s.spoil(rng)
		t.Run(fmt.Sprintf("%d-%d %s", seed, round, what), func(t *testing.T) {
			switch v := s.check(t, b); {
			case v.stops:
				stopped++
			case v.torn:
				torn++
			default:
				whole++
			}
		})
	}
	t.Logf("seed %d: %d stopped, %d torn, %d whole", seed, stopped, torn, whole)
	if stopped == 0 || torn == 0 || whole == 0 {
		t.Error("one of the outcomes never came")
	}
}

// TestCutAndTornEverywhere: a file that ends at any byte of its last two appends, and one
// that holds zeros from there on.
func TestCutAndTornEverywhere(t *testing.T) {
	s := newSample(t, rand.New(rand.NewPCG(4, 4)), 2)
	for at := s.frames[1].begin - 1; at <= s.frames[2].end+1; at += 1 + (at-s.frames[1].begin)/40 {
		s.check(t, s.file[:at])
		b := bytes.Clone(s.file)
		clear(b[at:])
		s.check(t, b)
	}
}

// TestForeignFiles: files that are no log, or another one.
func TestForeignFiles(t *testing.T) {
	s := newSample(t, rand.New(rand.NewPCG(5, 5)), 3)
	head := func(edit func(b []byte)) []byte {
		b := bytes.Clone(s.file)
		edit(b)
		binary.BigEndian.PutUint32(b[60:], crc32.Checksum(b[:60], crc32.MakeTable(crc32.Castagnoli)))
		return b
	}
	for name, c := range map[string]struct {
		file    []byte
		want    string
		corrupt bool
	}{
		"empty":         {nil, "not those of an event", true},
		"text":          {[]byte("no log at all"), "not those of an event", true},
		"head alone":    {encodeHead("ABC234"), "no append at all", true},
		"zeros":         {make([]byte, 8192), "not those of an event", true},
		"other event's": {head(func(b []byte) { copy(b[12:], "OTHER2") }), "that of event OTHER2", true},
		"newer format":  {head(func(b []byte) { b[11] = 2 }), "format 2", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir, path := s.put(t, c.file)
			_, err := readAll(t, dir)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) || errors.Is(err, eventlog.ErrCorrupt) != c.corrupt {
				t.Errorf("opened: %v, want %q", err, c.want)
			}
			if found, err := Repair(path, true); c.corrupt != (found.Damage != nil) || (err != nil && strings.Contains(err.Error(), "\n")) {
				t.Errorf("a look: %+v, %v", found, err)
			}
			l := mustOpen(t, dir, nil)
			if err := l.Delete(t.Context(), "ABC234"); err != nil {
				t.Errorf("Delete: %v", err)
			}
			mustCreate(t, l, "ABC234", "again")
		})
	}
}

// TestTornTailIsToldOnce: one warning says what was cut off.
func TestTornTailIsToldOnce(t *testing.T) {
	s := newSample(t, rand.New(rand.NewPCG(6, 6)), 3)
	dir, _ := s.put(t, s.file[:s.frames[3].end-1])
	var said strings.Builder
	for range 2 {
		l, err := Open(dir, Config{Logger: slog.New(slog.NewTextHandler(&said, nil))})
		if err != nil {
			t.Fatal(err)
		}
		mustRead(t, l, "ABC234")
		mustClose(t, l)
	}
	if n := strings.Count(said.String(), "never acknowledged"); n != 1 {
		t.Errorf("%d warnings, want 1:\n%s", n, said.String())
	}
}

// TestDamageInTheOpenFile: the event stops, and is served again when it was repaired, while
// another event goes on.
func TestDamageInTheOpenFile(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, nil)
	mustCreate(t, l, "OTHER2", "first")
	mustCreate(t, l, "ABC234", "first")
	mustAppend(t, l, "ABC234", "payload 1")
	mustAppend(t, l, "ABC234", "payload 2")
	path := eventPath(dir, "ABC234")
	if _, err := Repair(path, false); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("Repair of the open file: %v", err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(bytes.ReplaceAll(b, []byte("payload 1"), []byte("payload 3")), 0); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err = l.Read(t.Context(), "ABC234", eventlog.Offset{}, 10, 0)
		if !errors.Is(err, eventlog.ErrCorrupt) || !strings.Contains(err.Error(), "repair "+path) {
			t.Errorf("Read: %v, want ErrCorrupt and the way out", err)
		}
	}
	if _, err := l.Append(t.Context(), "ABC234", [][]byte{[]byte("x")}); !errors.Is(err, eventlog.ErrCorrupt) {
		t.Errorf("Append: %v, want ErrCorrupt", err)
	}
	mustAppend(t, l, "OTHER2", "second")
	if found, err := Repair(path, false); err != nil || found.Records != 1 || found.Stranded != 1 {
		t.Errorf("Repair: %+v, %v", found, err)
	}
	if got := mustRead(t, l, "ABC234"); !equal(got, []string{"first"}) {
		t.Errorf("records %q after the repair", got)
	}
	mustAppend(t, l, "ABC234", "second")
	if err := l.Delete(t.Context(), "ABC234"); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, "OTHER2.log")
}

// FuzzDecodeFrame: no bytes make the decoder panic, and what it accepts is what was encoded.
func FuzzDecodeFrame(f *testing.F) {
	first := eventlog.Offset{Ms: 1_700_000_000_000, Seq: 3}
	f.Add(encodeFrame("ABC234", 64, first, [][]byte{[]byte("one"), {}, []byte("three")}))
	f.Add(encodeFrame("ABC234", 64, first, [][]byte{{}}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if size := frameSize(b); size > 0 && size <= len(b) && size < 1<<16 {
			// Otherwise hardly any input gets beyond the checksum.
			binary.BigEndian.PutUint32(b[4:], checksum("ABC234", 64, b[:size]))
		}
		got, ok := decodeFrame("ABC234", 64, eventlog.Offset{}, b)
		if !ok {
			return
		}
		if again := encodeFrame("ABC234", 64, got.first, got.records); !bytes.Equal(again, b[:got.size]) {
			t.Errorf("decoded %+v, which is encoded as %x, not %x", got, again, b[:got.size])
		}
		if _, ok := decodeFrame("ABC234", 65, eventlog.Offset{}, b); ok {
			t.Error("whole in another place too")
		}
	})
}

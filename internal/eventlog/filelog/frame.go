package filelog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"drumroll/internal/eventlog"
)

const (
	magic       = "DRUMROLL"
	version     = 1
	headBytes   = 64 // of a file
	headerBytes = 24 // of a frame
	// maxMs, in the year 2248, is later than any record: its nanoseconds still fit an int64.
	maxMs = 1 << 43
)

// encodeHead returns how the file of an event begins: magic, format version (4 bytes), code
// (32), unused bytes and a CRC-32C (4). All numbers are big endian.
func encodeHead(code string) []byte {
	b := make([]byte, headBytes)
	copy(b, magic)
	binary.BigEndian.PutUint32(b[8:], version)
	copy(b[12:44], code)
	binary.BigEndian.PutUint32(b[60:], crc32.Checksum(b[:60], crc32.MakeTable(crc32.Castagnoli)))
	return b
}

// checkHead returns ErrCorrupt if a file does not begin as the event's, and another error if
// its format is newer than this program.
func checkHead(b []byte, code string) error {
	if len(b) < headBytes || !bytes.HasPrefix(b, []byte(magic)) || binary.BigEndian.Uint32(b[60:]) != crc32.Checksum(b[:60], crc32.MakeTable(crc32.Castagnoli)) {
		return fmt.Errorf("%w: the file's first %d bytes are not those of an event", eventlog.ErrCorrupt, headBytes)
	}
	if v := binary.BigEndian.Uint32(b[8:]); v != version {
		return fmt.Errorf("the file has format %d, and this drumroll reads format %d: use a newer drumroll", v, version)
	}
	if name := string(bytes.TrimRight(b[12:44], "\x00")); name != code {
		return fmt.Errorf("%w: the file is that of event %s, under another name", eventlog.ErrCorrupt, name)
	}
	return nil
}

// frame is one append.
type frame struct {
	first, last eventlog.Offset
	records     [][]byte // parts of the buffer that was decoded
	size        int
}

// encodeFrame packs the records of one append, for a place in the event's file: length of
// the payload (4 bytes, never 0), CRC-32C (4), offset of the first record (8 and 8), and the
// payload, which is each record's length (4) and data.
func encodeFrame(code string, pos int64, first eventlog.Offset, records [][]byte) []byte {
	size := headerBytes
	for _, data := range records {
		size += 4 + len(data)
	}
	b := make([]byte, headerBytes, size)
	for _, data := range records {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(data))), data...)
	}
	binary.BigEndian.PutUint32(b, uint32(size-headerBytes))
	binary.BigEndian.PutUint64(b[8:], first.Ms)
	binary.BigEndian.PutUint64(b[16:], first.Seq)
	binary.BigEndian.PutUint32(b[4:], checksum(code, pos, b))
	return b
}

// checksum covers the code and the place too: a block that stands where it does not belong
// holds no whole frame.
func checksum(code string, pos int64, b []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := crc32.Checksum(binary.BigEndian.AppendUint64([]byte(code), uint64(pos)), table)
	return crc32.Update(crc32.Update(sum, table, b[:4]), table, b[8:])
}

// decodeFrame reads the frame that b, from this place of the event's file, begins with;
// false if it is not whole, or not of records after the given offset.
func decodeFrame(code string, pos int64, after eventlog.Offset, b []byte) (f frame, ok bool) {
	size := frameSize(b)
	if size == 0 || size > len(b) {
		return frame{}, false
	}
	b = b[:size]
	f = frame{size: size, first: eventlog.Offset{Ms: binary.BigEndian.Uint64(b[8:]), Seq: binary.BigEndian.Uint64(b[16:])}}
	if f.first.Ms >= maxMs || f.first.Compare(after) <= 0 || binary.BigEndian.Uint32(b[4:]) != checksum(code, pos, b) {
		return frame{}, false
	}
	for b = b[headerBytes:]; len(b) > 0; {
		if len(b) < 4 || uint64(len(b)-4) < uint64(binary.BigEndian.Uint32(b)) {
			return frame{}, false
		}
		end := 4 + int(binary.BigEndian.Uint32(b))
		f.records = append(f.records, b[4:end])
		b = b[end:]
	}
	f.last = f.at(len(f.records) - 1)
	return f, true
}

// at is the offset of the i-th record.
func (f *frame) at(i int) eventlog.Offset {
	return eventlog.Offset{Ms: f.first.Ms, Seq: f.first.Seq + uint64(i)}
}

// frameSize is the size of the frame that begins with b; 0 if none does.
func frameSize(b []byte) int {
	if len(b) < headerBytes || binary.BigEndian.Uint32(b) == 0 {
		return 0
	}
	return headerBytes + int(binary.BigEndian.Uint32(b))
}

// scan reads a whole file of an event.
func scan(b []byte, code string) (c Finding) {
	headErr := checkHead(b, code)
	c.end = min(headBytes, len(b))
	for {
		f, ok := decodeFrame(code, int64(c.end), c.head, b[c.end:])
		if !ok {
			break
		}
		if c.Records == 0 {
			c.First = time.UnixMilli(int64(f.first.Ms)).UTC()
		}
		c.Records += len(f.records)
		c.newest, c.head, c.end = mark{c.head, int64(c.end)}, f.last, c.end+f.size
		c.Last = time.UnixMilli(int64(c.head.Ms)).UTC()
	}
	c.used = max(c.end, len(bytes.TrimRight(b, "\x00")))
	for pos := c.end; pos < c.used; pos++ {
		if f, ok := decodeFrame(code, int64(pos), c.head, b[pos:]); ok {
			c.Stranded += len(f.records)
			pos += f.size - 1
			c.used = max(c.used, pos+1) // a frame may end in zeros
		}
	}
	switch {
	case headErr != nil:
		c.Damage = headErr
	case c.Stranded > 0:
		c.Damage = fmt.Errorf("%w: no whole append at byte %d, but whole ones behind it", eventlog.ErrCorrupt, c.end)
	case c.Records == 0: // Create makes no such file
		c.Damage = fmt.Errorf("%w: no append at all", eventlog.ErrCorrupt)
	}
	if errors.Is(c.Damage, eventlog.ErrCorrupt) {
		c.Damage = fmt.Errorf("%w; %s; what came later may be missing", c.Damage, &c)
	}
	return c
}

// String says how much is certain.
func (c *Finding) String() string {
	if c.Records == 0 {
		return "no record is certain"
	}
	return fmt.Sprintf("%d records are certain, the last of %s", c.Records, c.Last.Format("2006-01-02 15:04:05 UTC"))
}

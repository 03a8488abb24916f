package filelog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

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

// errFormat: the file was written by another version of this program.
var errFormat = errors.New("the file has format")

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
		return fmt.Errorf("%w %d, and this drumroll reads format %d: use a newer drumroll", errFormat, v, version)
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
	size        int64
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
	if size == 0 || size > int64(len(b)) {
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
func frameSize(b []byte) int64 {
	if len(b) < headerBytes || binary.BigEndian.Uint32(b) == 0 {
		return 0
	}
	return headerBytes + int64(binary.BigEndian.Uint32(b))
}

// windowBytes is how much of a file is read at once.
const windowBytes = 64 << 10

// window reads a file in large pieces, up to end.
type window struct {
	file io.ReaderAt
	end  int64
	pos  int64 // of buf
	buf  []byte
}

// bytes returns n bytes of the file, fewer at its end. They hold until the next call.
func (w *window) bytes(pos, n int64) ([]byte, error) {
	if n = min(n, w.end-pos); n <= 0 {
		return nil, nil
	}
	if pos < w.pos || pos+n > w.pos+int64(len(w.buf)) {
		size := min(max(n, windowBytes), w.end-pos)
		if int64(cap(w.buf)) < size {
			w.buf = make([]byte, size)
		}
		read, err := w.file.ReadAt(w.buf[:size], pos)
		w.pos, w.buf = pos, w.buf[:read]
		if int64(read) < n {
			if err != io.EOF {
				return nil, err
			}
			n = int64(read)
		}
	}
	return w.buf[pos-w.pos:][:n], nil
}

// frame reads the frame at a place; false as decodeFrame.
func (w *window) frame(code string, pos int64, after eventlog.Offset) (frame, bool, error) {
	b, err := w.bytes(pos, headerBytes)
	if size := frameSize(b); err == nil && size > 0 && size <= w.end-pos {
		if b, err = w.bytes(pos, size); err == nil {
			f, ok := decodeFrame(code, pos, after, b)
			return f, ok, nil
		}
	}
	return frame{}, false, err
}

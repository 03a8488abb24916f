package filelog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"drumroll/internal/eventlog"
)

// content is what an event's file holds.
type content struct {
	records     int // that are whole, without a gap from the first one on
	first, head eventlog.Offset
	last, end   int64 // where the last of their frames begins and ends
	used        int64 // what stands behind it is zero; more than end if the tail is torn
	stranded    int   // records in whole frames behind a place that is not whole
	damage      error // wraps ErrCorrupt and says what may be missing; nil if the tail is torn
}

// scan reads a whole file. visit is called with the place of each frame and the offset of
// the record before it. The error is that of the operating system, or a newer format.
func scan(file io.ReaderAt, size int64, code string, visit func(after eventlog.Offset, pos int64)) (c content, err error) {
	w := &window{file: file, end: size}
	c.last, c.end, c.used = headBytes, headBytes, headBytes
	b, err := w.bytes(0, headBytes)
	if err != nil {
		return c, err
	}
	headErr := checkHead(b, code)
	if errors.Is(headErr, errFormat) {
		return c, headErr
	}
	for {
		f, ok, err := w.frame(code, c.end, c.head)
		if err != nil {
			return c, err
		}
		if !ok {
			break
		}
		if c.records == 0 {
			c.first = f.first
		}
		visit(c.head, c.end)
		c.records, c.head, c.last, c.end = c.records+len(f.records), f.last, c.end, c.end+f.size
	}
	if err := c.scanTail(w, code); err != nil {
		return c, err
	}
	switch {
	case headErr != nil:
		c.damage = headErr
	case c.stranded > 0:
		c.damage = fmt.Errorf("%w: no whole append at byte %d, but whole ones behind it", eventlog.ErrCorrupt, c.end)
	case c.records == 0: // Create makes no such file
		c.damage = fmt.Errorf("%w: no append at all", eventlog.ErrCorrupt)
	}
	if c.damage != nil {
		c.damage = fmt.Errorf("%w; %s; what came later may be missing", c.damage, c.describe())
	}
	return c, nil
}

// scanTail looks at what stands behind the last whole frame.
func (c *content) scanTail(w *window, code string) error {
	c.used = c.end
	for pos := c.end; pos < w.end; {
		b, err := w.bytes(pos, 4<<10)
		if err != nil {
			return err
		}
		if bytes.Count(b, []byte{0}) == len(b) {
			pos += max(int64(len(b))-3, 1) // the length of a frame may begin with three zeros
			continue
		}
		nonzero := b[0] != 0
		f, ok, err := w.frame(code, pos, c.head)
		if err != nil {
			return err
		}
		if ok {
			c.stranded += len(f.records)
		}
		if pos += max(f.size, 1); ok || nonzero {
			c.used = pos
		}
	}
	return nil
}

// describe says how much is certain.
func (c *content) describe() string {
	if c.records == 0 {
		return "no record is certain"
	}
	return fmt.Sprintf("%d records are certain, the last of %s", c.records, time.UnixMilli(int64(c.head.Ms)).UTC().Format("2006-01-02 15:04:05 UTC"))
}

// openFile opens, locks and scans an event's file, and makes what it holds durable. Errors:
// fs.ErrNotExist, ErrCorrupt, those of scan.
func openFile(path, code string, visit func(eventlog.Offset, int64)) (file *os.File, c content, err error) {
	if file, err = os.OpenFile(path, os.O_RDWR, 0); err != nil {
		return nil, c, err
	}
	if err = tryLock(file); err == nil {
		if c, err = scanFile(file, code, visit); err == nil {
			err = c.damage
		}
	}
	if err == nil {
		// A killed process may have written the last frame without syncing it, or the sync may
		// have failed, after which another one proves nothing: it is written again. A torn tail
		// is overwritten with zeros.
		b := make([]byte, c.used-c.last)
		if _, err = file.ReadAt(b[:c.end-c.last], c.last); err == nil {
			err = writeSynced(file, b, c.last)
		}
	}
	if err != nil {
		return nil, c, errors.Join(err, file.Close())
	}
	return file, c, nil
}

func scanFile(file *os.File, code string, visit func(eventlog.Offset, int64)) (content, error) {
	info, err := file.Stat()
	if err != nil {
		return content{}, err
	}
	return scan(file, info.Size(), code, visit)
}

func writeSynced(file *os.File, b []byte, pos int64) error {
	if _, err := file.WriteAt(b, pos); err != nil {
		return err
	}
	return syncData(file)
}

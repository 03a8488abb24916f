package filelog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"drumroll/internal/eventlog"
)

// damagedSuffix comes between a file's name and the time in that of its backup.
const damagedSuffix = ".damaged-"

// Finding is what Repair found in an event's file, and did.
type Finding struct {
	Damage  error     // nil: the file is whole, and was left alone
	Records int       // that are whole, without a gap from the first one on
	First   time.Time // of the first of them, by the log's clock
	Last    time.Time
	// Stranded counts the later records that are whole, but not without a gap before them.
	// They stay in the backup alone.
	Stranded int
	Backup   string // where the damaged file is kept; "": nothing was changed
}

// Repair looks at the file of one event (DIR/events/CODE.log) and, unless dry, makes it
// whole again with all records before the first damage. The damaged file is kept next to
// it. A process that found the damage has closed the file, and serves the event again
// within seconds. The error is one line: there is no such file, it is in use, cannot be
// written, or holds no record.
func Repair(path string, dry bool) (out Finding, err error) {
	code, ok := strings.CutSuffix(filepath.Base(path), fileSuffix)
	if !ok || !eventlog.ValidCode(code) {
		return out, fmt.Errorf("%s is no event's file: want …/%s/CODE%s", path, eventsFolder, fileSuffix)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return out, err
	}
	out, temp, err := repairFile(file, path, code, dry)
	// Windows does not rename over an open file. A process that opens it before the rename
	// finds the damage, and looks again.
	if err = errors.Join(err, file.Close()); err != nil || temp == "" {
		return out, err
	}
	return out, replaceFile(temp, path)
}

// repairFile does all of Repair except putting the new file, temp, in its place; "" if there
// is none.
func repairFile(file *os.File, path, code string, dry bool) (out Finding, temp string, err error) {
	if err := tryLock(file); err != nil {
		return out, "", fmt.Errorf("%s: %w", path, err)
	}
	c, err := scanFile(file, code, func(eventlog.Offset, int64) {})
	out = Finding{Damage: c.damage, Records: c.records, Stranded: c.stranded}
	switch {
	case errors.Is(err, errFormat):
		return Finding{}, "", fmt.Errorf("%s: %w", path, err)
	case err != nil: // a sector that cannot be read
		out.Damage = fmt.Errorf("%w: the file cannot be read: %w; %s", eventlog.ErrCorrupt, err, c.describe())
	case c.damage == nil && c.used > c.end:
		out.Damage = fmt.Errorf("%w: the last append is not whole; %s", eventlog.ErrCorrupt, c.describe())
	}
	if out.Records > 0 {
		out.First, out.Last = time.UnixMilli(int64(c.first.Ms)).UTC(), time.UnixMilli(int64(c.head.Ms)).UTC()
	}
	switch {
	case out.Damage == nil:
		return out, "", nil
	case out.Records == 0:
		return out, "", fmt.Errorf("%s: no record can be saved: restore the file from a backup, or remove it", path)
	case dry:
		return out, "", nil
	}
	backup := path + damagedSuffix + time.Now().UTC().Format("20060102T150405.000Z")
	info, err := file.Stat()
	if err == nil {
		temp, err = writeTemp(path, io.NewSectionReader(file, 0, info.Size()))
	}
	if err == nil {
		err = replaceFile(temp, backup)
	}
	if err != nil {
		return out, "", fmt.Errorf("keep the damaged file as %s: %w", backup, err)
	}
	out.Backup = backup
	temp, err = writeTemp(path, io.MultiReader(bytes.NewReader(encodeHead(code)), io.NewSectionReader(file, headBytes, c.end-headBytes)))
	return out, temp, err
}

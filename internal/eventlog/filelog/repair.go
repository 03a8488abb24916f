package filelog

import (
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

// Finding is what an event's file holds, and what Repair did.
type Finding struct {
	Damage      error     // nil: the file is whole, and was left alone
	Records     int       // that are whole, without a gap from the first one on
	First, Last time.Time // of those records, by the log's clock
	// Stranded counts the later records that are whole, but not without a gap before them.
	// They stay in the backup alone.
	Stranded int
	Backup   string // where the damaged file is kept; "": nothing was changed

	head      eventlog.Offset
	newest    mark // the frame that holds the head
	end, used int  // where that frame ends; behind used there are zeros, and more than end is a torn tail
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
func repairFile(file *os.File, path, code string, dry bool) (c Finding, temp string, err error) {
	if err := tryLock(file); err != nil {
		return c, "", fmt.Errorf("%s: %w", path, err)
	}
	b, err := io.ReadAll(file)
	c = scan(b, code)
	switch {
	case err != nil: // a sector that cannot be read
		c.Damage = fmt.Errorf("%w: the file cannot be read: %w; %s", eventlog.ErrCorrupt, err, &c)
	case c.Damage == nil && c.used > c.end:
		c.Damage = fmt.Errorf("%w: the last append is not whole; %s", eventlog.ErrCorrupt, &c)
	}
	switch {
	case c.Damage == nil:
		return c, "", nil
	case !errors.Is(c.Damage, eventlog.ErrCorrupt):
		return Finding{}, "", fmt.Errorf("%s: %w", path, c.Damage)
	case c.Records == 0:
		return c, "", fmt.Errorf("%s: no record can be saved: restore the file from a backup, or remove it", path)
	case dry:
		return c, "", nil
	}
	backup := path + damagedSuffix + time.Now().UTC().Format("20060102T150405.000Z")
	if temp, err = writeTemp(path, b); err == nil {
		err = replaceFile(temp, backup)
	}
	if err != nil {
		return c, "", fmt.Errorf("keep the damaged file as %s: %w", backup, err)
	}
	c.Backup = backup
	temp, err = writeTemp(path, append(encodeHead(code), b[headBytes:c.end]...))
	return c, temp, err
}

package boltlog

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"drumroll/internal/eventlog"
)

// damagedSuffix comes between a file's name and the time in that of its backup.
// Deleting the event deletes its backups too.
const damagedSuffix = ".damaged-"

// Finding is what Repair found in an event's file, and did.
type Finding struct {
	Damage  error // nil: the file is whole, and was left alone
	Records int   // that are whole, without a gap from the first one on
	First   time.Time
	Last    time.Time // of the last of them, by the log's clock; zero: there is none
	// Stranded counts the later records that can be read, but not without a gap
	// before them. They stay in the backup alone.
	Stranded int
	Backup   string // where the damaged file is kept; "": nothing was changed
}

// Repair looks at the file of one event (DIR/events/CODE.db) and, unless dry, makes
// it whole again with all records before the first damage. The damaged file is kept next to
// it. If another process found the damage when it opened the file, it has closed the file,
// and serves the event again within seconds; if it found the damage in the open file, it
// holds the file until it ends. The error is one line: there is no such file, it is
// in use, cannot be written, or holds no record.
func Repair(path string, dry bool) (Finding, error) {
	code, ok := strings.CutSuffix(filepath.Base(path), ".db")
	if !ok || !eventlog.ValidCode(code) {
		return Finding{}, fmt.Errorf("%s is no event's file: want …/%s/CODE.db", path, eventsFolder)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return Finding{}, err
	}
	out, temp, err := repairFile(path, f, dry)
	// Windows does not rename over an open file. A process that opens it before the rename
	// finds the damage, and looks again.
	if err = errors.Join(err, f.Close()); err != nil || temp == "" {
		return out, err
	}
	return out, replaceFile(temp, path)
}

// repairFile does all of Repair except putting the new file, temp, in its place; "" if there
// is none.
func repairFile(path string, f *os.File, dry bool) (out Finding, temp string, err error) {
	switch err := tryLock(f); {
	case errors.Is(err, errLocked):
		return out, "", fmt.Errorf("%s is in use by a drumroll: stop that first", path)
	case err != nil:
		return out, "", fmt.Errorf("lock %s: %w", path, err)
	}
	im, err := imageOfFile(f)
	if err != nil {
		return out, "", err
	}
	found, err := examineImage(im)
	if err != nil {
		// A sector that cannot be read.
		found = examination{damage: damaged("the file cannot be read: %w", err)}
	}
	t, last := found.tree, eventlog.Offset{}
	if found.damage == nil {
		last = t.head
	} else {
		t, last = im.longestTree()
	}
	out.Damage = found.damage
	if t != nil {
		// The tree was walked before, so that this much is there.
		_ = t.walk(func(at eventlog.Offset, _ []byte) error {
			if at.Compare(last) > 0 {
				return errEnough
			}
			if out.Records++; out.Records == 1 {
				out.First = time.UnixMilli(int64(at.Ms)).UTC()
			}
			out.Last = time.UnixMilli(int64(at.Ms)).UTC()
			return nil
		})
	}
	if out.Damage == nil {
		return out, "", nil
	}
	out.Stranded = im.countStranded(last)
	if out.Records == 0 {
		return out, "", fmt.Errorf("%s: no record can be saved: restore the file from a backup, or remove it", path)
	}
	if dry {
		return out, "", nil
	}
	out.Backup = path + damagedSuffix + time.Now().UTC().Format("20060102T150405.000Z")
	if err := copyFile(f, out.Backup); err != nil {
		return out, "", fmt.Errorf("keep the damaged file as %s: %w", out.Backup, err)
	}
	temp, err = rebuildFile(path, t, last)
	return out, temp, err
}

// errEnough ends a walk.
var errEnough = errors.New("enough")

// longestTree is the tree with the longest beginning of the log that is whole, and the
// last record of that; nil if no record can be saved. The tree of one append
// earlier is a candidate, since an append only writes to free room; and if no meta page is
// left, so is every page that looks like a root.
func (im *image) longestTree() (best *tree, last eventlog.Offset) {
	records := 0
	try := func(root uint64, m *meta) {
		t := newTree(im, root, im.pages())
		err := t.walk(nil) // up to the first damage; the error does not matter
		n, end := t.records, t.head
		if m == nil || err == nil && t.checkAllPagesUsed(m) != nil {
			n, end = t.recordsUntilGap()
		}
		if n > records {
			best, last, records = t, end, n
		}
	}
	for i := range im.metas {
		if m := &im.metas[i]; m.valid {
			try(m.root, m)
		}
	}
	if im.newestMeta() == nil {
		im.eachRoot(func(root uint64) { try(root, nil) })
	}
	return best, last
}

// recordsUntilGap is how far a tree goes before it leaves out a record that is in the
// file: it may have been led to a page of another time.
func (t *tree) recordsUntilGap() (records int, last eventlog.Offset) {
	var all []eventlog.Offset
	t.im.eachRecord(func(at eventlog.Offset) { all = append(all, at) })
	slices.SortFunc(all, eventlog.Offset.Compare)
	all = slices.Compact(all)
	_ = t.walk(func(at eventlog.Offset, _ []byte) error {
		if records >= len(all) || all[records] != at {
			return errEnough
		}
		records, last = records+1, at
		return nil
	})
	return records, last
}

// countStranded counts the different records after last that can be read by themselves.
func (im *image) countStranded(last eventlog.Offset) int {
	seen := map[eventlog.Offset]bool{}
	im.eachRecord(func(at eventlog.Offset) {
		if at.Compare(last) > 0 {
			seen[at] = true
		}
	})
	return len(seen)
}

func copyFile(from *os.File, to string) error {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	info, err := from.Stat()
	if err == nil {
		_, err = io.Copy(f, io.NewSectionReader(from, 0, info.Size()))
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}

// removeBackups removes the damaged files that were kept next to an event's.
func removeBackups(path string) error {
	dir, prefix := filepath.Dir(path), filepath.Base(path)+damagedSuffix
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// rebuildBatch is how many records one transaction of a rebuild takes.
const rebuildBatch = 1000

// rebuildFile writes the tree's records up to last into a new file next to path, and
// returns its name. After an error there is no such file.
func rebuildFile(path string, t *tree, last eventlog.Offset) (temp string, err error) {
	temp, err = tempFile(path)
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("rebuild %s: %w", path, err), os.Remove(temp))
		}
	}()
	db, err := bolt.Open(temp, 0o600, &bolt.Options{Timeout: lockWait})
	if err != nil {
		return temp, err
	}
	var batch []eventlog.Record
	flush := func() error {
		err := db.Update(func(tx *bolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists(bucketName())
			if err != nil {
				return err
			}
			for _, r := range batch {
				if err := putRecord(b, r.Offset, r.Data); err != nil {
					return err
				}
			}
			return nil
		})
		batch = batch[:0]
		return err
	}
	err = t.walk(func(at eventlog.Offset, data []byte) error {
		if at.Compare(last) > 0 {
			return errEnough
		}
		batch = append(batch, eventlog.Record{Offset: at, Data: data})
		if len(batch) < rebuildBatch {
			return nil
		}
		return flush()
	})
	if errors.Is(err, errEnough) || t.head == last { // damage after the last record is left out
		err = nil
	}
	if err == nil {
		err = flush()
	}
	return temp, errors.Join(err, db.Close())
}

// replaceFile renames a new file to an event's. A crash leaves the one or the other
// under that name.
func replaceFile(temp, path string) error {
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncFolder(filepath.Dir(path))
}

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
// it whole again with all records before the first damage; the damaged file is kept
// beside it. A Log of another process that found the damage has let go of the file,
// and serves the event again within seconds; one that met it in a file it had open
// holds it until it is closed. The error is one line: there is no such file, it is
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
	out, temp, err := repair(path, f, dry)
	// Windows does not rename over an open file. Who opens it meanwhile finds it
	// damaged, and looks again.
	if err = errors.Join(err, f.Close()); err != nil || temp == "" {
		return out, err
	}
	return out, takePlace(temp, path)
}

// repair does all of Repair except putting the new file, temp, in its place; "" where
// that is not to be done.
func repair(path string, f *os.File, dry bool) (out Finding, temp string, err error) {
	switch err := tryLock(f); {
	case errors.Is(err, errLocked):
		return out, "", fmt.Errorf("%s is in use by a drumroll: stop that first", path)
	case err != nil:
		return out, "", fmt.Errorf("lock %s: %w", path, err)
	}
	im, err := imageOf(f)
	if err != nil {
		return out, "", err
	}
	found, err := examine(im)
	if err != nil {
		// A sector that cannot be read.
		found = examination{damage: damaged("the file cannot be read: %w", err)}
	}
	t, last := found.tree, eventlog.Offset{}
	if found.damage == nil {
		last = t.head
	} else {
		t, last = im.longest()
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
	out.Stranded = im.stranded(last)
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
	temp, err = rebuild(path, t, last)
	return out, temp, err
}

// errEnough ends a walk.
var errEnough = errors.New("enough")

// longest is the tree with the longest beginning of the log that is whole, and the
// last record of that; nil where no record can be saved. The tree of one append
// earlier is a candidate, since an append only writes where nothing stood; and
// where no meta page is left, whatever looks like a root.
func (im *image) longest() (best *tree, last eventlog.Offset) {
	records := 0
	try := func(root uint64, m *meta) {
		t := newTree(im, root, im.pages())
		err := t.walk(nil) // up to the first damage, and how it ends says no more
		n, end := t.records, t.head
		if m == nil || err == nil && t.closed(m) != nil {
			n, end = t.untilGap()
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
	if im.newest() == nil {
		im.roots(func(root uint64) { try(root, nil) })
	}
	return best, last
}

// untilGap is how far a tree goes before it leaves out a record that is in the
// file: it may have been led to a page of another time.
func (t *tree) untilGap() (records int, last eventlog.Offset) {
	var all []eventlog.Offset
	t.im.everyRecord(func(at eventlog.Offset) { all = append(all, at) })
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

// stranded counts the different records after last that can be read by themselves.
func (im *image) stranded(last eventlog.Offset) int {
	seen := map[eventlog.Offset]bool{}
	im.everyRecord(func(at eventlog.Offset) {
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

// removeBackups removes the damaged files that were kept beside an event's.
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

// rebuild writes the tree's records up to last into a new file beside path, and
// returns its name. After an error there is no such file.
func rebuild(path string, t *tree, last eventlog.Offset) (temp string, err error) {
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
				if err := put(b, r.Offset, r.Data); err != nil {
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
	if errors.Is(err, errEnough) || t.head == last { // what is damaged behind the last record is left behind
		err = nil
	}
	if err == nil {
		err = flush()
	}
	return temp, errors.Join(err, db.Close())
}

// takePlace renames a new file to an event's. A crash leaves the one or the other
// under that name.
func takePlace(temp, path string) error {
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncFolder(filepath.Dir(path))
}

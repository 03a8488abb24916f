package boltlog

import (
	"errors"
	"fmt"
	"os"
	"time"

	"drumroll/internal/eventlog"
)

// # What a damaged file may have lost
//
// bbolt writes the pages of an append to free room, syncs them, then writes the append's
// meta page over the older one of two, and syncs that. From this follows which damage can
// be repaired automatically:
//
//   - A power cut before the meta page leaves both meta pages of before: the append
//     was not acknowledged. Nothing to do. A kill tears nothing: what was written is
//     the kernel's.
//   - A power cut in the meta page could tear it, on a disk that tears 64 bytes. So could
//     later damage, of an append that was acknowledged. In both cases the append's
//     pages were synced before: they are found in the file, whole, under a root that
//     no meta page names. They are taken in in both cases, because an entry of unknown
//     outcome may count. Nothing is lost, and no decision is needed.
//   - The older meta page is damaged: the other one is the newest, and the next append
//     writes over the damage. It is told by its number where that can still be read, and
//     there is no trace of a later record in the file.
//   - One meta page is gone, there is no later root, and not even the number tells which it
//     was: the last append may be missing. The event stops until the operator decides
//     (Repair).
//   - A page of the newest tree is damaged: it was synced before its meta page, so
//     the disk lied or lost it later. What the tree holds from there on may be
//     missing. The event stops.
//
// bbolt alone would silently go back to the older meta page, and go on from there.

// examination is what a look at a whole file found.
type examination struct {
	tree *tree // the log, if damage is nil
	// rebuild: the tree is whole and the newest, but no meta page leads to it.
	rebuild bool
	// settle: one meta page is damaged, and another transaction writes over it.
	settle bool
	damage error // wraps ErrCorrupt, and says what may be missing
}

// healFile checks the file before bbolt opens it, and rebuilds it if its newest tree is
// whole and no meta page leads there. said: what was repaired; resettle: a transaction has
// to write over a damaged meta page. The error is ErrCorrupt or the operating system's;
// fs.ErrNotExist if there is no file.
func healFile(path string) (said string, resettle bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", false, err
	}
	found, err := examineFile(f)
	var temp string
	switch {
	case err != nil:
	case found.damage != nil:
		err = found.damage
	case found.settle:
		said, resettle = "the older of the file's two heads could not be read; nothing is missing", true
	case found.rebuild:
		said = "the newest of the file's two heads could not be read; the last append was found whole, and nothing is missing"
		temp, err = rebuildFile(path, found.tree, found.tree.head)
	}
	if err = errors.Join(err, f.Close()); err == nil && temp != "" {
		err = replaceFile(temp, path)
	}
	return said, resettle, err
}

// examineFile is examineImage of an open file.
func examineFile(f *os.File) (examination, error) {
	im, err := imageOfFile(f)
	if err != nil {
		return examination{}, err
	}
	return examineImage(im)
}

func imageOfFile(f *os.File) (*image, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return newImage(f, info.Size(), os.Getpagesize())
}

// examineImage reads the whole file. The error is the operating system's.
func examineImage(im *image) (examination, error) {
	newest := im.newestMeta()
	if newest == nil {
		return examination{damage: fmt.Errorf("%w; all of it may be missing", damaged("neither of the file's two heads can be read"))}, nil
	}
	t := newTree(im, newest.root, newest.pages)
	err := t.walk(nil)
	missing := "what came later may be missing"
	if err == nil {
		err = t.checkAllPagesUsed(newest)
		missing = "others may be missing"
	}
	switch {
	case errors.Is(err, eventlog.ErrCorrupt):
		return examination{damage: fmt.Errorf("%w; %s; %s", err, t.describe(), missing)}, nil
	case err != nil:
		return examination{}, err
	case im.metas[0].valid && im.metas[1].valid:
		return examination{tree: t}, nil
	}
	later, traces := im.findLaterTree(t)
	other := im.metas[1-newest.txid%2]
	switch {
	case later != nil:
		return examination{tree: later, rebuild: true}, nil
	case !traces && other.txid+1 == newest.txid:
		return examination{tree: t, settle: true}, nil
	}
	return examination{damage: fmt.Errorf("%w; %s; the last append may be missing, a batch acknowledged at that time or after it",
		damaged("one of the file's two heads cannot be read, perhaps the newest"), t.describe())}, nil
}

// describe says what a tree holds.
func (t *tree) describe() string {
	if t.records == 0 {
		return "no record is whole"
	}
	return fmt.Sprintf("%d records are whole, the last of %s", t.records, stamp(t.head))
}

// stamp is an offset's time as people read it.
func stamp(at eventlog.Offset) string {
	return time.UnixMilli(int64(min(at.Ms, maxMs))).UTC().Format("2006-01-02 15:04:05 UTC")
}

// findLaterTree finds the newest whole tree that goes on from the given one and that no meta
// page leads to; nil for none. traces: something in the file was appended after the given
// tree.
func (im *image) findLaterTree(than *tree) (found *tree, traces bool) {
	im.eachRoot(func(root uint64) {
		t := newTree(im, root, im.pages())
		shared := 0
		err := t.walk(func(at eventlog.Offset, _ []byte) error {
			if at.Compare(than.head) <= 0 {
				shared++
			}
			return nil
		})
		if err != nil || shared != than.records || t.head.Compare(than.head) <= 0 {
			return
		}
		if found == nil || t.head.Compare(found.head) > 0 {
			found = t
		}
	})
	im.eachRecord(func(at eventlog.Offset) { traces = traces || at.Compare(than.head) > 0 })
	return found, traces
}

// eachRoot calls f with every page that looks like a root of the log, of whatever
// time. Pages that cannot be read are none.
func (im *image) eachRoot(f func(number uint64)) {
	im.eachPage(func(number uint64, p *page) {
		if _, _, err := p.bucket(); err == nil {
			f(number)
		}
	})
}

// eachRecord calls f for every record on any page, of whatever time, that can be
// read by itself.
func (im *image) eachRecord(f func(at eventlog.Offset)) {
	im.eachPage(func(_ uint64, p *page) {
		if p.flags != flagLeaf {
			return
		}
		if _, inline, err := p.bucket(); err == nil {
			if inline == nil {
				return
			}
			p = inline
		}
		found, err := p.elements(nil)
		if err != nil {
			return
		}
		for _, e := range found {
			if at, err := decodeKey(e.key); err == nil && !e.bucket {
				if _, err := checkValue(e.key, e.value); err == nil {
					f(at)
				}
			}
		}
	})
}

func (im *image) eachPage(f func(number uint64, p *page)) {
	for n := uint64(2); n < im.pages(); n++ {
		if p, err := im.page(n, im.pages()); err == nil {
			f(n, &p)
		}
	}
}

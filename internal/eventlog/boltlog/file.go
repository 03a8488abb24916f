package boltlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"drumroll/internal/eventlog"
)

// A file holds one bucket. Its keys are offsets (Ms, Seq; 8 bytes each, big
// endian), its values a CRC-32C over key and data (4 bytes, big endian) and the
// data. bbolt checks nothing but its meta pages by itself.
const (
	keyBytes = 16
	crcBytes = 4
)

func bucketName() []byte { return []byte("log") }

// lockWait is how long bbolt may wait for the lock on an event's file. No other process
// should have it, since the folder is locked.
const lockWait = time.Second

// nextOffset is the offset of a record appended now after the last one.
func nextOffset(last eventlog.Offset, now time.Time) eventlog.Offset {
	ms := uint64(max(now.UnixMilli(), 0))
	if ms > last.Ms {
		return eventlog.Offset{Ms: ms}
	}
	return eventlog.Offset{Ms: last.Ms, Seq: last.Seq + 1}
}

func encodeKey(o eventlog.Offset) []byte {
	k := make([]byte, 0, keyBytes)
	k = binary.BigEndian.AppendUint64(k, o.Ms)
	return binary.BigEndian.AppendUint64(k, o.Seq)
}

func decodeKey(k []byte) (eventlog.Offset, error) {
	if len(k) != keyBytes {
		return eventlog.Offset{}, fmt.Errorf("%w: a key of %d bytes", eventlog.ErrCorrupt, len(k))
	}
	return eventlog.Offset{Ms: binary.BigEndian.Uint64(k), Seq: binary.BigEndian.Uint64(k[8:])}, nil
}

func checksum(key, data []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli) // made once by the package
	return crc32.Update(crc32.Checksum(key, table), table, data)
}

func encodeValue(key, data []byte) []byte {
	v := make([]byte, 0, crcBytes+len(data))
	v = binary.BigEndian.AppendUint32(v, checksum(key, data))
	return append(v, data...)
}

// checkValue returns the data in a value.
func checkValue(key, v []byte) ([]byte, error) {
	if len(v) < crcBytes || binary.BigEndian.Uint32(v) != checksum(key, v[crcBytes:]) {
		return nil, fmt.Errorf("%w: a record does not match its checksum", eventlog.ErrCorrupt)
	}
	return v[crcBytes:], nil
}

// decodeValue returns a copy of the data, fit to outlive the transaction.
func decodeValue(key, v []byte) ([]byte, error) {
	data, err := checkValue(key, v)
	if err != nil {
		return nil, err
	}
	// Not bytes.Clone: an empty record is not the absence of one.
	return append([]byte{}, data...), nil
}

// panicked is a panic's value as an error. The database in which it happened may
// hold its own locks for ever: it must neither be used nor closed again.
type panicked struct{ value any }

func (p panicked) Error() string { return fmt.Sprint(p.value) }

// catchPanics runs f and turns a panic into ErrCorrupt and panicked: bbolt panics on
// malformed pages, and its memory map faults if the file is shorter than its meta page
// says.
func catchPanics(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %w", eventlog.ErrCorrupt, panicked{p})
		}
	}()
	return f()
}

func isNotOpen(err error) bool { return errors.Is(err, berrors.ErrDatabaseNotOpen) }

// openFile checks an event's whole file, repairs what can be repaired without a loss (healed
// says what), opens it and returns its head. Errors: fs.ErrNotExist, ErrCorrupt, others of
// the operating system.
func openFile(path string) (db *bolt.DB, head eventlog.Offset, healed string, err error) {
	healed, resettle, err := healFile(path)
	if err != nil {
		return nil, head, "", err
	}
	db, head, err = openSound(path)
	if err == nil && resettle {
		if err = commitEmpty(db); err != nil {
			err = errors.Join(err, db.Close())
		}
	}
	if err != nil {
		return nil, eventlog.Offset{}, "", err
	}
	return db, head, healed, nil
}

// openSound opens a file that was checked.
func openSound(path string) (*bolt.DB, eventlog.Offset, error) {
	var file *os.File
	var db *bolt.DB
	var head eventlog.Offset
	err := catchPanics(func() (err error) {
		db, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout: lockWait,
			OpenFile: func(name string, flag int, perm os.FileMode) (*os.File, error) {
				// bbolt would make a missing file and fill an empty one.
				f, err := os.OpenFile(name, flag&^os.O_CREATE, perm)
				if err != nil {
					return nil, err
				}
				if info, err := f.Stat(); err != nil || info.Size() == 0 {
					return nil, errors.Join(err, f.Close(), fmt.Errorf("%w: the file is empty", eventlog.ErrCorrupt))
				}
				file = f
				return f, nil
			},
		})
		if err != nil {
			return classifyOpenError(err)
		}
		// Records that a killed process wrote but did not sync are visible here. Readers may
		// see them only when they are durable.
		if err := db.Sync(); err != nil {
			return err
		}
		head, err = lastOffset(db)
		return err
	})
	if err == nil {
		return db, head, nil
	}
	var p panicked
	switch {
	case errors.As(err, &p) && file != nil:
		// Nothing else releases the file and its lock now.
		err = errors.Join(err, file.Close())
	case db != nil:
		err = errors.Join(err, db.Close())
	}
	return nil, eventlog.Offset{}, err
}

// classifyOpenError tells damage from errors of the operating system.
func classifyOpenError(err error) error {
	var errno syscall.Errno
	var path *fs.PathError
	switch {
	case errors.Is(err, eventlog.ErrCorrupt), errors.Is(err, berrors.ErrTimeout),
		errors.As(err, &path), errors.As(err, &errno):
		return err
	}
	return fmt.Errorf("%w: %w", eventlog.ErrCorrupt, err)
}

func lastOffset(db *bolt.DB) (head eventlog.Offset, err error) {
	info, err := os.Stat(db.Path())
	if err != nil {
		return head, err
	}
	err = db.View(func(tx *bolt.Tx) error {
		if tx.Size() > info.Size() {
			return fmt.Errorf("%w: the file has %d bytes of %d", eventlog.ErrCorrupt, info.Size(), tx.Size())
		}
		b := tx.Bucket(bucketName())
		if b == nil {
			return fmt.Errorf("%w: the file holds no log", eventlog.ErrCorrupt)
		}
		k, _ := b.Cursor().Last()
		head, err = decodeKey(k)
		return err
	})
	return head, err
}

// createFile makes a whole log under a temporary name beside path and returns
// that name. After an error there is no such file.
func createFile(path string, at eventlog.Offset, first []byte) (temp string, err error) {
	temp, err = tempFile(path)
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temp))
		}
	}()
	db, err := bolt.Open(temp, 0o600, &bolt.Options{Timeout: lockWait})
	if err != nil {
		return temp, err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket(bucketName())
		if err != nil {
			return err
		}
		return putRecord(b, at, first)
	})
	return temp, errors.Join(err, db.Close())
}

// tempFile makes an empty file beside path, mode 0600.
func tempFile(path string) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-*"+tempSuffix)
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

func putRecord(b *bolt.Bucket, at eventlog.Offset, data []byte) error {
	// Keys only rise, so a page is never split in the middle again.
	b.FillPercent = 1
	key := encodeKey(at)
	return b.Put(key, encodeValue(key, data))
}

// appendRecords commits the records in one transaction. The offset of the last
// is returned with an error too: what the head would be had the commit worked.
func appendRecords(db *bolt.DB, head eventlog.Offset, now time.Time, records [][]byte) (eventlog.Offset, error) {
	last := head
	err := catchPanics(func() error {
		return db.Update(func(tx *bolt.Tx) error {
			b := tx.Bucket(bucketName())
			for _, data := range records {
				last = nextOffset(last, now)
				if err := putRecord(b, last, data); err != nil {
					return err
				}
			}
			return nil
		})
	})
	return last, err
}

// commitEmpty commits an empty transaction, and with it everything in the file.
func commitEmpty(db *bolt.DB) error {
	return catchPanics(func() error {
		return db.Update(func(*bolt.Tx) error { return nil })
	})
}

// readRecords returns up to limit records with after < offset <= head.
func readRecords(db *bolt.DB, after, head eventlog.Offset, limit int) (records []eventlog.Record, err error) {
	err = catchPanics(func() error {
		return db.View(func(tx *bolt.Tx) error {
			c := tx.Bucket(bucketName()).Cursor()
			start := encodeKey(after)
			k, v := c.Seek(start)
			if bytes.Equal(k, start) {
				k, v = c.Next()
			}
			previous := after
			for ; k != nil && len(records) < limit; k, v = c.Next() {
				at, err := decodeKey(k)
				if err != nil {
					return err
				}
				if at.Compare(head) > 0 {
					break
				}
				if at.Compare(previous) <= 0 {
					return fmt.Errorf("%w: offset %v after %v", eventlog.ErrCorrupt, at, previous)
				}
				data, err := decodeValue(k, v)
				if err != nil {
					return fmt.Errorf("offset %v: %w", at, err)
				}
				records = append(records, eventlog.Record{Offset: at, Data: data})
				previous = at
			}
			if len(records) == 0 {
				// The head is published, so there is at least that one.
				return fmt.Errorf("%w: nothing between %v and the head %v", eventlog.ErrCorrupt, after, head)
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return records, nil
}

// readOne returns the record at an offset, nil if there is none.
func readOne(db *bolt.DB, at eventlog.Offset) (data []byte, err error) {
	err = catchPanics(func() error {
		return db.View(func(tx *bolt.Tx) error {
			key := encodeKey(at)
			if v := tx.Bucket(bucketName()).Get(key); v != nil {
				data, err = decodeValue(key, v)
			}
			return err
		})
	})
	return data, err
}

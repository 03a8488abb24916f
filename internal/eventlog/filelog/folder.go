package filelog

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	eventsFolder = "events"
	lockName     = "drumroll.lock"
	keyName      = "signing.key"
	keyBytes     = 32
	fileSuffix   = ".log" // of an event's file
	// tempSuffix marks unfinished files; Open removes them.
	tempSuffix = ".tmp"
)

// errLocked is tryLock's error if another process, or this one, holds the lock.
var errLocked = errors.New("in use by another drumroll")

// openFolder makes the folder, locks it for this process until the returned file is closed
// or the process ends in any way, and removes what a crash left unfinished.
func openFolder(dir string) (lock *os.File, err error) {
	events := filepath.Join(dir, eventsFolder)
	if err := os.MkdirAll(events, 0o700); err != nil {
		return nil, fmt.Errorf("data folder %s cannot be made: %w", dir, err)
	}
	lock, err = os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder %s is not writable: %w", dir, err)
	}
	if err = tryLock(lock); err != nil {
		err = fmt.Errorf("data folder %s is %w", dir, err)
	} else if err = probeFolder(dir); err == nil {
		err = errors.Join(removeFiles(dir, "", tempSuffix), removeFiles(events, "", tempSuffix), syncFolder(dir))
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// probeFolder makes and removes a file among the events.
func probeFolder(dir string) error {
	f, err := os.CreateTemp(filepath.Join(dir, eventsFolder), "probe-*"+tempSuffix)
	if err == nil {
		err = errors.Join(f.Close(), os.Remove(f.Name()))
	}
	if err != nil {
		return fmt.Errorf("data folder %s is not writable: %w", dir, err)
	}
	return nil
}

// removeFiles removes the files whose names begin and end so.
func removeFiles(dir, prefix, suffix string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && strings.HasSuffix(e.Name(), suffix) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// writeTemp writes a durable file, mode 0600, next to path and returns its name.
func writeTemp(path string, content []byte) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-*"+tempSuffix)
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// replaceFile renames a file of writeTemp, durably. A crash leaves all or nothing of it.
func replaceFile(temp, path string) error {
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncFolder(filepath.Dir(path))
}

// signingKey reads the key, or makes it. The folder's lock keeps other processes out, the
// caller's lock other goroutines.
func signingKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key = make([]byte, keyBytes)
		_, _ = rand.Read(key) // never fails
		var temp string
		if temp, err = writeTemp(path, key); err == nil {
			err = replaceFile(temp, path)
		}
	}
	if err == nil && len(key) != keyBytes {
		err = fmt.Errorf("%s holds %d bytes instead of %d: restore it from a backup, or remove it and let all guests and hosts sign in again", path, len(key), keyBytes)
	}
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	return key, nil
}

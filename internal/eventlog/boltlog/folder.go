package boltlog

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
	keySize      = 32
	fileSuffix   = ".db" // of an event's file
	// tempSuffix marks unfinished files; Open removes them.
	tempSuffix = ".tmp"
)

// lockFolder locks the folder for this process until the file is closed or the process
// ends in any way.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder %s is not writable: %w", dir, err)
	}
	if err := tryLock(f); err != nil {
		closed := f.Close()
		if errors.Is(err, errLocked) {
			return nil, fmt.Errorf("data folder %s is in use by another drumroll", dir)
		}
		return nil, errors.Join(fmt.Errorf("data folder %s cannot be locked: %w", dir, err), closed)
	}
	return f, nil
}

// probeFolder makes and removes a file in the folder.
func probeFolder(dir string) error {
	f, err := os.CreateTemp(dir, "probe-*"+tempSuffix)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// removeStale removes unfinished files that a crash left.
func removeStale(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), tempSuffix) {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// signingKey reads the folder's key, or makes it. The folder's lock keeps other processes
// out, the caller's lock other goroutines.
func signingKey(dir string) ([]byte, error) {
	path := filepath.Join(dir, keyName)
	key, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return makeKey(dir, path)
	case err != nil:
		return nil, fmt.Errorf("signing key: %w", err)
	case len(key) != keySize:
		return nil, fmt.Errorf("signing key %s holds %d bytes instead of %d: restore it from a backup, or remove it and let all guests and hosts sign in again", path, len(key), keySize)
	}
	return key, nil
}

func makeKey(dir, path string) (key []byte, err error) {
	key = make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	f, err := os.CreateTemp(dir, keyName+"-*"+tempSuffix) // mode 0600
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	_, err = f.Write(key)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make signing key: %w", err), os.Remove(f.Name()))
	}
	// The key is used only when it is certain to survive a power cut.
	if err := syncFolder(dir); err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	return key, nil
}

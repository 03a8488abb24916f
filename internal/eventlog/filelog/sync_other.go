//go:build !linux

package filelog

import "os"

// syncData makes a file's data durable: F_FULLFSYNC on macOS, FlushFileBuffers on Windows.
func syncData(f *os.File) error { return f.Sync() }

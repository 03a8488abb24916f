package filelog

import (
	"errors"
	"os"
	"syscall"
)

// syncData makes a file's data durable. Into space that was written before, it writes no
// metadata.
func syncData(f *os.File) error {
	for {
		if err := syscall.Fdatasync(int(f.Fd())); !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}

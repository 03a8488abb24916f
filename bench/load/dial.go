package load

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

const dialLimit = 10 * time.Second

// Open dials and runs the handshake, and closes the connection if that fails; early
// is what was read beyond the handshake.
func Open(addr string, from int, handshake func(fd int) (early []byte, err error)) (fd int, early []byte, err error) {
	if fd, err = Dial(addr, from); err != nil {
		return -1, nil, err
	}
	if early, err = handshake(fd); err != nil {
		_ = unix.Close(fd)
		return -1, nil, err
	}
	return fd, early, nil
}

// Dial opens a connection to a loopback address. The number from selects the
// address that it comes from: a server limits each, and each has ports of its own.
func Dial(addr string, from int) (fd int, err error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return -1, fmt.Errorf("dial: %w", err)
	}
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("dial %s: %w", addr, err)
	}
	limit := unix.NsecToTimeval(int64(dialLimit))
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit),
		// The port is chosen when the other end is known, so that an address has more of them.
		unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1),
		unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, byte(1 + from%100), byte(1 + from/100%200)}}),
	)
	if err == nil {
		err = unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()})
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("dial %s: %w", addr, err)
	}
	return fd, nil
}

// Read reads from a connection that is not yet in a Loop. Signals, of which the
// runtime sends itself some, interrupt a read that has a timeout.
func Read(fd int, buf []byte) (int, error) {
	for {
		n, err := unix.Read(fd, buf)
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

// BusyError is a handshake that a busy server refused.
type BusyError struct{ Status int }

func (e *BusyError) Error() string { return fmt.Sprintf("refused with %d", e.Status) }

// upgrade writes the request of a handshake and reads its answer up to the empty
// line; early is what follows.
func upgrade(fd int, request []byte) (early []byte, err error) {
	if _, err := unix.Write(fd, request); err != nil {
		return nil, fmt.Errorf("handshake: %w", err)
	}
	var got []byte
	buf := make([]byte, 4096)
	for {
		n, err := Read(fd, buf)
		if err != nil {
			return nil, fmt.Errorf("handshake: %w", err)
		}
		if n == 0 {
			return nil, errors.New("handshake: the server hung up")
		}
		got = append(got, buf[:n]...)
		if end := bytes.Index(got, []byte("\r\n\r\n")); end >= 0 {
			return got[end+4:], checkUpgrade(got[:end])
		}
	}
}

func checkUpgrade(head []byte) error {
	line, _, _ := bytes.Cut(head, []byte("\r\n"))
	fields := bytes.Fields(line)
	if len(fields) < 2 {
		return fmt.Errorf("handshake: %q is no status", line)
	}
	switch status, _ := strconv.Atoi(string(fields[1])); status {
	case 101:
		return nil
	case 429, 503:
		return &BusyError{status}
	default:
		return fmt.Errorf("handshake: %q", line)
	}
}

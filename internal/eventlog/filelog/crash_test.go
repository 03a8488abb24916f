//go:build !windows

package filelog

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"drumroll/internal/eventlog"
)

// The test binary runs itself as a child that is killed, or that has no room to
// write: childRole says what to be, childDir where.
const (
	childRole = "FILELOG_TEST_CHILD"
	childDir  = "FILELOG_TEST_DIR"
)

func TestMain(m *testing.M) {
	var err error
	switch role := os.Getenv(childRole); role {
	case "":
		os.Exit(m.Run())
	case "append":
		err = appendForEver(os.Getenv(childDir))
	case "fill":
		err = fillUp(os.Getenv(childDir))
	default:
		err = fmt.Errorf("unknown role %q", role)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func child(t *testing.T, role, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childRole+"="+role, childDir+"="+dir)
	cmd.Stderr = os.Stderr
	return cmd
}

// appendForEver appends to three events and makes and deletes others, from one
// goroutine each, and prints every acknowledged append: code, offset, record.
func appendForEver(dir string) error {
	l, err := Open(dir, Config{})
	if err != nil {
		return err
	}
	ctx := context.Background()
	var print sync.Mutex
	failed := make(chan error)
	for e := range 3 {
		go func() {
			code := fmt.Sprintf("EVENT%d", e)
			if _, err := l.Create(ctx, code, []byte("first")); err != nil && !errors.Is(err, eventlog.ErrExists) {
				failed <- err
				return
			}
			for i := 0; ; i++ {
				record := fmt.Sprintf("%d-%d-%s", os.Getpid(), i, strings.Repeat("x", i%3000))
				at, err := l.Append(ctx, code, [][]byte{[]byte("part"), []byte(record)})
				if err != nil {
					failed <- err
					return
				}
				print.Lock()
				fmt.Println(code, at, record)
				print.Unlock()
			}
		}()
	}
	go func() {
		for i := 0; ; i++ {
			code := fmt.Sprintf("BRIEF%dX%d", os.Getpid(), i)
			if _, err := l.Create(ctx, code, []byte("first")); err != nil {
				failed <- err
				return
			}
			if i%2 == 0 {
				if err := l.Delete(ctx, code); err != nil {
					failed <- err
					return
				}
			}
		}
	}()
	return <-failed
}

// TestKilled: whatever a process had acknowledged before kill -9 is in the log.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	type ack struct {
		at     eventlog.Offset
		record string
	}
	acks := map[string][]ack{}
	for range 20 {
		cmd := child(t, "append", dir)
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		killAt := 20 + rand.IntN(200)
		lines := bufio.NewReader(stdout)
		for n := 0; ; n++ {
			if n == killAt {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			line, err := lines.ReadString('\n')
			if err != nil {
				break // a line without its end was not told
			}
			var code, offset, record string
			if _, err := fmt.Sscan(line, &code, &offset, &record); err != nil {
				t.Fatalf("child said %q: %v", line, err)
			}
			at, err := eventlog.ParseOffset(offset)
			if err != nil {
				t.Fatal(err)
			}
			acks[code] = append(acks[code], ack{at, record})
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}

		l := mustOpen(t, dir, nil)
		for code, acks := range acks {
			for _, a := range acks {
				got, err := l.At(t.Context(), code, a.at)
				if err != nil || string(got) != a.record {
					t.Errorf("event %s at %v: %.40q, %v, want %.40q", code, a.at, got, err, a.record)
				}
			}
			records := mustRead(t, l, code)
			for i, r := range records[1:] {
				if (r == "part") != (i%2 == 0) {
					t.Fatalf("event %s, record %d is %.40q: an append is torn", code, i+1, r)
				}
			}
		}
		left, err := os.ReadDir(filepath.Join(dir, eventsFolder))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range left {
			code, isEvent := strings.CutSuffix(e.Name(), ".log")
			if !isEvent {
				t.Errorf("%s is left in the folder", e.Name())
			} else if got := mustRead(t, l, code); got[0] != "first" {
				t.Errorf("event %s begins with %.40q", code, got[0])
			}
		}
		mustClose(t, l)
	}
	for e := range 3 {
		if len(acks[fmt.Sprintf("EVENT%d", e)]) == 0 {
			t.Errorf("event %d: nothing was acknowledged, so nothing was tested", e)
		}
	}
}

// fillUp appends under a limit on the size of files, which fails as a full disk
// does, until it is refused; then it lifts the limit and appends once more.
func fillUp(dir string) error {
	signal.Ignore(syscall.SIGXFSZ)
	l, err := Open(dir, Config{})
	if err != nil {
		return err
	}
	ctx := context.Background()
	if _, err := l.Create(ctx, "ABC234", []byte("first")); err != nil {
		return err
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		return err
	}
	limit := old
	limit.Cur = 200_000
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	acknowledged := []string{"first"}
	refused := 0
	for i := 0; refused < 3; i++ {
		record := fmt.Sprintf("%d-%s", i, strings.Repeat("x", 10_000))
		switch _, err := l.Append(ctx, "ABC234", [][]byte{[]byte(record)}); {
		case err == nil:
			acknowledged = append(acknowledged, record)
		case errors.Is(err, eventlog.ErrRefused):
			refused++
		default:
			return fmt.Errorf("append %d: %w, want ErrRefused", i, err)
		}
		if i > 1000 {
			return errors.New("the limit on files has no effect")
		}
	}
	// A limit within the room that was filled ahead stops a write before it begins, or in its
	// middle.
	for _, more := range []int{-100, 0, 10} {
		limit.Cur = uint64(l.files["ABC234"].snapshot().end + int64(more))
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			return err
		}
		if _, err := l.Append(ctx, "ABC234", [][]byte{make([]byte, 100)}); !errors.Is(err, eventlog.ErrRefused) {
			return fmt.Errorf("append with room for %d bytes: %w, want ErrRefused", more, err)
		}
	}
	if _, err := l.Create(ctx, "DEF567", make([]byte, 300_000)); !errors.Is(err, eventlog.ErrRefused) {
		return fmt.Errorf("create: %w, want ErrRefused", err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		return err
	}
	if _, err := l.Append(ctx, "ABC234", [][]byte{[]byte("last")}); err != nil {
		return err
	}
	acknowledged = append(acknowledged, "last")
	records, err := readRecords(ctx, l, "ABC234")
	if err != nil {
		return err
	}
	if len(records) != len(acknowledged) {
		return fmt.Errorf("%d records, want %d", len(records), len(acknowledged))
	}
	for i, r := range records {
		if string(r.Data) != acknowledged[i] {
			return fmt.Errorf("record %d is %.20q, want %.20q", i, r.Data, acknowledged[i])
		}
	}
	if _, err := l.Head(ctx, "DEF567"); !errors.Is(err, eventlog.ErrNotFound) {
		return fmt.Errorf("head of the event that found no room: %w, want ErrNotFound", err)
	}
	return l.Close()
}

// TestFullDisk: an append that finds no room is refused, leaves nothing behind,
// and works again when there is room.
func TestFullDisk(t *testing.T) {
	cmd := child(t, "fill", t.TempDir())
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		t.Errorf("child: %v", err)
	}
}

package redislog_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"drumroll/internal/eventlog/redislog"
	"drumroll/internal/redistest"
)

// told collects what a Log tells its logger.
type told struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *told) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *told) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func (o *told) config() redislog.Config {
	return redislog.Config{Logger: slog.New(slog.NewTextHandler(o, nil))}
}

// onDisk lists the files of a Redis that hold a text.
func onDisk(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) || err == nil && d.IsDir() {
			return nil // a rewrite has just removed it
		}
		var data []byte
		if err == nil {
			data, err = os.ReadFile(path)
		}
		if os.IsNotExist(err) {
			return nil
		}
		if bytes.Contains(data, []byte(text)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// untilNotOnDisk waits until no file of the Redis holds the text.
func untilNotOnDisk(t *testing.T, dir, text string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		found := onDisk(t, dir, text)
		if len(found) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%q still stands in %q", text, found)
		}
	}
}

// eventCode is the code of the i-th event.
func eventCode(i int) string { return fmt.Sprintf("EVENT%d", i) }

// fill makes events whose records hold a text of their own.
func fill(t *testing.T, l *redislog.Log, n int) {
	t.Helper()
	for i := range n {
		if _, err := l.Create(t.Context(), eventCode(i), []byte("secret of "+eventCode(i)+".")); err != nil {
			t.Fatal(err)
		}
	}
}

func remove(t *testing.T, l *redislog.Log, i int) {
	t.Helper()
	if err := l.Delete(t.Context(), eventCode(i)); err != nil {
		t.Fatal(err)
	}
}

// counter reads a number out of INFO.
func counter(t *testing.T, c *redis.Client, name string) (n int) {
	t.Helper()
	info, err := c.Info(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			if _, err := fmt.Sscan(value, &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("INFO has no %s", name)
	return 0
}

// TestDeletedEventLeavesTheFile: soon after a deletion the append-only file holds nothing of
// the event, and many further deletions cost one rewrite.
func TestDeletedEventLeavesTheFile(t *testing.T) {
	t.Parallel()
	const events = 20
	s := redistest.Start(t, "appendfsync", "everysec")
	c := raw(t, s)
	l, err := redislog.Open(t.Context(), s.URL(), redislog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, l, events)
	if len(onDisk(t, s.Dir(), "secret of EVENT0.")) == 0 {
		t.Fatal("the event is not on the disk: this test sees nothing")
	}
	remove(t, l, 0)
	untilNotOnDisk(t, s.Dir(), "secret of EVENT0.")
	for i := range events - 2 {
		remove(t, l, 1+i)
	}
	// Close asks at once for the rewrite that would come within a minute.
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range events - 1 {
		untilNotOnDisk(t, s.Dir(), "secret of "+eventCode(i)+".")
	}
	if found := onDisk(t, s.Dir(), "secret of "+eventCode(events-1)+"."); len(found) == 0 {
		t.Error("the event that was not deleted is gone")
	}
	if n := counter(t, c, "aof_rewrites"); n != 2 {
		t.Errorf("%d rewrites, want 2", n)
	}
}

// TestDeletionDuringARewrite: a rewrite that had begun before the deletion still writes
// the event, so there has to be another.
func TestDeletionDuringARewrite(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, "appendfsync", "everysec", "rdb-key-save-delay", "300000") // µs a key
	c := raw(t, s)
	l := mustOpen(t, s.URL())
	fill(t, l, 3)
	if err := c.BgRewriteAOF(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if counter(t, c, "aof_rewrite_in_progress") != 1 {
		t.Fatal("the rewrite is over already")
	}
	remove(t, l, 0)
	untilNotOnDisk(t, s.Dir(), "secret of EVENT0.")
	if n := counter(t, c, "aof_rewrites"); n != 2 {
		t.Errorf("%d rewrites, want 2", n)
	}
}

// TestDeletionInACluster: the master that held the event rewrites, and no other.
func TestDeletionInACluster(t *testing.T) {
	t.Parallel()
	nodes := redistest.StartCluster(t)
	l := mustOpen(t, nodes[0].URL())
	fill(t, l, 1)
	var holder *redistest.Server
	for _, s := range nodes {
		if len(onDisk(t, s.Dir(), "secret of EVENT0.")) > 0 {
			holder = s
		}
	}
	if holder == nil {
		t.Fatal("the event is on no disk: this test sees nothing")
	}
	remove(t, l, 0)
	untilNotOnDisk(t, holder.Dir(), "secret of EVENT0.")
	for _, s := range nodes {
		want := 0
		if s == holder {
			want = 1
		}
		if n := counter(t, raw(t, s), "aof_rewrites"); n != want {
			t.Errorf("%d rewrites, want %d", n, want)
		}
	}
}

// TestRewriteForbidden: the deletion succeeds, and one warning says what it leaves behind.
func TestRewriteForbidden(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, "appendfsync", "everysec")
	if err := raw(t, s).Do(t.Context(), "acl", "setuser", "default", "-bgrewriteaof").Err(); err != nil {
		t.Fatal(err)
	}
	var said told
	for range 2 {
		l, err := redislog.Open(t.Context(), s.URL(), said.config())
		if err != nil {
			t.Fatal(err)
		}
		fill(t, l, 2)
		remove(t, l, 0)
		remove(t, l, 1)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(said.String(), "level=WARN"); n != 1 || !strings.Contains(said.String(), "append-only file") {
			t.Errorf("it said\n%swant one warning", said.String())
		}
		said = told{}
	}
}

// TestNoFileNoRewrite: a Redis that keeps no append-only file does not begin one.
func TestNoFileNoRewrite(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, "appendonly", "no")
	l, err := redislog.Open(t.Context(), s.URL(), redislog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, l, 1)
	remove(t, l, 0)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if n := counter(t, raw(t, s), "aof_rewrites"); n != 0 {
		t.Errorf("%d rewrites, want none", n)
	}
}

package web_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"drumroll/web"
)

// TestStalledPhones: phones that read nothing are cut, cost less than 64 KB each
// until then, the kernel's queues included, and keep nothing from the others. It
// runs alone, for it looks at the memory of the process.
func TestStalledPhones(t *testing.T) {
	const (
		phones = 100
		most   = 64 << 10 // bytes each
	)
	n := embedded(t, setup{config: func(c *web.Config) { c.SlowReader = 2 * time.Second }})
	s := n.create(t, "Stalled")
	s.poll("P", "live", "A", "B")
	s.must(1, "open", nil)
	reader := s.dial(t, "phone", s.join(t).Token)
	reader.next("state")
	for range phones {
		s.stall(t)
	}
	before := held()
	port := n.URL[strings.LastIndexByte(n.URL, ':')+1:]
	connected := func() int { return s.seen(s.stranger).People.Connected }
	if c := connected(); c != phones+1 {
		t.Fatalf("%d phones connected", c)
	}
	kernel, heap, total := 0, 0, 0
	began := time.Now()
	for i := 0; connected() > 1; i++ {
		if time.Since(began) > patience {
			t.Fatalf("%d phones that do not read are still connected", connected()-1)
		}
		title := fmt.Sprint("Show ", i)
		s.rename(title)
		reader.until(titled(title))
		worst, all := queued(t, port)
		now := held() - before
		kernel, heap, total = max(kernel, worst), max(heap, now), max(total, now+all)
	}
	t.Logf("at most: %d bytes in the kernel for one; %d bytes each, %d of them in this process", kernel, total/phones, heap/phones)
	if kernel == 0 {
		t.Error("the kernel held nothing: the phones were not stalled")
	}
	if kernel > phoneQueue {
		t.Errorf("the kernel held %d bytes for one phone", kernel)
	}
	if each := total / phones; each > most {
		t.Errorf("each stalled phone cost %d bytes, %d of them in this process", each, heap/phones)
	}
}

const phoneQueue = 48 << 10

// stall opens a phone's socket and never reads from it.
func (s *show) stall(t *testing.T) {
	t.Helper()
	token := s.join(t).Token
	d := net.Dialer{Control: smallReceiveBuffer}
	c, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_, err = fmt.Fprintf(c, "GET /%s/ws HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: Bearer %s\r\n"+
		"Sec-WebSocket-Protocol: drumroll.v1\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", s.Code, token)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReaderSize(c, 512), nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: %s", res.Status)
	}
}

// held is what this process holds, garbage excluded.
func held() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc + m.StackInuse)
}

// queued is how many bytes the kernel holds that a port's peers have not taken: for
// one, and all together.
func queued(t *testing.T, port string) (worst, all int) {
	t.Helper()
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	local := fmt.Sprintf(":%04X", number)
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if len(f) < 5 || !strings.HasSuffix(f[1], local) {
			continue
		}
		queue, err := strconv.ParseInt(f[4][:8], 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		if f[3] == "0A" { // listening: its queue is of connections
			continue
		}
		worst, all = max(worst, int(queue)), all+int(queue)
	}
	return worst, all
}

// smallReceiveBuffer has a connection take little that is not read; it must be set
// before the handshake, in which the window is agreed on.
func smallReceiveBuffer(_, _ string, c syscall.RawConn) error {
	var fault error
	err := c.Control(func(fd uintptr) {
		fault = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096)
	})
	if err != nil {
		return err
	}
	return fault
}

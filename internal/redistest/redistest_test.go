package redistest_test

import (
	"net"
	"testing"

	"drumroll/internal/redistest"
)

func TestStopKillRestart(t *testing.T) {
	s := redistest.Start(t, "maxmemory", "10mb")
	listening := func() bool {
		c, err := net.Dial("tcp", s.Addr())
		if err == nil {
			err = c.Close()
		}
		return err == nil
	}
	for name, end := range map[string]func(){"Stop": func() { s.Stop(t) }, "Kill": s.Kill} {
		if !listening() {
			t.Fatalf("before %s: no server listens on %s", name, s.Addr())
		}
		end()
		if listening() {
			t.Errorf("after %s: a server listens on %s", name, s.Addr())
		}
		s.Restart(t)
	}
}

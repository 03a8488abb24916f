//go:build e2e

package e2e

import (
	"encoding/csv"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"drumroll/internal/contract"
	"drumroll/internal/nodetest"
	"drumroll/internal/redistest"
)

// balancerConfig is the file that compose.yaml and docs/OPERATING.md put before nodes.
const balancerConfig = "../../deploy/haproxy.cfg"

// balancer is HAProxy with that file, in which only addresses are changed: of its
// own two listeners, and of the nodes.
type balancer struct {
	t       *testing.T
	addr    string // host:port for people
	numbers string // host:port of its metrics and statistics
	cmd     *exec.Cmd
	stderr  *buffer
}

func startBalancer(t *testing.T, nodes ...*server) *balancer {
	t.Helper()
	b := &balancer{t: t, stderr: &buffer{}}
	// The kernel picks the ports, and HAProxy inherits the listeners: no other
	// process can take a port.
	people, numbers := listener(t), listener(t)
	b.addr, b.numbers = people.Addr().String(), numbers.Addr().String()
	text, err := os.ReadFile(balancerConfig)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(file, []byte(withAddresses(t, string(text), nodes)), 0o600); err != nil {
		t.Fatal(err)
	}
	b.cmd = exec.Command(haproxy(t), "-db", "-f", file)
	b.cmd.Stdout, b.cmd.Stderr = b.stderr, b.stderr
	for _, l := range []*net.TCPListener{people, numbers} {
		f, err := l.File()
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil { // f is another descriptor of the same listener
			t.Fatal(err)
		}
		b.cmd.ExtraFiles = append(b.cmd.ExtraFiles, f) // descriptors 3 and 4
	}
	if err := b.cmd.Start(); err != nil {
		t.Fatalf("start haproxy: %v", err)
	}
	t.Cleanup(b.finish)
	for _, f := range b.cmd.ExtraFiles {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, startLimit, "the balancer finds a node", b.ready)
	return b
}

// haproxy is the program; Debian puts it where not everybody looks.
func haproxy(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"haproxy", "/usr/sbin/haproxy"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("these tests need haproxy (Debian: apt-get install haproxy)")
	return ""
}

func listener(t *testing.T) *net.TCPListener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l.(*net.TCPListener)
}

// withAddresses puts the test's own addresses into the committed file.
func withAddresses(t *testing.T, text string, nodes []*server) string {
	t.Helper()
	replace := func(pattern string, want int, with string) {
		re := regexp.MustCompile(`(?m)^` + pattern + `$`)
		if got := len(re.FindAllString(text, -1)); got != want {
			t.Fatalf("%s has %d lines like %s, want %d", balancerConfig, got, pattern, want)
		}
		text = re.ReplaceAllString(text, with)
	}
	var servers strings.Builder
	for i, n := range nodes {
		fmt.Fprintf(&servers, "\tserver node%d %s\n", i+1, n.node.Addr)
	}
	replace(`\tbind :8080`, 1, "\tbind fd@3")
	replace(`\tbind :8404`, 1, "\tbind fd@4")
	replace(`\tserver node1 node1:8080\n\tserver node2 node2:8080`, 2, strings.TrimSuffix(servers.String(), "\n"))
	return text
}

// ready reports whether people get through to a node that takes them.
func (b *balancer) ready() bool {
	status, _, err := tell(http.DefaultClient, "GET", "http://"+b.addr+"/readyz", "", nil)
	return err == nil && status == http.StatusOK
}

// opened are the connections made to each node so far, by its name in the
// configuration, over all backends.
func (b *balancer) opened() (map[string]int, error) {
	out := map[string]int{}
	return out, b.servers(func(backend, name string, row func(string) string) error {
		n, err := strconv.Atoi(row("stot"))
		out[name] += n
		return err
	})
}

// up reports whether the balancer counts a node in.
func (b *balancer) up(node string) bool {
	found := false
	err := b.servers(func(backend, name string, row func(string) string) error {
		found = found || backend == "nodes" && name == node && strings.HasPrefix(row("status"), "UP")
		return nil
	})
	return err == nil && found
}

// servers calls f for every server line of HAProxy's statistics.
func (b *balancer) servers(f func(backend, name string, row func(column string) string) error) error {
	status, data, err := tell(http.DefaultClient, "GET", "http://"+b.numbers+"/;csv", "", nil)
	if err != nil || status != http.StatusOK {
		return fmt.Errorf("statistics: status %d, %w", status, err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "# "))).ReadAll()
	if err != nil {
		return err
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	for _, row := range rows[1:] {
		name := row[at["svname"]]
		if name == "FRONTEND" || name == "BACKEND" {
			continue
		}
		if err := f(row[at["pxname"]], name, func(column string) string { return row[at[column]] }); err != nil {
			return err
		}
	}
	return nil
}

func (b *balancer) finish() {
	if err := b.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		b.t.Errorf("the balancer ended by itself: %v", err)
	}
	_ = b.cmd.Wait() // SIGTERM is no clean end to HAProxy
	log := b.stderr.String()
	if strings.Contains(log, "[ALERT]") && !strings.Contains(log, "has no server available") {
		b.t.Errorf("the balancer is alarmed:\n%s", nodetest.Tail(log, 4000))
	} else if b.t.Failed() {
		b.t.Logf("the balancer's log:\n%s", nodetest.Tail(log, 4000))
	}
}

// startBalanced starts two nodes on one Redis behind the balancer. Everything
// goes through it; start, stop and kill are for both nodes.
func startBalanced(t *testing.T, flags ...string) *server {
	t.Helper()
	return balanced(t, 2, flags...)
}

func balanced(t *testing.T, nodes int, flags ...string) *server {
	t.Helper()
	redis := redistest.Start(t)
	flags = append([]string{"--trusted-proxies", "127.0.0.1/32"}, flags...)
	s := startNode(t, redis, flags...)
	for range nodes - 1 {
		s.kin = append(s.kin, startNode(t, redis, flags...))
	}
	s.front = startBalancer(t, append([]*server{s}, s.kin...)...)
	return s
}

// The committed file is one that HAProxy takes.
func TestBalancerConfig(t *testing.T) {
	out, err := exec.Command(haproxy(t), "-c", "-f", balancerConfig).CombinedOutput()
	if err != nil {
		t.Fatalf("haproxy -c: %v\n%s", err, out)
	}
	for _, line := range strings.Split(string(out), "\n") {
		// Where this test runs there are no nodes of these names.
		if strings.Contains(line, "[WARNING]") && !strings.Contains(line, "could not resolve address 'node") {
			t.Error(line)
		}
	}
}

// While no node is ready, those that live still answer for themselves: pages are
// shown, and entries are refused with a time to come back.
func TestBalancedWithoutRedis(t *testing.T) {
	s := startBalanced(t)
	e := s.createEvent(t, "Away")
	poll := e.addPoll("Tea or coffee?", "live", "Tea", "Coffee")
	e.verb(poll.ID, "open")
	token := e.join()
	entry := map[string]any{"activity": poll.ID, "choice": []int{1}, "run": 1, "n": 1}
	for range 4 { // both nodes know the event
		e.look()
	}
	s.redis.Kill()
	eventually(t, 30*time.Second, "no node is ready", func() bool { return !s.front.ready() })
	call(t, "GET", s.url()+"/"+e.Code, "", nil, http.StatusOK, nil)
	req, err := http.NewRequest("POST", e.api("/entries"), strings.NewReader(fmt.Sprintf(`{"activity":%d,"choice":[1],"run":1,"n":1}`, poll.ID)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" || res.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("an entry without Redis is answered %s, %v", res.Status, res.Header)
	}
	s.redis.Restart(t)
	eventually(t, 30*time.Second, "the entry is taken when Redis is back", func() bool {
		status, _, err := tell(http.DefaultClient, "POST", e.api("/entries"), token, entry)
		return err == nil && status == http.StatusOK
	})
	if got := e.activity(poll.ID); got.Entries != 1 || got.Counts[1] != 1 {
		t.Errorf("the tally is %+v, want one vote", got)
	}
}

// A killed node does not matter to the next caller, though the balancer
// has not noticed yet.
func TestBalancedNodeIsKilled(t *testing.T) {
	s := startBalanced(t)
	e := s.createEvent(t, "One of two")
	e.look()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	s.kin[0].kill()
	for i := range 60 {
		if status, data, err := tell(client, "GET", e.api(""), "", nil); err != nil || status != http.StatusOK {
			t.Fatalf("call %d after the kill: status %d, %v: %s", i, status, err, data)
		}
	}
	eventually(t, startLimit, "the balancer notices", func() bool { return !s.front.up("node2") })
	s.kin[0].launch()
	eventually(t, startLimit, "the balancer takes it back", func() bool { return s.front.up("node2") })
}

// Any node takes any call: what one did, the next read shows, whichever node it reaches.
func TestAnyNode(t *testing.T) {
	s := startBalanced(t)
	before, err := s.front.opened()
	if err != nil {
		t.Fatal(err)
	}
	// Each call over a connection of its own, so that the balancer chooses again.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ask := func(method, path, bearer string, body any, want int) string {
		t.Helper()
		status, data, err := tell(client, method, s.url()+"/api/v1"+path, bearer, body)
		if err != nil || status != want {
			t.Fatalf("%s %s: status %d, want %d, %v: %s", method, path, status, want, err, data)
		}
		return string(data)
	}
	for i := range 100 {
		title := fmt.Sprintf("Number %d", i)
		var e contract.Created
		decode(t, ask("POST", "/events", "", map[string]any{"title": title}, 201), &e)
		path := "/events/" + e.Code
		var seen contract.Event
		if decode(t, ask("GET", path, "", nil, 200), &seen); seen.Title != title {
			t.Fatalf("read at once, event %d is %+v", i, seen)
		}
		ask("POST", path+"/activities", e.HostKey, map[string]any{"kind": "poll", "title": "Q", "options": []string{"A", "B"}}, 201)
		ask("POST", path+"/activities/1/open", e.HostKey, nil, 200)
		var p struct{ Token string }
		decode(t, ask("POST", path+"/participants", "", nil, 201), &p)
		ask("POST", path+"/entries", p.Token, map[string]any{"activity": 1, "choice": []int{1}}, 200)
		if decode(t, ask("GET", path, "", nil, 200), &seen); seen.People.Joined != 1 || seen.Activities[0].Entries != 1 || seen.Activities[0].Counts[1] != 1 {
			t.Fatalf("read at once, event %d is %+v", i, seen)
		}
		ask("POST", path+"/activities/1/close", e.HostKey, nil, 200)
		ask("POST", path+"/entries", p.Token, map[string]any{"activity": 1, "choice": []int{0}}, 409)
	}
	after, err := s.front.opened()
	if err != nil {
		t.Fatal(err)
	}
	for node, n := range after {
		if n-before[node] < 200 {
			t.Errorf("%s got %d of 800 calls: this tested little", node, n-before[node])
		}
	}
}

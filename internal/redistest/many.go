package redistest

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// StartCluster starts a Redis Cluster of three masters, without replicas, and
// waits until it is whole. It returns the masters.
func StartCluster(t testing.TB) []*Server { t.Helper(); return startCluster(t, 3, 0) }

// StartClusterWithReplicas starts a Redis Cluster of three masters with one
// replica each and waits until it is whole and each replica is in step. It
// returns all six; ClusterMaster finds the master of a key.
func StartClusterWithReplicas(t testing.TB) []*Server {
	t.Helper()
	nodes := startCluster(t, 6, 1)
	waitFor(t, "three replicas in step", func() bool { return countInStep(nodes) == 3 })
	return nodes
}

func startCluster(t testing.TB, servers, replicas int) []*Server {
	t.Helper()
	var nodes []*Server
	args := []string{"--cluster", "create"}
	for range servers {
		s := Start(t, "cluster-enabled", "yes", "cluster-node-timeout", "2000")
		nodes = append(nodes, s)
		args = append(args, s.Addr())
	}
	args = append(args, "--cluster-replicas", fmt.Sprint(replicas), "--cluster-yes")
	if out, err := exec.Command(cli(t), args...).CombinedOutput(); err != nil {
		t.Fatalf("redis-cli --cluster create: %v\n%s", err, out)
	}
	waitFor(t, "the cluster in "+filepath.Dir(nodes[0].dir)+" is whole", func() bool { return ClusterWhole(t, nodes) })
	return nodes
}

// ClusterWhole reports whether every server says that the Cluster is whole.
func ClusterWhole(t testing.TB, nodes []*Server) bool {
	t.Helper()
	for _, s := range nodes {
		out, err := exec.Command(cli(t), "-p", fmt.Sprint(s.port), "cluster", "info").Output()
		if err != nil || !bytes.Contains(out, []byte("cluster_state:ok")) {
			return false
		}
	}
	return true
}

// ClusterMaster is the server that holds a key now.
func ClusterMaster(t testing.TB, nodes []*Server, key string) *Server {
	t.Helper()
	for _, s := range nodes {
		if s.cmd == nil {
			continue
		}
		// A server that does not hold the key names the one that does; a replica names its
		// master.
		out, err := exec.Command(cli(t), "-p", fmt.Sprint(s.port), "exists", key).CombinedOutput()
		if err == nil && !bytes.Contains(out, []byte("MOVED")) {
			return s
		}
	}
	t.Fatalf("no server of the cluster holds %s", key)
	return nil
}

// StartReplica starts a replica of a server and waits until it is in step.
func StartReplica(t testing.TB, master *Server) *Server {
	t.Helper()
	args := []string{"--save", "", "--appendonly", "yes", "--appendfsync", "always",
		"--repl-diskless-sync-delay", "0", "--replicaof", "127.0.0.1", fmt.Sprint(master.port)}
	s := start(t, &Server{port: FreePort(t), dir: t.TempDir(), args: args})
	waitFor(t, "the replica is in step", func() bool { return countInStep([]*Server{s}) == 1 })
	return s
}

// StartSentinels starts three Sentinels, of which two must agree, for a master and its
// replicas. It waits until they know each other and that number of replicas. They replace
// a master that is silent for a second.
func StartSentinels(t testing.TB, name string, master *Server, replicas int) []*Server {
	t.Helper()
	settings := fmt.Sprintf("sentinel monitor %[1]s 127.0.0.1 %[2]d 2\n"+
		"sentinel down-after-milliseconds %[1]s 1000\n"+
		"sentinel failover-timeout %[1]s 6000\n", name, master.port)
	var all []*Server
	for range 3 {
		all = append(all, startSentinel(t, settings))
	}
	waitFor(t, "the Sentinels know each other", func() bool {
		for _, s := range all {
			out, err := exec.Command(cli(t), "-p", fmt.Sprint(s.port), "sentinel", "master", name).Output()
			lines := strings.Split(string(out), "\n")
			if err != nil || lineAfter(lines, "num-slaves") != fmt.Sprint(replicas) || lineAfter(lines, "num-other-sentinels") != "2" {
				return false
			}
		}
		return true
	})
	return all
}

// SentinelMaster is the address of a name's master, as a Sentinel knows it.
func SentinelMaster(t testing.TB, sentinel *Server, name string) string {
	t.Helper()
	out, err := exec.Command(cli(t), "-p", fmt.Sprint(sentinel.port), "sentinel", "get-master-addr-by-name", name).Output()
	if err != nil {
		t.Fatalf("ask a Sentinel: %v", err)
	}
	return strings.Join(strings.Fields(string(out)), ":")
}

func lineAfter(lines []string, what string) string {
	for i := range len(lines) - 1 {
		if lines[i] == what {
			return lines[i+1]
		}
	}
	return ""
}

// inStep counts the servers that are replicas with a link to their master.
func countInStep(servers []*Server) (n int) {
	for _, s := range servers {
		out, err := exec.Command("redis-cli", "-p", fmt.Sprint(s.port), "info", "replication").Output()
		if err == nil && bytes.Contains(out, []byte("master_link_status:up")) {
			n++
		}
	}
	return n
}

func cli(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("redis-cli")
	if err != nil {
		t.Fatalf("these tests need redis-cli on the PATH: %v", err)
	}
	return path
}

func waitFor(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(startLimit); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", startLimit, what)
		}
	}
}

//go:build e2e

package e2e

import (
	"os/exec"
	"strings"
	"testing"
)

// redisKeys are all keys of a Redis, asked with its own command-line client,
// which comes with the server.
func redisKeys(t *testing.T, addr string) []string {
	t.Helper()
	host, port, _ := strings.Cut(addr, ":")
	out, err := exec.Command("redis-cli", "-h", host, "-p", port, "--raw", "KEYS", "*").Output()
	if err != nil {
		t.Fatalf("redis-cli (it comes with redis-server): %v", err)
	}
	return strings.Fields(string(out))
}

package redislog_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drumroll/internal/eventlog/redislog"
	"drumroll/internal/redistest"
)

// minimalRights are those that docs/DURABILITY.md names, for ACL SETUSER.
var minimalRights = []string{
	"resetchannels", "~drumroll:*",
	"+xadd", "+xread", "+xrange", "+xrevrange", "+exists", "+unlink", "+set", "+setnx", "+get", "+time",
	"+eval", "+evalsha", "+hset", "+hdel", "+hgetall", "+pexpire", "+persist", "+multi", "+exec",
	"+ping", "+hello", "+client|setname", "+info", "+config|get", "+bgrewriteaof",
}

// clusterRights come on top in a Cluster; ASKING is sent while slots move.
var clusterRights = []string{"+cluster|slots", "+asking"}

func addUser(t *testing.T, s *redistest.Server, rules ...string) {
	t.Helper()
	args := []any{"acl", "setuser", "drumroll", "reset", "on", ">s3cret/&"}
	for _, r := range rules {
		args = append(args, r)
	}
	if err := raw(t, s).Do(t.Context(), args...).Err(); err != nil {
		t.Fatal(err)
	}
}

// asUser is the server's address with the user and password of addUser.
func asUser(address string) string {
	return strings.Replace(address, "://", "://drumroll:s3cret%2F&@", 1)
}

// TestMinimalRights: a user with no more than the documented rights passes the
// whole suite.
func TestMinimalRights(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	addUser(t, s, minimalRights...)
	conform(t, asUser(s.URL()))
	t.Run("Durability", func(t *testing.T) {
		if d := mustJudge(t, mustOpen(t, asUser(s.URL()))); !d.Lossless {
			t.Errorf("%+v, want all of it read", d)
		}
	})
	t.Run("OtherKeys", func(t *testing.T) {
		l := mustOpen(t, asUser(s.URL()))
		if _, err := l.SigningKey(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestMinimalRightsInACluster(t *testing.T) {
	t.Parallel()
	nodes := redistest.StartCluster(t)
	for _, s := range nodes {
		addUser(t, s, append(clusterRights, minimalRights...)...)
	}
	smoke(t, asUser(nodes[0].URL()))
	// User and password are those of the first address.
	if got := mustRead(t, mustOpen(t, asUser(nodes[0].URL())+","+nodes[1].Addr())); got != "first one two three four" {
		t.Errorf("records %q", got)
	}
}

// TestPasswordIsNotTold: whatever goes wrong, no error holds a password.
func TestPasswordIsNotTold(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	addUser(t, s, "~drumroll:probe", "+ping", "+hello", "+client", "+persist")
	sentinel := redistest.StartSentinel(t, "stage", s)
	for _, urls := range []string{
		strings.Replace(asUser(s.URL()), "s3cret", "s3cret-not", 1),
		asUser(s.URL()) + "?nonsense=1", asUser(s.URL()) + "?ca_file=x", asUser(s.URL()) + "/x",
		asUser("rediss://" + s.Addr()),
		asUser(sentinel.URL()) + "?master_name=other&sentinel_password=s3cret",
		sentinel.URL() + "?master_name=stage&sentinel_username=u&sentinel_password=s3cret",
	} {
		l, err := redislog.Open(t.Context(), urls, redislog.Config{})
		if err == nil {
			t.Errorf("Open(%s) succeeded", urls)
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			continue
		}
		if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("Open(%s): %q, want one line without the password", urls, err)
		}
	}
	// A user who may do nothing but connect.
	l := mustOpen(t, asUser(s.URL()))
	if _, err := l.Create(t.Context(), code, []byte("first")); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("Create: %v, want an error without the password", err)
	}
	if err := l.Ping(t.Context()); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("Ping: %v, want an error without the password", err)
	}
}

// pki is a private authority and what it signed, as PEM files in a folder.
type pki struct{ dir string }

func (p pki) file(name string) string { return filepath.Join(p.dir, name) }

// newPKI makes ca.pem, and for the server and a client certificate and key.
func newPKI(t *testing.T) pki {
	t.Helper()
	p := pki{t.TempDir()}
	write := func(name, kind string, der []byte) {
		b := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
		if err := os.WriteFile(p.file(name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	serial := int64(0)
	issue := func(name string, template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		serial++
		template.SerialNumber = big.NewInt(serial)
		template.Subject = pkix.Name{CommonName: name}
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		template.BasicConstraintsValid = true
		if parent == nil {
			parent, signer = template, key
		}
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
		if err != nil {
			t.Fatal(err)
		}
		write(name+".pem", "CERTIFICATE", der)
		bytes, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		write(name+".key", "EC PRIVATE KEY", bytes)
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return cert, key
	}
	ca, key := issue("ca", &x509.Certificate{IsCA: true, KeyUsage: x509.KeyUsageCertSign}, nil, nil)
	issue("server", &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, ca, key)
	issue("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, ca, key)
	return p
}

// startTLS starts a server that also speaks TLS, and returns it with its rediss
// address. clients: whether it asks for their certificates ("yes", "no").
func startTLS(t *testing.T, p pki, clients string) (*redistest.Server, string) {
	t.Helper()
	port := redistest.FreePort(t)
	s := redistest.Start(t, "tls-port", fmt.Sprint(port), "tls-auth-clients", clients, "tls-ca-cert-file", p.file("ca.pem"),
		"tls-cert-file", p.file("server.pem"), "tls-key-file", p.file("server.key"))
	return s, fmt.Sprintf("rediss://127.0.0.1:%d", port)
}

func TestTLS(t *testing.T) {
	t.Parallel()
	p, foreign := newPKI(t), newPKI(t)
	s, address := startTLS(t, p, "no")
	addUser(t, s, minimalRights...)
	smoke(t, asUser(address)+"?ca_file="+p.file("ca.pem"))
	for _, urls := range []string{
		asUser(address), // the authority is unknown
		asUser(address) + "?ca_file=" + foreign.file("ca.pem"),
		asUser(address) + "?ca_file=" + p.file("missing.pem"),
		asUser(address) + "?ca_file=" + p.file("ca.key"),
		asUser(s.URL()) + "?ca_file=" + p.file("ca.pem"),                                               // not TLS
		strings.Replace(asUser(address), "127.0.0.1", "127.0.0.2", 1) + "?ca_file=" + p.file("ca.pem"), // another name than the certificate's
	} {
		if _, err := redislog.Open(t.Context(), urls, redislog.Config{}); err == nil || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("Open(%s): %v, want one line", urls, err)
		}
	}
}

// TestTLSWithOwnCertificate: Redis asks its clients for one unless told otherwise.
func TestTLSWithOwnCertificate(t *testing.T) {
	t.Parallel()
	p := newPKI(t)
	_, address := startTLS(t, p, "yes")
	address += "?ca_file=" + p.file("ca.pem")
	smoke(t, address+"&cert_file="+p.file("client.pem")+"&key_file="+p.file("client.key"))
	if _, err := redislog.Open(t.Context(), address, redislog.Config{}); err == nil {
		t.Error("Open without a certificate succeeded")
	}
	if _, err := redislog.Open(t.Context(), address+"&cert_file="+p.file("client.pem"), redislog.Config{}); err == nil {
		t.Error("Open with a certificate and no key succeeded")
	}
}

// TestDocumentedRights: what operators are told to set is what was tested.
func TestDocumentedRights(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "DURABILITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, rights := range [][]string{minimalRights, clusterRights} {
		if want := strings.Join(rights, " "); !strings.Contains(string(doc), want) {
			t.Errorf("docs/DURABILITY.md does not name the rights %q", want)
		}
	}
}

package redislog

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// tlsFiles are the PEM files that an address names in its query. Without them the
// machine's authorities are trusted, or those of SSL_CERT_FILE.
type tlsFiles struct {
	authority string // ?ca_file=: who signs the servers' certificates, instead of the machine's authorities
	cert, key string // ?cert_file= and ?key_file=: our own certificate, for servers that ask for one
}

// loadInto puts the files into the settings, which are nil without TLS.
func (f tlsFiles) loadInto(c *tls.Config) error {
	if f == (tlsFiles{}) {
		return nil
	}
	if c == nil {
		return errors.New("ca_file, cert_file and key_file are for rediss:// addresses")
	}
	if f.authority != "" {
		pem, err := os.ReadFile(f.authority)
		if err != nil {
			return fmt.Errorf("ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("ca_file: %s holds no certificate", f.authority)
		}
	}
	if f.cert == "" && f.key == "" {
		return nil
	}
	own, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return fmt.Errorf("cert_file and key_file: %w", err)
	}
	c.Certificates = []tls.Certificate{own}
	return nil
}

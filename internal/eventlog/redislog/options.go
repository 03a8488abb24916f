package redislog

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	dialTimeout = 2 * time.Second
	// ioTimeout bounds the write of a command and the wait for its reply, in addition to
	// the time that a blocking read may block.
	ioTimeout = 3 * time.Second
	// blockLimit is how long one XREAD blocks. A blocked XREAD notices neither a cancelled
	// context nor a dead peer.
	blockLimit = time.Second
	// tailPool is how many events one node can tail at once on each node of a Cluster:
	// every blocked XREAD holds a connection.
	tailPool = 4096
	// clusterReload is how often the map of a Cluster is read again. A master that is gone
	// cannot say who took over, so only a new map leads there; the library's default of a
	// minute would be a minute without entries.
	clusterReload = time.Second
	// commandPool is how many other commands can be under way at once.
	commandPool = 64
)

// parseURLs reads the value of --redis: one address, or several separated by commas, of
// which all but the first may leave out the scheme. Several are the seeds of a Cluster, or
// with ?master_name=x the Sentinels. User, password, database number and TLS (tlsFiles) are
// those of the first. ?sentinel_username=x and ?sentinel_password=x are for Sentinels that
// have a user or a password of their own. Errors never quote the value: it may hold a
// password.
func parseURLs(urls string) (*redis.UniversalOptions, error) {
	var o redis.UniversalOptions
	scheme := ""
	for i, piece := range strings.Split(urls, ",") {
		piece = strings.TrimSpace(piece)
		if i > 0 && !strings.Contains(piece, "://") {
			piece = scheme + "://" + piece
		}
		u, err := url.Parse(piece)
		if err != nil || u.Host == "" || (u.Scheme != "redis" && u.Scheme != "rediss") {
			return nil, fmt.Errorf("address %d of --redis is not of the form redis://[user:password@]host[:port][/database]", i+1)
		}
		scheme = u.Scheme
		query := u.Query()
		takeParameter := func(name string) string {
			defer query.Del(name)
			return query.Get(name)
		}
		o.MasterName = cmp.Or(takeParameter("master_name"), o.MasterName)
		o.SentinelUsername = cmp.Or(takeParameter("sentinel_username"), o.SentinelUsername)
		o.SentinelPassword = cmp.Or(takeParameter("sentinel_password"), o.SentinelPassword)
		files := tlsFiles{authority: takeParameter("ca_file"), cert: takeParameter("cert_file"), key: takeParameter("key_file")}
		u.RawQuery = query.Encode()
		one, err := redis.ParseURL(u.String())
		if err != nil {
			return nil, fmt.Errorf("address %d of --redis (%s): %w", i+1, u.Host, errors.New(strings.ReplaceAll(err.Error(), u.String(), u.Redacted())))
		}
		o.Addrs = append(o.Addrs, one.Addr)
		if i > 0 {
			continue
		}
		o.Username, o.Password, o.DB = one.Username, one.Password, one.DB
		if one.TLSConfig != nil {
			// The dialer sets it: each node is checked against its own name.
			one.TLSConfig.ServerName = ""
			o.TLSConfig = one.TLSConfig
		}
		if err := files.loadInto(o.TLSConfig); err != nil {
			return nil, fmt.Errorf("address 1 of --redis (%s): %w", u.Host, err)
		}
	}
	if len(o.Addrs) > 1 && o.MasterName == "" && o.DB != 0 {
		return nil, errors.New("--redis: a Cluster has no database but 0")
	}

	o.ClientName = "drumroll"
	o.DisableIdentity = true // CLIENT SETINFO is unknown to Redis 7.0
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.MaxRedirects = 3
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = dialTimeout, ioTimeout, ioTimeout
	o.PoolTimeout = ioTimeout
	o.ContextTimeoutEnabled = true
	o.PoolSize = commandPool
	return &o, nil
}

// connect is redis.NewUniversalClient with clusterReload, which it has no option for.
func connect(o *redis.UniversalOptions) redis.UniversalClient {
	if o.MasterName == "" && (o.IsClusterMode || len(o.Addrs) > 1) {
		cluster := o.Cluster()
		cluster.ClusterStateReloadInterval = clusterReload
		return redis.NewClusterClient(cluster)
	}
	return redis.NewUniversalClient(o)
}

// tailOptions are the options of the client for blocking reads.
func tailOptions(o redis.UniversalOptions) *redis.UniversalOptions {
	o.PoolSize = tailPool
	o.PipelinePoolSize = -1
	o.MaxConcurrentDials = 4 * runtime.GOMAXPROCS(0)
	o.ConnMaxIdleTime = time.Minute
	// There is a connection for every event, and it sends little.
	o.WriteBufferSize = 1 << 10
	o.ReadBufferSize = 16 << 10
	return &o
}

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

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/eventlog/filelog"
	"drumroll/internal/eventlog/redislog"
	"drumroll/internal/metrics"
	"drumroll/internal/openfiles"
	"drumroll/internal/rehearse"
	"drumroll/internal/replica"
	"drumroll/internal/selftest"
	"drumroll/static"
	"drumroll/web"
	"drumroll/web/crowd"
	"drumroll/web/kinds"
	"drumroll/web/overload"
)

const (
	maxPending = 200_000     // entries an event that are not settled yet: some 30 MB
	maxWait    = time.Second // that an entry may have to wait behind others; beyond it its phone is told "retry"
	maxBatch   = 4096
	giveUp     = 4 * time.Second // one flush; a waiting client is told "retry" within twice that
	idle       = 10 * time.Minute
	drainAll   = 30 * time.Second // for all sockets, and then the requests under way
)

func serve(ctx context.Context, cfg serveConfig, stdout, stderr io.Writer) error {
	logger := newLogger(cfg.jsonLog, stderr)
	redislog.LogTo(logger)
	cores := raiseMaxProcs(cfg.redis == "")

	log, err := openLog(ctx, cfg, logger)
	if err != nil {
		return err
	}
	defer func() {
		if err := log.Close(); err != nil {
			logger.Error("close log", "err", err)
		}
	}()
	node := metrics.New(buildVersion())
	losses := newDurability(log, logger, node)
	if err := losses.start(ctx, cfg.requireDurable); err != nil {
		return err
	}
	key, err := log.SigningKey(ctx)
	if err != nil {
		return fmt.Errorf("signing key: %w", err)
	}

	// Listen first, so that an address in use is said before anything else starts.
	// Dead phones are noticed within a minute, also by their share of the count.
	lc := net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3}}
	listener, err := lc.Listen(ctx, "tcp", cfg.addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer listener.Close()
	var admin net.Listener
	if cfg.adminAddr != "" {
		if admin, err = lc.Listen(ctx, "tcp", cfg.adminAddr); err != nil {
			// Two programs on one laptop are no reason to refuse the show.
			logger.Warn("no metrics: the admin address cannot be had", "addr", cfg.adminAddr, "err", err)
		}
	}

	replicas := replica.NewSet(replica.Config{
		Log: log, Logger: logger, Metrics: node, Producer: 1 + event.Producer(rand.Uint64N(math.MaxUint64)),
		MaxPending: maxPending, MaxWait: maxWait, MaxBatch: maxBatch, GiveUp: giveUp, Idle: idle,
		Complete: kinds.Completer(key, cfg.beacon),
	})
	lan := lanAddr(listener.Addr())
	server, err := web.New(web.Config{
		Presence: log, Health: log, Replicas: replicas, SigningKey: key, Node: strconv.FormatUint(rand.Uint64(), 16), Files: static.New(), Logger: logger, Metrics: node,
		Config:    overload.Config{Cores: cores, MaxSockets: socketsFor(openfiles.Limit())},
		PublicURL: cfg.publicURL, LAN: lan, CreateKey: cfg.createKey, TrustedProxies: cfg.trustedProxies,
		Beacon: cfg.beacon, BeaconAlways: cfg.beacon != nil, Retention: cfg.retention,
		Self: self(listener.Addr()), MaxSimulated: rehearse.MaxLocalPhones(crowd.MaxSimulated),
	})
	if err != nil {
		replicas.Close()
		return err
	}
	httpServer := &http.Server{
		Handler: server, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}

	group, groupCtx := errgroup.WithContext(context.WithoutCancel(ctx))
	group.Go(func() error { return served(httpServer.Serve(listener)) })
	watchCtx, stopWatch := context.WithCancel(groupCtx)
	group.Go(func() error { losses.watch(watchCtx); return nil })
	group.Go(func() error { cfg.prewarm.run(watchCtx, server, logger); return nil })
	var adminServer *http.Server
	if admin != nil {
		adminServer = &http.Server{Handler: adminHandler(node, server), ReadHeaderTimeout: 10 * time.Second}
		group.Go(func() error { return served(adminServer.Serve(admin)) })
		logger.Info("metrics and pprof", "addr", admin.Addr().String())
	}
	if err := announce(stdout, listener.Addr(), lan, cfg); err != nil {
		logger.Warn("standard output is closed", "err", err)
	}
	logger.Info("serving", "addr", listener.Addr().String(), "version", buildVersion(), "log", logKind(cfg))

	select {
	case <-ctx.Done():
	case <-groupCtx.Done(): // a server failed
	}

	// Not ready, until balancers have noticed; no new sockets, and those there are
	// sent away; requests under way end while entries are still stored; then the
	// folds end, and last the log.
	logger.Info("leaving")
	stopWatch()
	server.Leave()
	select {
	case <-time.After(cfg.drainDelay):
	case <-groupCtx.Done():
	}
	end, cancel := context.WithTimeout(context.Background(), drainAll)
	defer cancel()
	began := time.Now()
	logger.Info("sockets were sent away", "sockets", server.Drain(end), "took", time.Since(began).Round(time.Millisecond))
	err = shutdown(end, httpServer, logger)
	if adminServer != nil {
		err = errors.Join(err, shutdown(end, adminServer, logger))
	}
	replicas.Close()
	return errors.Join(err, group.Wait())
}

// shutdown lets requests under way end. One that does not, since its sender
// stalls, is cut: that is no failure of ours.
func shutdown(ctx context.Context, s *http.Server, logger *slog.Logger) error {
	err := s.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		logger.Warn("requests were cut that did not end in time")
		return s.Close()
	}
	return err
}

// served turns the answer of a server that was shut down into nil.
func served(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func newLogger(json bool, stderr io.Writer) *slog.Logger {
	if json {
		return slog.New(slog.NewJSONHandler(stderr, nil))
	}
	return slog.New(slog.NewTextHandler(stderr, nil))
}

func openLog(ctx context.Context, cfg serveConfig, logger *slog.Logger) (eventlog.Store, error) {
	if cfg.redis != "" {
		return redislog.Open(ctx, cfg.redis, redislog.Config{Retention: cfg.retention, Logger: logger})
	}
	return filelog.Open(cfg.data, filelog.Config{Retention: cfg.retention, Logger: logger})
}

func logKind(cfg serveConfig) string {
	if cfg.redis != "" {
		return "redis"
	}
	return "embedded"
}

func adminHandler(node *metrics.Node, server *web.Server) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", node.Handler())
	mux.Handle("/healthz", server.Health())
	mux.Handle("/readyz", server.Health())
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// socketsFor is how many sockets a node takes that may have so many files open: as
// many as its self-test says.
func socketsFor(files int) int {
	if files == 0 {
		return overload.MaxSockets
	}
	return min(overload.MaxSockets, selftest.SocketsFor(files))
}

// self is where this process reaches its own listener.
func self(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return ""
	}
	host := "127.0.0.1"
	if !tcp.IP.IsUnspecified() {
		host = tcp.IP.String()
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(tcp.Port))
}

// lanAddr is where the local network reaches the listener; zero where it does
// not, since it listens on one address alone or there is no network.
func lanAddr(addr net.Addr) netip.AddrPort {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return netip.AddrPort{}
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return netip.AddrPort{}
	}
	for _, a := range addrs {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil {
			continue
		}
		if ip := prefix.Addr(); ip.Is4() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() {
			return netip.AddrPortFrom(ip, uint16(tcp.Port))
		}
	}
	return netip.AddrPort{}
}

package baseline

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"
	"github.com/redis/go-redis/v9"
)

// synchronous asks the database about each request before it answers.
type synchronous struct{ redis *redis.Client }

// poolSize is the number of Redis connections. With the client's default of 10 per
// core, requests wait for one another; more than this changed nothing.
const poolSize = 100

func newSynchronous(addr string) (*synchronous, error) {
	c := redis.NewClient(&redis.Options{Addr: addr, PoolSize: poolSize, MinIdleConns: poolSize})
	if err := c.Ping(context.Background()).Err(); err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("redis: %w", err)
	}
	return &synchronous{c}, nil
}

func (s *synchronous) close() { _ = s.redis.Close() } // the process ends with it

func (s *synchronous) routes() http.Handler { return entryRoute(s.enter) }

// enter counts a vote. Like a first vote, each costs two round trips.
func (s *synchronous) enter(w http.ResponseWriter, r *http.Request) {
	e, who, ok := readEntry(w, r)
	if !ok {
		return
	}
	key := "vote:" + chi.URLParam(r, "code") + ":" + strconv.Itoa(e.Activity) + ":" + strconv.Itoa(e.Run)
	status := "counted"
	added, err := s.redis.SAdd(r.Context(), key+":who", who).Result()
	if err == nil {
		if added == 0 {
			status = "changed"
		}
		err = s.redis.HIncrBy(r.Context(), key, strconv.Itoa(e.Choice[0]), 1).Err()
	}
	if err != nil {
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	writeAnswer(w, answer{Status: status, Run: e.Run, Offset: "1700000000000-0"})
}

package baseline

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"
	"github.com/redis/go-redis/v9"
)

// synchronous is request → database → answer.
type synchronous struct{ redis *redis.Client }

// poolSize is of Redis connections. The client's default is 10 per core, with which
// requests wait for one another; more than this changed nothing.
const poolSize = 100

func newSynchronous(addr string) *synchronous {
	return &synchronous{redis.NewClient(&redis.Options{Addr: addr, PoolSize: poolSize, MinIdleConns: poolSize})}
}

func (s *synchronous) ping() error {
	if err := s.redis.Ping(context.Background()).Err(); err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	return nil
}

func (s *synchronous) close() { _ = s.redis.Close() } // it held nothing

func (s *synchronous) routes() http.Handler { return entries(s.enter) }

// enter votes: a participant counts once for each option. Benchmarks vote for one
// option after the other, and begin anew; both ways cost two round trips, as a first vote does.
func (s *synchronous) enter(w http.ResponseWriter, r *http.Request) {
	e, who, ok := read(w, r)
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
	tell(w, answer{Status: status, Run: e.Run, Offset: "1700000000000-0"})
}

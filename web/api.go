package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"drumroll/internal/event"
	"drumroll/internal/eventlog"
	"drumroll/internal/replica"
)

// Header values that all answers share. They are never changed.
var (
	noSniff  = []string{"nosniff"}
	noStore  = []string{"no-store"}
	jsonType = []string{"application/json"}
)

// api turns a handler that returns an error into one that answers it.
func (s *Server) api(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header()["X-Content-Type-Options"] = noSniff
		if err := h(w, r); err != nil {
			s.failAPI(w, r, err)
		}
	}
}

// host is api for calls of the host: it finds the event and checks the key.
func (s *Server) host(h func(http.ResponseWriter, *http.Request, *replica.Replica) error) http.HandlerFunc {
	return s.api(func(w http.ResponseWriter, r *http.Request) error {
		rep, err := s.event(r)
		if err != nil {
			return err
		}
		if _, err := s.checkHost(r, rep); err != nil {
			return err
		}
		if r.Method != http.MethodGet {
			// What a host decides on, another node may just have changed.
			ctx, cancel := context.WithTimeout(r.Context(), syncTimeout)
			defer cancel()
			if err := rep.Sync(ctx); err != nil {
				return err
			}
		}
		return h(w, r, rep)
	})
}

// checkHost returns the host key that a request speaks with. A key that this
// node does not know may be a remote's that another node has just made.
func (s *Server) checkHost(r *http.Request, rep *replica.Replica) (string, error) {
	key := hostKey(r, rep.Code())
	if key == "" {
		return "", errNoHostKey
	}
	if isHost(rep, key) {
		return key, nil
	}
	if !s.limits.allow(limitKeys, clientIP(r)) {
		return "", errRate
	}
	_, err := lookTwice(r.Context(), rep, func(st *event.State) (bool, error) {
		if !amongKeys(st.HostKeys(), key) {
			return false, errWrongHostKey
		}
		return true, nil
	})
	if err != nil {
		return "", errWrongHostKey // also where the log does not answer
	}
	return key, nil
}

// participant is api for calls of a phone.
func (s *Server) participant(h func(http.ResponseWriter, *http.Request, *replica.Replica, event.Participant) error) http.HandlerFunc {
	return s.api(func(w http.ResponseWriter, r *http.Request) error {
		rep, err := s.event(r)
		if err != nil {
			return err
		}
		p, err := s.who(r, rep)
		if err != nil {
			return err
		}
		return h(w, r, rep, p)
	})
}

// freshWait is how long a read waits to see what other nodes know.
const freshWait = time.Second

// event finds the event that a request's path names, its code in any case.
func (s *Server) event(r *http.Request) (*replica.Replica, error) {
	rep, err := s.opened(r)
	if err != nil || r.Method != http.MethodGet {
		return rep, err
	}
	// A balancer may send a read elsewhere than the write before it, and a phone
	// whose node left must find here what was acknowledged there. Where the log does
	// not answer, what is known here has to do.
	ctx, cancel := context.WithTimeout(r.Context(), freshWait)
	defer cancel()
	err = rep.Sync(ctx)
	for _, end := range []error{eventlog.ErrNotFound, replica.ErrDeleted, replica.ErrNewer, replica.ErrDamaged} {
		if errors.Is(err, end) {
			return nil, err
		}
	}
	return rep, nil
}

// opened is the event that a request's path names, as this node knows it.
func (s *Server) opened(r *http.Request) (*replica.Replica, error) {
	code, ok := normalCode(chi.URLParam(r, "code"))
	if !ok {
		return nil, eventlog.ErrNotFound
	}
	return s.cfg.Replicas.Open(r.Context(), code)
}

// codeAlphabet leaves out what is mistaken for something else: 0 O 1 I L.
const (
	codeAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
	codeLength   = 6
)

// normalCode is a code as typed, in upper case; false where it cannot be one.
func normalCode(typed string) (string, bool) {
	if len(typed) != codeLength {
		return "", false
	}
	code := strings.ToUpper(typed)
	for _, c := range []byte(code) {
		if strings.IndexByte(codeAlphabet, c) < 0 {
			return "", false
		}
	}
	return code, true
}

// decode reads a JSON body of at most limit bytes into v.
func decode(w http.ResponseWriter, r *http.Request, limit int64, v any) error {
	if err := checkJSONType(r); err != nil {
		return err
	}
	return decodeFrom(http.MaxBytesReader(w, r.Body, limit), v)
}

// checkJSONType refuses a body that says it is something else than JSON.
func checkJSONType(r *http.Request) error {
	kind := r.Header.Get("Content-Type")
	if kind == "" || kind == jsonType[0] {
		return nil
	}
	if media, _, err := mime.ParseMediaType(kind); err != nil || media != jsonType[0] {
		return newProblem(http.StatusUnsupportedMediaType, "media_type", "Unsupported media type", "Send application/json.")
	}
	return nil
}

// decodeFrom reads one JSON value into v.
func decodeFrom(body io.Reader, v any) error {
	dec := json.NewDecoder(body)
	if err := dec.Decode(v); err != nil {
		return badJSON(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		var tooBig *http.MaxBytesError
		if errors.As(err, &tooBig) {
			return err
		}
		return invalidInput("There is more after the JSON value.")
	}
	return nil
}

func badJSON(err error) error {
	var kind *json.UnmarshalTypeError
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig):
		return err
	case errors.Is(err, io.EOF):
		return errEmptyBody
	case errors.As(err, &kind):
		if kind.Field == "" {
			return invalidInput("The body must be a JSON object, not a JSON %s.", kind.Value)
		}
		return invalidInput("%q cannot be a JSON %s.", kind.Field, kind.Value)
	}
	return invalidInput("The body is not JSON: %v.", err)
}

func (s *Server) answer(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		s.cfg.Logger.Debug("answer not taken", "err", err)
	}
	return nil
}

func number(r *http.Request, name string) (int, error) {
	n, err := strconv.Atoi(chi.URLParam(r, name))
	if err != nil || n < 1 {
		return 0, errNotFound
	}
	return n, nil
}

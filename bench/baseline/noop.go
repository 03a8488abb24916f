package baseline

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
)

// entry is what a phone submits, in drumroll's own form.
type entry struct {
	Activity int    `json:"activity"`
	Choice   []int  `json:"choice"`
	Run      int    `json:"run"`
	N        uint32 `json:"n"`
	Nonce    string `json:"nonce"`
}

type answer struct {
	Status string `json:"status"`
	Run    int    `json:"run"`
	Offset string `json:"offset"`
}

const maxEntry = 4 << 10

func entries(handle http.HandlerFunc) http.Handler {
	r := chi.NewRouter()
	r.Post("/api/v1/events/{code}/entries", handle)
	return r
}

func noop() http.Handler {
	return entries(func(w http.ResponseWriter, r *http.Request) {
		e, _, ok := read(w, r)
		if ok {
			tell(w, answer{Status: "changed", Run: e.Run, Offset: "1700000000000-0"})
		}
	})
}

// read decodes an entry and finds who sent it; it answers what is malformed.
func read(w http.ResponseWriter, r *http.Request) (e entry, who string, ok bool) {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxEntry)).Decode(&e); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return e, "", false
	}
	_, who, ok = strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || chi.URLParam(r, "code") == "" || len(e.Choice) == 0 {
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return e, "", false
	}
	return e, who, true
}

func tell(w http.ResponseWriter, a answer) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(a) // who went away misses it
}

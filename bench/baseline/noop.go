package baseline

import (
	"encoding/json"
	"net/http"

	"github.com/go-chi/chi/v5"
)

// entry is what a phone submits, in the form of Drumroll's API.
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

func entryRoute(handle http.HandlerFunc) http.Handler {
	r := chi.NewRouter()
	r.Post("/api/v1/events/{code}/entries", handle)
	return r
}

func noop() http.Handler {
	return entryRoute(func(w http.ResponseWriter, r *http.Request) {
		if e, _, ok := readEntry(w, r); ok {
			writeAnswer(w, answer{Status: "changed", Run: e.Run, Offset: "1700000000000-0"})
		}
	})
}

// readEntry decodes an entry and finds out who sent it. It answers malformed requests
// itself.
func readEntry(w http.ResponseWriter, r *http.Request) (e entry, who string, ok bool) {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxEntry)).Decode(&e); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return e, "", false
	}
	cookie, err := r.Cookie("drumroll_" + chi.URLParam(r, "code"))
	if err != nil || len(e.Choice) == 0 {
		http.Error(w, "no participant or no choice", http.StatusUnauthorized)
		return e, "", false
	}
	return e, cookie.Value, true
}

func writeAnswer(w http.ResponseWriter, a answer) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(a) // the client may be gone
}

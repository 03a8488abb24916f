package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"drumroll/internal/contract"
)

// routes is every route of the server. Paths are written out, since each mounted
// router would cost every entry some garbage.
func (s *Server) routes() (http.Handler, error) {
	guard, err := s.crossOrigin()
	if err != nil {
		return nil, err
	}
	r := chi.NewRouter()
	r.Use(s.observe, middleware.GetHead)
	r.NotFound(s.notFound)
	r.MethodNotAllowed(s.methodNotAllowed)

	r.Get("/healthz", s.healthz)
	r.Get("/readyz", s.readyz)
	r.Mount("/static", s.cfg.Files)

	r.Group(func(r chi.Router) {
		r.Use(sameOrigin(guard, s.answers.Problem))
		r.Get("/api/v1/openapi.json", openAPI)
		r.Post("/api/v1/events", s.answers.Handler(s.api.CreateEvent))

		const event = "/api/v1/events/{code}"
		for _, path := range []string{event, event + "/"} {
			r.Get(path, s.api.Event(s.api.GetEvent))
			r.Patch(path, s.api.Host(s.api.PatchEvent))
			r.Delete(path, s.api.Host(s.api.DeleteEvent))
		}
		r.Post(event+"/activities", s.api.Host(s.api.AddActivity))
		r.Patch(event+"/activities/{id}", s.api.Host(s.api.PatchActivity))
		r.Delete(event+"/activities/{id}", s.api.Host(s.api.DeleteActivity))
		r.Put(event+"/activities/{id}/results", s.api.Host(s.api.PutResults))
		r.Post(event+"/activities/{id}/{verb}", s.api.Host(s.api.PostVerb))
		r.Put(event+"/order", s.api.Host(s.api.PutOrder))
		r.Post(event+"/current", s.api.Host(s.api.PostCurrent))
		r.Post(event+"/remotes", s.api.Host(s.api.AddRemote))
		r.Delete(event+"/remotes/{id}", s.api.Host(s.api.RevokeRemote))
		r.Put(event+"/people/{person}", s.api.Host(s.api.PutPerson))
		r.Post(event+"/selftest", s.api.Event(s.rehearsals.PostSelftest))
		r.Post(event+"/rehearsal", s.api.Host(s.rehearsals.PostRehearsal))
		r.Get(event+"/rehearsal", s.api.Host(s.rehearsals.GetRehearsal))
		r.Delete(event+"/rehearsal", s.api.Host(s.rehearsals.DeleteRehearsal))
		r.Post(event+"/participants", s.api.Event(s.api.Join))
		r.Put(event+"/me", s.api.Participant(s.api.PutMe))
		r.Post(event+"/entries", s.api.Event(s.api.PostEntry))
		r.Post(event+"/checkins", s.api.Participant(s.api.PostCheckIn))
		r.Post(event+"/claims", s.api.Participant(s.api.PostClaim))
		r.Get(event+"/activities/{id}/proof", s.api.Participant(s.api.GetProof))
		r.Get(event+"/freezes", s.api.Event(s.api.ListFreezes))
		r.Get(event+"/draws", s.api.Event(s.api.ListDraws))
		r.Get(event+"/draws/{n}", s.api.Event(s.api.GetDraw))
		r.Get(event+"/draws/{n}/entrants", s.api.Event(s.api.GetEntrants))
		r.Get(event+"/export.json", s.api.Host(s.api.ExportJSON))
		r.Get(event+"/export.csv", s.api.Host(s.api.ExportCSV))
	})

	r.Group(func(r chi.Router) {
		r.Use(securityHeaders, sameOrigin(guard, s.pages.FailPage))
		r.Get("/", s.pages.StartPage)
		r.Post("/", s.pages.StartHosting)
		r.Get("/{code}", s.pages.PhonePage)
		r.Post("/{code}", s.pages.Event(s.pages.PhonePost))
		r.Get("/{code}/screen", s.pages.Event(s.pages.ScreenPage))
		r.Get("/{code}/host", s.pages.Event(s.pages.HostPage))
		r.Post("/{code}/host", s.pages.Event(s.pages.Unlock))
		r.Get("/{code}/verify", s.pages.Event(s.pages.VerifyPage))
		r.Get("/{code}/qr.svg", s.pages.Event(s.pages.QRCode))
		r.Get("/{code}/ws", s.live.Websocket)
	})
	return s.sessions.FindClient(r), nil
}

func openAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(contract.Description()) // a caller that went away misses it
}

package main

import (
	"flag"
	"fmt"
	"html/template"
	"log"
	"net"
	"net/http"
	"os"
	"slices"

	"github.com/a-h/templ"
	"github.com/coder/websocket"

	"drumroll/static"
)

// Story is one state of one view. Component renders it in a theme: "light",
// "dark" or "" for the device's own.
type Story struct {
	Name      string // unique in its group: "poll, voted"
	Component func(theme string) templ.Component
}

// group is the stories of one view, served under /<name>/<number>.
type group struct {
	Name    string
	Stories []Story
}

func groups() []group {
	return []group{
		{"phone", phoneStories()},
		{"screen", screenStories()},
		{"host", hostStories()},
		{"start", startStories()},
		{"verify", verifyStories()},
		{"checked", checkedStories()},
	}
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8090", "listen address")
	flag.Parse()
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, Handler()))
}

// Handler serves the index and the stories, under the policy of the real pages.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", index)
	mux.HandleFunc("GET /storybook.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		fmt.Fprint(w, indexCSS)
	})
	mux.HandleFunc("GET /static/", func(w http.ResponseWriter, r *http.Request) {
		files, err := static.Load(os.DirFS("static/dist"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		files.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /K7QX4M/ws", socket)
	mux.HandleFunc("GET /"+rehearsalCode+"/ws", socket)
	// What the console's miniature shows.
	mux.Handle("GET /K7QX4M/screen", http.RedirectHandler(fmt.Sprintf("/screen/%d", number(screenStories(), "poll, live, four options")), http.StatusFound))
	mux.Handle("GET /"+rehearsalCode+"/screen", http.RedirectHandler(fmt.Sprintf("/screen/%d", number(screenStories(), "rehearsal")), http.StatusFound))
	drawRecords(mux)
	serveSmallDraw(mux)
	for _, g := range groups() {
		for i, s := range g.Stories {
			mux.HandleFunc(fmt.Sprintf("GET /%s/%d", g.Name, i+1), func(w http.ResponseWriter, r *http.Request) {
				http.SetCookie(w, &http.Cookie{Name: "story", Value: g.Name + "/" + s.Name, Path: "/", Quoted: true})
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; "+
					"img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-src 'self'")
				if err := s.Component(r.URL.Query().Get("theme")).Render(r.Context(), w); err != nil {
					log.Printf("render %s/%d: %v", g.Name, i+1, err)
				}
			})
		}
	}
	return mux
}

// number is the place of a story in its group, from 1.
func number(stories []Story, name string) int {
	return 1 + slices.IndexFunc(stories, func(s Story) bool { return s.Name == name })
}

// socket accepts a view's socket. Most stories stay as they were rendered, and
// hear nothing; phones that check a draw are told of one.
func socket(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"drumroll.v1"}})
	if err != nil {
		return // answered by Accept
	}
	ctx := c.CloseRead(r.Context())
	if story, err := r.Cookie("story"); err == nil {
		for _, phone := range checkedCases() {
			if story.Value != "checked/"+phone.name {
				continue
			}
			if err := phone.send(ctx, c); err != nil {
				log.Printf("play %s: %v", story.Value, err)
			}
		}
	}
	<-ctx.Done()
}

func index(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := indexPage.Execute(w, groups()); err != nil {
		log.Printf("render index: %v", err)
	}
}

var indexPage = template.Must(template.New("index").Funcs(template.FuncMap{
	"add": func(a, b int) int { return a + b },
}).Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Storybook · Drumroll</title>
<link rel="stylesheet" href="/storybook.css"></head><body>
<h1>Drumroll, state by state</h1>
{{range $g := .}}<h2>{{.Name}}</h2><ol>{{range $i, $s := .Stories}}
<li><a href="/{{$g.Name}}/{{add $i 1}}">{{$s.Name}}</a> · <a href="/{{$g.Name}}/{{add $i 1}}?theme=dark">dark</a></li>{{end}}
</ol>{{end}}</body></html>`))

const indexCSS = `body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
ol{columns:3 16rem}h2{text-transform:capitalize}`

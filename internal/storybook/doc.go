// Command storybook serves every state of every view from fixtures, without a
// log, a socket or a session: the place to look at a screen while changing it,
// and what the accessibility tests walk through.
//
//	go run ./internal/storybook            # then open http://127.0.0.1:8090/
//
// "?theme=dark" forces a theme. The built files are read from static/dist at each
// request, so that `npm run build` shows at the next reload.
package main

package nodetest

import (
	"context"
	"fmt"
	"net/http"

	"drumroll/internal/contract"
)

// CreateEvent makes an event. The errors of this and the other calls are those of
// contract.Client.
func CreateEvent(ctx context.Context, c *contract.Client, title string) (made contract.Created, err error) {
	return made, c.Do(ctx, http.MethodPost, "/events", contract.CreateEvent{Title: title}, &made)
}

// Add adds an activity, as a draft. spec is one of contract.Specs' types.
func Add(ctx context.Context, c *contract.EventClient, spec any) (added contract.Activity, err error) {
	return added, c.Call(ctx, http.MethodPost, "/activities", spec, &added)
}

// Command commands an activity: open, close, draw …
func Command(ctx context.Context, c *contract.EventClient, activity int, verb string) (now contract.Activity, err error) {
	return now, c.Call(ctx, http.MethodPost, fmt.Sprintf("/activities/%d/%s", activity, verb), nil, &now)
}

// Join makes a participant, as a stranger.
func Join(ctx context.Context, c *contract.EventClient) (joined contract.Joined, err error) {
	return joined, c.At(c.Code, "").Call(ctx, http.MethodPost, "/participants", contract.Join{}, &joined)
}

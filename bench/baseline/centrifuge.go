package baseline

import (
	"context"
	"fmt"
	"net/http"

	"github.com/centrifugal/centrifuge"
)

const channelName = "room"

// channel is a node of centrifuge, with its settings as they come, to whose one
// channel everybody who connects is subscribed.
type channel struct {
	node    *centrifuge.Node
	payload []byte
}

func newChannel(payload []byte) (*channel, error) {
	node, err := centrifuge.New(centrifuge.Config{LogLevel: centrifuge.LogLevelNone})
	if err != nil {
		return nil, fmt.Errorf("centrifuge: %w", err)
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{
			Credentials:   &centrifuge.Credentials{},
			Subscriptions: map[string]centrifuge.SubscribeOptions{channelName: {}},
			// The readers answer no pings.
			PingPongConfig: &centrifuge.PingPongConfig{PingInterval: -1},
		}, nil
	})
	if err := node.Run(); err != nil {
		return nil, fmt.Errorf("centrifuge: %w", err)
	}
	return &channel{node, payload}, nil
}

func (c *channel) routes() http.Handler {
	return centrifuge.NewWebsocketHandler(c.node, centrifuge.WebsocketConfig{
		CheckOrigin: func(*http.Request) bool { return true },
	})
}

func (c *channel) publish() error {
	if _, err := c.node.Publish(channelName, c.payload); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

func (c *channel) close(ctx context.Context) { _ = c.node.Shutdown(ctx) } // the process ends with it

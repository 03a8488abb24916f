package baseline

import (
	"context"
	"fmt"
	"net/http"

	"github.com/centrifugal/centrifuge"
)

const channelName = "room"

// newCentrifuge returns a node of centrifuge with its default settings, and its
// handler. Everybody who connects is subscribed to one channel, and any RPC
// publishes the payload to it.
func newCentrifuge(payload []byte) (*centrifuge.Node, http.Handler, error) {
	node, err := centrifuge.New(centrifuge.Config{LogLevel: centrifuge.LogLevelNone})
	if err != nil {
		return nil, nil, fmt.Errorf("centrifuge: %w", err)
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{
			Credentials:   &centrifuge.Credentials{},
			Subscriptions: map[string]centrifuge.SubscribeOptions{channelName: {}},
			// The clients answer no pings.
			PingPongConfig: &centrifuge.PingPongConfig{PingInterval: -1},
		}, nil
	})
	node.OnConnect(func(client *centrifuge.Client) {
		client.OnRPC(func(_ centrifuge.RPCEvent, done centrifuge.RPCCallback) {
			_, err := node.Publish(channelName, payload)
			done(centrifuge.RPCReply{}, err)
		})
	})
	if err := node.Run(); err != nil {
		return nil, nil, fmt.Errorf("centrifuge: %w", err)
	}
	return node, centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{
		CheckOrigin: func(*http.Request) bool { return true },
	}), nil
}

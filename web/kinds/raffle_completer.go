package kinds

import (
	"context"
	"fmt"

	"drumroll/internal/beacon/source"
	"drumroll/internal/event"
	"drumroll/internal/fairdraw"
)

// Completer makes the commands that complete draws which waited for a round of
// the beacon: the round's signature from src, the seed from the signing key.
func Completer(signingKey []byte, src *source.Source) func(context.Context, event.UID, event.PendingDraw) (*event.Command, error) {
	return func(ctx context.Context, uid event.UID, d event.PendingDraw) (*event.Command, error) {
		from := src
		if from == nil || from.Hash.String() != d.Chain {
			from = source.Quicknet()
		}
		if from.Hash.String() != d.Chain {
			return nil, fmt.Errorf("this node knows no hosts of the beacon %s", d.Chain)
		}
		signature, err := from.Fetch(ctx, d.Round)
		if err != nil {
			return nil, err
		}
		signed := fairdraw.Signature(signature)
		seed := fairdraw.NewChain(signingKey, uid, uint64(d.Activity), uint64(d.Run)).Element(d.Element)
		return &event.Command{
			Type: event.CmdDraw, Activity: d.Activity, Run: d.Run, Seed: &seed, Round: d.Round, Signature: &signed,
		}, nil
	}
}

package contract

// Specs are what can be added to an event, by kind.
func Specs() map[string]any {
	return map[string]any{KindPoll: PollSpec{}, KindRaffle: RaffleSpec{}, KindScale: ScaleSpec{}}
}

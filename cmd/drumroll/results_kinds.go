package main

import "drumroll/internal/contract"

// resultsOf writes what an activity has below its heading, by kind. An export may come
// from anywhere, so nothing in it is taken for granted.
var resultsOf = map[string]func(*table, *contract.Activity){
	contract.KindPoll:   (*table).poll,
	contract.KindRaffle: (*table).raffle,
	contract.KindScale:  (*table).scale,
}

package main

import "drumroll/internal/contract"

// resultsOf writes what there is of an activity below its heading, by kind. Of an export
// nobody knows who made it, so nothing is taken for granted.
var resultsOf = map[string]func(*table, *contract.Activity){
	contract.KindPoll:   (*table).poll,
	contract.KindRaffle: (*table).raffle,
	contract.KindScale:  (*table).scale,
}

// Package rehearse is a crowd of simulated phones on the real join and entry
// path: what drumroll rehearse runs.
//
// It knows the outside contract alone (pages, the HTTP API, the websocket) and
// nothing of what runs in the server, so it also checks the server: whatever a
// phone is told is compared with what the same phone was told before, and in the
// end with what the server says to everybody. Run returns a Report.
//
//	script.go     what the crowd does, as people write it
//	kind.go       what a kind of activity asks of it: poll.go, raffle.go, scale.go
//	plan.go       what one phone does in one run; from the seed alone
//	crowd.go      start, stay, settle, end
//	phone.go      one phone: join, dial, read, dial again
//	taps.go       its entries, from the tap to the acknowledgement
//	people.go     names, and other calls of the API
//	frames.go     what the server says, decoded once for all who are told the same
//	checks.go     what must hold; final.go what must hold in the end
package rehearse

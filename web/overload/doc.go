// Package overload holds the web layer's valves: everything by which a node refuses
// or slows what it cannot bear.
//
//	valve                signal                        holds back                         bound
//	Gate of arrivals     goroutines wait for a         phones' sockets, pages and joins   adapts; 500 at once
//	                     processor
//	Gate of screens      a rate                        projectors' sockets                ScreensASecond
//	Limits, address      token bucket                  events, joins, screens, keys,      Creating, Joining, Screens,
//	                                                   rehearsals of one address          WrongKeys, Rehearsing
//	Limits, participant  token bucket                  entries, names and claims of one   EntryRate
//	                                                   participant over HTTP
//	a bucket a socket    token bucket                  entries of one socket; it is read  EntryRate
//	                                                   from every 100 ms only
//	unacknowledged       entries not settled           entries of one socket              MaxUnacked
//	sockets              open sockets                  phones and screens                 MaxSockets
//	broadcast            time spent on it              ticks to phones                    BroadcastShare
//
// What bounds entries that wait for the log stands in package eventlog (Batcher),
// and what bounds one connection's memory in package socket.
package overload

package main

// scenarios are all, in the order of the table.
func scenarios() []scenario {
	return []scenario{
		{name: "http", about: "durable entries over HTTP, against a handler that does nothing and the synchronous design", run: httpEntries},
		{name: "ws", about: "durable entries over websockets, against a bare TCP echo", run: socketEntries},
		{name: "fanout", about: "broadcasts to crowds, against the centrifuge library and bare writes; memory of idle phones", run: fanout},
		{name: "taps", about: "from a phone's tap to the projector's counter", run: taps},
	}
}

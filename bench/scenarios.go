package main

// scenarios are all, in the order of the table.
func scenarios() []scenario {
	return []scenario{
		{name: "http", about: "durable entries over HTTP, against a handler that does nothing and the synchronous design", run: httpEntries},
		{name: "ws", about: "durable entries over websockets, results hidden, against a bare TCP echo", run: socketEntries},
		{name: "growth", about: "durable entries over ever more websockets", run: socketGrowth},
		{name: "nodes", about: "further nodes that follow the same log", run: nodes},
		{name: "fanout", about: "broadcasts to crowds, against the centrifuge library and bare writes; memory of idle phones", run: fanout},
		{name: "taps", about: "from a phone's tap to the projector's counter", run: taps},
		{name: "overload", about: "three times the entries that one core takes, against its peak", run: overload},
		{name: "stalled", about: "a crowd of which one phone in twenty does not read, against one that reads", run: stalled},
		{name: "million", about: "raffles of up to a million entrants: log, memory, replay, freeze and draw", run: raffles},
		{name: "everybody", about: "a million participants join one raffle over the API and enter it", run: everybody},
		{name: "page", about: "what a phone's first load weighs", run: firstLoad},
		{name: "lesson", about: "rising load on the synchronous design and on this one (the README's figure)", run: lesson},
		{name: "arena", about: "a hundred thousand phones at seven nodes on one Redis", onDemand: true, run: arena},
	}
}

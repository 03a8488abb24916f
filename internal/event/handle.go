package event

// Handle is the friendly generated name of a participant, "Teal Otter 42". It
// is a function of the random id alone, so it costs no storage; with 64×64×90
// of them handles repeat in a crowd, so a short ticket code is shown next to them.
func (p Participant) Handle() string {
	v := uint64(p)
	number := 10 + v%90
	v /= 90
	animal := animals[v%uint64(len(animals))]
	v /= uint64(len(animals))
	colour := colours[v%uint64(len(colours))]
	b := make([]byte, 0, len(colour)+len(animal)+4)
	b = append(b, colour...)
	b = append(b, ' ')
	b = append(b, animal...)
	b = append(b, ' ', byte('0'+number/10), byte('0'+number%10))
	return string(b)
}

// The lists are part of the format: frozen entrant lists hold handles. Never
// change or reorder them; a new list needs a new record version.
var colours = [64]string{
	"Amber", "Apricot", "Aqua", "Azure", "Beige", "Blue", "Bold", "Brass",
	"Brave", "Bright", "Bronze", "Calm", "Cheery", "Clever", "Cobalt", "Copper",
	"Coral", "Cosmic", "Cozy", "Crimson", "Curious", "Dapper", "Daring", "Eager",
	"Emerald", "Fancy", "Gentle", "Gilded", "Golden", "Grand", "Green", "Happy",
	"Hazel", "Honey", "Indigo", "Ivory", "Jade", "Jolly", "Kind", "Lemon",
	"Lilac", "Lively", "Lucky", "Magenta", "Merry", "Mint", "Nimble", "Noble",
	"Olive", "Opal", "Peach", "Plum", "Proud", "Quick", "Quiet", "Rosy",
	"Ruby", "Scarlet", "Silver", "Sunny", "Swift", "Teal", "Violet", "Witty",
}

var animals = [64]string{
	"Alpaca", "Badger", "Bear", "Beaver", "Bee", "Bison", "Bunny", "Camel",
	"Cat", "Cheetah", "Condor", "Crane", "Cricket", "Deer", "Dingo", "Dolphin",
	"Dove", "Duck", "Eagle", "Egret", "Elk", "Falcon", "Ferret", "Finch",
	"Fox", "Gecko", "Gibbon", "Giraffe", "Goose", "Gopher", "Hare", "Hawk",
	"Hedgehog", "Heron", "Ibex", "Ibis", "Jay", "Kestrel", "Kiwi", "Koala",
	"Lark", "Lemur", "Lion", "Llama", "Lynx", "Marmot", "Mole", "Moose",
	"Newt", "Ocelot", "Otter", "Owl", "Panda", "Parrot", "Penguin", "Puffin",
	"Raven", "Robin", "Seal", "Sparrow", "Stork", "Tiger", "Turtle", "Wombat",
}

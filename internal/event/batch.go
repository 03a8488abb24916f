package event

import (
	"encoding/binary"
	"fmt"
)

// A batch record's body:
//
//	16 bytes  event uid
//	 8 bytes  producer, big-endian
//	uvarint   sequence
//	items until the end
//
// An item:
//
//	byte      kind
//	byte      in bits 0–6 a small value; bit 7: a body follows
//	 8 bytes  participant, big-endian
//	          but for a join: uvarint activity, uvarint run, uvarint n
//	          with bit 7: uvarint length, and that many bytes of body
//
// What small value and body mean is the kind's (itemForms). A vote for one option
// has it as its small value: 13 bytes up to activity, run and n 127. 26 more are
// shared by a batch.
const hasBody = 1 << 7

// ItemKind tells what an Item is.
type ItemKind uint8

// The kinds of Item, as they are in a record.
const (
	ItemJoin   ItemKind = iota // body: the name, UTF-8; or none
	ItemVote                   // of polls and scales: small value the option, or the body two or more, rising
	ItemTicket                 // of raffles: body pseudonym and nonce, 16 bytes each; small value 1: the server made the nonce
	ItemHere                   // of raffles: is in the room while the raffle is open
)

// itemForms tells, by kind of item, which small values and bodies this version
// knows.
var itemForms = [...]func(small uint8, body []byte) bool{
	ItemJoin:   func(small uint8, body []byte) bool { return small == 0 },
	ItemVote:   knowsVote,
	ItemTicket: func(small uint8, body []byte) bool { return small <= 1 && len(body) == ticketBody },
	ItemHere:   func(small uint8, body []byte) bool { return small == 0 && body == nil },
}

// Item is what one participant did, as it is packed into a batch.
type Item struct {
	Kind        ItemKind
	Small       uint8 // 0 to 127
	Participant Participant
	Activity    int
	Run         int    // the run that is meant; an entry for another run is closed
	N           uint32 // rising per participant and run; 0 = newer than all before it
	Body        []byte // nil: none. Of an item that was read it points into the record
}

// JoinItem makes the item of a participant who joins or takes a name: plain text,
// up to MaxText runes, or empty.
func JoinItem(p Participant, name string) Item {
	it := Item{Kind: ItemJoin, Participant: p}
	if name != "" {
		it.Body = []byte(name)
	}
	return it
}

// VoteItem makes what only a vote has.
func VoteItem(choice Choice) Item {
	it := Item{Kind: ItemVote}
	if choice.Len() == 1 {
		it.Small = uint8(choice.first())
		return it
	}
	it.Body = make([]byte, 0, choice.Len())
	for o := range choice.All() {
		it.Body = append(it.Body, byte(o))
	}
	return it
}

func knowsVote(small uint8, body []byte) bool {
	if body == nil {
		return small < MaxOptions
	}
	var choice Choice
	for _, o := range body {
		if choice>>o != 0 || !choice.Add(int(o)) {
			return false
		}
	}
	return small == 0 && len(body) != 1
}

// Choice is the set that a vote chose; 0 of other items.
func (it *Item) Choice() (choice Choice) {
	switch {
	case it.Kind != ItemVote:
	case it.Body == nil:
		choice = 1 << it.Small
	default:
		for _, o := range it.Body {
			choice |= 1 << o
		}
	}
	return choice
}

// AppendBatchHeader begins a batch record. AppendItem follows for each item,
// then SealBatch once, with the same start.
func AppendBatchHeader(dst []byte, id Identity) []byte {
	dst = append(dst, kindBatch, version, 0, 0, 0, 0)
	dst = append(dst, id.UID[:]...)
	dst = binary.BigEndian.AppendUint64(dst, uint64(id.Producer))
	return binary.AppendUvarint(dst, id.Seq)
}

// SealBatch sets the checksum of the batch record that begins at start.
func SealBatch(dst []byte, start int) []byte { return seal(dst, start) }

// AppendItem appends one packed item. An activity or run beyond what the form
// holds is written as 0, which names none: one item of nonsense must not make a
// record that nobody can read.
func AppendItem(dst []byte, it *Item) []byte {
	head := it.Small
	if it.Body != nil {
		head |= hasBody
	}
	dst = append(dst, byte(it.Kind), head)
	dst = binary.BigEndian.AppendUint64(dst, uint64(it.Participant))
	if it.Kind != ItemJoin {
		dst = appendNumber(dst, it.Activity)
		dst = appendNumber(dst, it.Run)
		dst = binary.AppendUvarint(dst, uint64(it.N))
	}
	if it.Body == nil {
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(len(it.Body)))
	return append(dst, it.Body...)
}

// maxNumber is the highest activity or run in a batch.
const maxNumber = 1<<31 - 1

func appendNumber(dst []byte, v int) []byte {
	if v < 0 || v > maxNumber {
		v = 0
	}
	return binary.AppendUvarint(dst, uint64(v))
}

// batchReader walks the items of a batch record's body.
type batchReader struct {
	id   Identity
	rest []byte
}

func openBatch(body []byte) (batchReader, error) {
	var r batchReader
	if len(body) < 24 {
		return r, fmt.Errorf("%w: batch header", ErrDamaged)
	}
	copy(r.id.UID[:], body)
	r.id.Producer = Producer(binary.BigEndian.Uint64(body[16:]))
	seq, n := binary.Uvarint(body[24:])
	if n <= 0 {
		return r, fmt.Errorf("%w: batch sequence", ErrDamaged)
	}
	r.id.Seq = seq
	r.rest = body[24+n:]
	return r, nil
}

// nextItem decodes the next item into it; false at the end. ErrNewer: the item's form
// is not known, and all that follows in the record cannot be told.
func (r *batchReader) nextItem(it *Item) (bool, error) {
	if len(r.rest) == 0 {
		return false, nil
	}
	kind := ItemKind(r.rest[0])
	if int(kind) >= len(itemForms) {
		return false, fmt.Errorf("%w: item of kind %d", ErrNewer, kind)
	}
	if len(r.rest) < 10 {
		return false, fmt.Errorf("%w: item", ErrDamaged)
	}
	head := r.rest[1]
	*it = Item{Kind: kind, Small: head &^ hasBody, Participant: Participant(binary.BigEndian.Uint64(r.rest[2:]))}
	r.rest = r.rest[10:]
	if kind != ItemJoin {
		activity, ok1 := r.uvarint(maxNumber)
		run, ok2 := r.uvarint(maxNumber)
		n, ok3 := r.uvarint(1<<32 - 1)
		if !ok1 || !ok2 || !ok3 {
			return false, fmt.Errorf("%w: entry", ErrDamaged)
		}
		it.Activity, it.Run, it.N = int(activity), int(run), uint32(n)
	}
	if head&hasBody != 0 {
		n, ok := r.uvarint(uint64(len(r.rest)))
		if !ok || n > uint64(len(r.rest)) {
			return false, fmt.Errorf("%w: body of an item", ErrDamaged)
		}
		it.Body = r.rest[:n:n]
		r.rest = r.rest[n:]
	}
	if !itemForms[kind](it.Small, it.Body) {
		return false, fmt.Errorf("%w: item of kind %d with value %d and %d bytes", ErrNewer, kind, it.Small, len(it.Body))
	}
	return true, nil
}

func (r *batchReader) uvarint(max uint64) (uint64, bool) {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > max {
		return 0, false
	}
	r.rest = r.rest[n:]
	return v, true
}

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
//	byte      kind in bits 0–1 (0 join, 1 vote, 2 raffle entry, 3 here), in bits 2–7 a
//	          vote's number of choices, or bit 2 of a raffle entry: the server
//	          made the nonce
//	 8 bytes  participant, big-endian
//	join:     uvarint length and bytes of the name (UTF-8, may be empty)
//	vote:     uvarint activity, uvarint run, uvarint n, one byte per choice
//	raffle:   uvarint activity, uvarint run, uvarint n, 16 bytes pseudonym,
//	          16 bytes nonce
//	here:     uvarint activity, uvarint run
//
// So a vote costs 13 bytes up to activity, run and n 127, and 26 more are shared by a batch.
const (
	itemJoin = iota
	itemVote
	itemTicket
	itemHere
)

// Kind tells what an Item is.
type Kind uint8

// The kinds of Item.
const (
	Join   Kind = itemJoin   // Participant, Name
	Vote   Kind = itemVote   // Participant, Activity, Run, N, Choice
	Ticket Kind = itemTicket // Participant, Activity, Run, N, Pseudonym, Nonce, NonceByServer
	Here   Kind = itemHere   // Participant, Activity, Run: is in the room while the raffle is open
)

// Item is what one participant did: joined, voted or entered a raffle.
type Item struct {
	Kind        Kind
	Participant Participant
	Name        string // Join: plain text, up to MaxText runes, or empty
	Activity    int
	Run         int    // the run that is meant; an entry for another run is closed
	N           uint32 // rising per participant and run; 0 = newer than all before it
	Choice      Choice
	// A raffle entry's ticket is made of these (fairdraw.MakeTicket).
	Pseudonym, Nonce [16]byte
	NonceByServer    bool
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
	head := byte(it.Kind)
	switch it.Kind {
	case Vote:
		head |= byte(it.Choice.Len()) << 2
	case Ticket:
		if it.NonceByServer {
			head |= 1 << 2
		}
	}
	dst = append(dst, head)
	dst = binary.BigEndian.AppendUint64(dst, uint64(it.Participant))
	if it.Kind == Join {
		dst = binary.AppendUvarint(dst, uint64(len(it.Name)))
		return append(dst, it.Name...)
	}
	dst = appendNumber(dst, it.Activity)
	dst = appendNumber(dst, it.Run)
	if it.Kind == Here {
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(it.N))
	if it.Kind == Vote {
		for o := range it.Choice.All() {
			dst = append(dst, byte(o))
		}
		return dst
	}
	dst = append(dst, it.Pseudonym[:]...)
	return append(dst, it.Nonce[:]...)
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

// next decodes the next item into it; false at the end.
func (r *batchReader) next(it *Item) (bool, error) {
	if len(r.rest) == 0 {
		return false, nil
	}
	head := r.rest[0]
	*it = Item{Kind: Kind(head & 3)}
	if len(r.rest) < 9 {
		return false, fmt.Errorf("%w: item", ErrDamaged)
	}
	it.Participant = Participant(binary.BigEndian.Uint64(r.rest[1:]))
	r.rest = r.rest[9:]
	if it.Kind == Join {
		n, ok := r.uvarint(uint64(len(r.rest)))
		if !ok || n > uint64(len(r.rest)) {
			return false, fmt.Errorf("%w: name", ErrDamaged)
		}
		it.Name = string(r.rest[:n])
		r.rest = r.rest[n:]
		return true, nil
	}
	activity, ok1 := r.uvarint(maxNumber)
	run, ok2 := r.uvarint(maxNumber)
	if it.Kind == Here {
		if !ok1 || !ok2 {
			return false, fmt.Errorf("%w: check-in", ErrDamaged)
		}
		it.Activity, it.Run = int(activity), int(run)
		return true, nil
	}
	n, ok3 := r.uvarint(1<<32 - 1)
	if !ok1 || !ok2 || !ok3 {
		return false, fmt.Errorf("%w: entry", ErrDamaged)
	}
	it.Activity, it.Run, it.N = int(activity), int(run), uint32(n)
	if it.Kind == Vote {
		k := int(head >> 2)
		if len(r.rest) < k {
			return false, fmt.Errorf("%w: choice", ErrDamaged)
		}
		for _, o := range r.rest[:k] {
			if !it.Choice.Add(int(o)) {
				return false, fmt.Errorf("%w: choice", ErrDamaged)
			}
		}
		r.rest = r.rest[k:]
		return true, nil
	}
	if len(r.rest) < 32 {
		return false, fmt.Errorf("%w: raffle entry", ErrDamaged)
	}
	it.NonceByServer = head&(1<<2) != 0
	copy(it.Pseudonym[:], r.rest)
	copy(it.Nonce[:], r.rest[16:])
	r.rest = r.rest[32:]
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

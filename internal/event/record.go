package event

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
)

// A record on the wire:
//
//	byte 0      kind: 'c' control record, 'b' batch record
//	byte 1      version of that kind, now 2 (1 was never released)
//	bytes 2–5   CRC-32C (Castagnoli, big-endian) of bytes 0–1 and the body
//	bytes 6…    body: a Command as JSON, or a packed batch (batch.go)
//
// A reader refuses what it does not know: kinds of record, item, command and activity,
// members, and values of specs (ErrNewer). It cannot see that something known means
// more than it did: a member in another type of command, a verb for another kind of
// activity, a higher limit of seconds. A change of that sort raises the version.
const (
	kindControl = 'c'
	kindBatch   = 'b'

	version    = 2
	headerSize = 6
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var (
	// ErrNewer: the record was written by a newer version of Drumroll. This node
	// must not fold on.
	ErrNewer = errors.New("record of a newer version")
	// ErrDamaged: the record's checksum or form is wrong. The event stops.
	ErrDamaged = errors.New("damaged record")
)

// Identity names one record for ever, so that an append whose outcome was
// unknown can be sent again: the fold drops what it has seen.
type Identity struct {
	UID      UID      `json:"uid"`
	Producer Producer `json:"p"`
	Seq      uint64   `json:"s"` // rising per event and producer, from 1
}

func seal(dst []byte, start int) []byte {
	crc := crc32.Update(0, castagnoli, dst[start:start+2])
	crc = crc32.Update(crc, castagnoli, dst[start+headerSize:])
	binary.BigEndian.PutUint32(dst[start+2:], crc)
	return dst
}

// unseal checks a record's header and returns its kind and body.
func unseal(data []byte) (kind byte, body []byte, err error) {
	if len(data) < headerSize {
		return 0, nil, fmt.Errorf("%w: %d bytes", ErrDamaged, len(data))
	}
	crc := crc32.Update(0, castagnoli, data[:2])
	crc = crc32.Update(crc, castagnoli, data[headerSize:])
	if crc != binary.BigEndian.Uint32(data[2:]) {
		return 0, nil, fmt.Errorf("%w: checksum", ErrDamaged)
	}
	// The header's first six bytes keep their meaning in every version, so that
	// an older node can tell a newer record from a damaged one.
	if data[1] > version || data[0] != kindControl && data[0] != kindBatch {
		return 0, nil, fmt.Errorf("%w: kind %q version %d", ErrNewer, data[0], data[1])
	}
	if data[1] != version {
		return 0, nil, fmt.Errorf("%w: version %d", ErrDamaged, data[1])
	}
	return data[0], data[headerSize:], nil
}

// AppendCommand appends the control record of a command to dst.
func AppendCommand(dst []byte, c *Command) []byte {
	start := len(dst)
	dst = append(dst, kindControl, version, 0, 0, 0, 0)
	body, err := json.Marshal(c)
	if err != nil {
		panic("event: encode command: " + err.Error()) // no field of Command can fail
	}
	return seal(append(dst, body...), start)
}

// decodeCommand reads a command. ErrNewer: it names something that this version
// does not know, so it must not be folded as something else.
func decodeCommand(body []byte) (*Command, error) {
	var c Command
	known := json.NewDecoder(bytes.NewReader(body))
	known.DisallowUnknownFields()
	err := known.Decode(&c)
	switch {
	case !json.Valid(body): // also where something follows the command
		return nil, fmt.Errorf("%w: command", ErrDamaged)
	case err != nil: // a member that is not known, or not in this form
		return nil, fmt.Errorf("%w: command: %v", ErrNewer, err)
	}
	if part := c.newerPart(); part != "" {
		return nil, fmt.Errorf("%w: %s", ErrNewer, part)
	}
	return &c, nil
}

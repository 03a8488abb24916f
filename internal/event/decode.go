package event

// Record is one record of a log as it was written: read without being folded,
// to audit a log without trusting the fold.
type Record struct {
	Identity
	Command *Command // of a control record
	Items   []Item   // of a batch record, in order
}

// Decode reads one record. Errors: ErrNewer and ErrDamaged, wrapped.
func Decode(data []byte) (Record, error) {
	kind, body, err := unseal(data)
	if err != nil {
		return Record{}, err
	}
	if kind == kindControl {
		c, err := decodeCommand(body)
		if err != nil {
			return Record{}, err
		}
		return Record{Identity: c.Identity, Command: c}, nil
	}
	r, err := openBatch(body)
	if err != nil {
		return Record{}, err
	}
	out := Record{Identity: r.id}
	for {
		var it Item
		more, err := r.nextItem(&it)
		if err != nil {
			return Record{}, err
		}
		if !more {
			return out, nil
		}
		out.Items = append(out.Items, it)
	}
}

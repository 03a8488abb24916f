// Package fairdraw is the fair draw: what is committed to before the first
// entry, what is frozen at the close, how a draw picks its winners, and how
// anybody checks all of it afterwards. docs/FAIR-DRAW.md is its specification;
// static/js/src/fairdraw.js is the same in the page, held to the same vectors.
//
// The package is pure: no clock, no randomness, no I/O but the readers and
// writers handed in, and the same bytes out for the same bytes in on every node.
//
//   - Chain: the hash chain of a run. Its end, the commitment, is public before
//     the first entry; draw after draw of the run reveals one element more.
//   - MakeTicket, Leaf: what one participant has in the drum.
//   - List: the entrants in ticket order under a Merkle root (RFC 6962).
//   - Freeze: all that is fixed before a draw, and the one hash that stands for it.
//   - Select: positions of the list from a revealed seed.
//   - Record: one draw with everything needed to check it. Verify checks it.
//   - WriteEntrants: the public form of the whole list.
//
// One rule gives every hashed message its bytes (see message): a sequence of
// fields, each preceded by its length, the first naming purpose and version. So
// no two different messages have the same bytes.
package fairdraw

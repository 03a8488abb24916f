package boltlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/bits"

	"drumroll/internal/eventlog"
)

// What a bbolt file is made of, in the machine's byte order
// (go.etcd.io/bbolt, internal/common): pages of one size; each begins with its own number (8
// bytes), flags (2), count of elements (2) and how many pages it runs over into (4).
const (
	pageHeader    = 16
	elementHeader = 16 // of a leaf: flags, position, key size, value size; of a branch: position, key size, page (8)
	bucketHeader  = 16 // root page, sequence; a small bucket's only page follows in the value, with root page 0
	metaBytes     = 64 // after the page header: magic, version, page size, flags, bucket, freelist, pages, txid, checksum

	flagBranch   = 0x01
	flagLeaf     = 0x02
	flagFreelist = 0x10
	flagBucket   = 0x01 // of a leaf's element

	boltMagic   = 0xED0CDAED
	boltVersion = 2

	minPageSize = 1 << 10
	maxPageSize = 1 << 24
)

// image reads a bbolt file as bytes and checks everything: bbolt itself checks only its two
// meta pages, panics on other malformed pages, and reads past the end of a file that is too
// short.
type image struct {
	r        io.ReaderAt
	size     int64 // bytes
	pageSize int
	metas    [2]meta // as they stand on the first two pages, valid or not
}

// meta is the head of the file after one transaction: txid modulo 2 says on which of the first
// two pages it stands.
type meta struct {
	valid    bool
	root     uint64 // page of the root bucket
	freelist uint64 // first page of the list of free pages
	pages    uint64 // how many there are; higher ones were never used
	txid     uint64
}

// damaged is what is wrong with a file, as a clause.
func damaged(format string, a ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{eventlog.ErrCorrupt}, a...)...)
}

// newImage reads the meta pages. The page size is the one that a valid meta page names; if
// none is valid, the fallback.
func newImage(r io.ReaderAt, size int64, fallback int) (*image, error) {
	im := &image{r: r, size: size, pageSize: fallback}
	if m, pageSize, err := im.metaAt(0, 0); err != nil {
		return nil, err
	} else if m.valid {
		im.pageSize = pageSize
	} else {
		for at := minPageSize; at <= maxPageSize; at *= 2 {
			m, pageSize, err := im.metaAt(int64(at), 1)
			if err != nil {
				return nil, err
			}
			if m.valid && pageSize == at {
				im.pageSize = at
				break
			}
		}
	}
	for i := range im.metas {
		m, pageSize, err := im.metaAt(int64(i*im.pageSize), uint64(i))
		if err != nil {
			return nil, err
		}
		m.valid = m.valid && pageSize == im.pageSize
		im.metas[i] = m
	}
	return im, nil
}

// metaAt reads what should be the meta page of a number. What the file does not
// hold is invalid.
func (im *image) metaAt(at int64, number uint64) (m meta, pageSize int, err error) {
	if at+pageHeader+metaBytes > im.size {
		return meta{}, 0, nil
	}
	b := make([]byte, pageHeader+metaBytes)
	if _, err := im.r.ReadAt(b, at); err != nil {
		return meta{}, 0, err
	}
	b = b[pageHeader:]
	order := binary.NativeEndian
	sum := fnv.New64a()
	sum.Write(b[:metaBytes-8])
	m = meta{
		root: order.Uint64(b[16:]), freelist: order.Uint64(b[32:]), pages: order.Uint64(b[40:]), txid: order.Uint64(b[48:]),
	}
	size := order.Uint32(b[8:])
	m.valid = order.Uint32(b) == boltMagic && order.Uint32(b[4:]) == boltVersion &&
		order.Uint64(b[56:]) == sum.Sum64() && m.txid%2 == number &&
		size >= minPageSize && size <= maxPageSize && bits.OnesCount32(size) == 1
	return m, int(size), nil
}

// newestMeta is the valid meta of the latest transaction, nil if there is none.
func (im *image) newestMeta() *meta {
	a, b := &im.metas[0], &im.metas[1]
	switch {
	case a.valid && (!b.valid || a.txid > b.txid):
		return a
	case b.valid:
		return b
	}
	return nil
}

// pages is how many whole ones the file has.
func (im *image) pages() uint64 { return uint64(im.size) / uint64(im.pageSize) }

// page is one page with those that it runs over into.
type page struct {
	flags, count uint16
	pages        uint64 // how many, this one included
	data         []byte // after the header
}

// page reads the page of a number below limit.
func (im *image) page(number, limit uint64) (page, error) {
	size := uint64(im.pageSize)
	limit = min(limit, im.pages())
	if number < 2 || number >= limit {
		return page{}, damaged("there is no page %d", number)
	}
	b := make([]byte, size)
	if _, err := im.r.ReadAt(b, int64(number*size)); err != nil {
		return page{}, err
	}
	order := binary.NativeEndian
	p := page{flags: order.Uint16(b[8:]), count: order.Uint16(b[10:]), pages: 1 + uint64(order.Uint32(b[12:])), data: b[pageHeader:]}
	if order.Uint64(b) != number {
		return page{}, damaged("page %d says that it is another", number)
	}
	if number+p.pages > limit {
		return page{}, damaged("page %d runs over the file's end", number)
	}
	if p.pages > 1 {
		whole := make([]byte, p.pages*size)
		if _, err := im.r.ReadAt(whole, int64(number*size)); err != nil {
			return page{}, err
		}
		p.data = whole[pageHeader:]
	}
	return p, nil
}

// element is one of a leaf (value, bucket) or of a branch (child).
type element struct {
	key    []byte
	value  []byte
	bucket bool
	child  uint64
}

// elements returns what a leaf or a branch holds. Its first key must be first, unless that
// is nil. bbolt writes elements without gaps, so a wrong count
// or size does not go unnoticed.
func (p *page) elements(first []byte) ([]element, error) {
	if p.flags != flagLeaf && p.flags != flagBranch {
		return nil, errors.New("is of no known kind")
	}
	order := binary.NativeEndian
	end := uint64(p.count) * elementHeader // of what was accounted for, in data
	if p.count == 0 || end > uint64(len(p.data)) {
		return nil, errors.New("has a wrong number of elements")
	}
	out := make([]element, p.count)
	for i := range out {
		at := uint64(i) * elementHeader
		h := p.data[at : at+elementHeader]
		var e element
		var position, keySize, valueSize uint64
		if p.flags == flagLeaf {
			flags := order.Uint32(h)
			if flags > flagBucket {
				return nil, errors.New("has an element of no known kind")
			}
			e.bucket = flags == flagBucket
			position, keySize, valueSize = uint64(order.Uint32(h[4:])), uint64(order.Uint32(h[8:])), uint64(order.Uint32(h[12:]))
		} else {
			position, keySize = uint64(order.Uint32(h)), uint64(order.Uint32(h[4:]))
			e.child = order.Uint64(h[8:])
		}
		if at+position != end || end+keySize+valueSize > uint64(len(p.data)) {
			return nil, errors.New("has an element out of place")
		}
		e.key = p.data[end : end+keySize]
		e.value = p.data[end+keySize : end+keySize+valueSize]
		end += keySize + valueSize
		out[i] = e
	}
	if first != nil && !bytes.Equal(out[0].key, first) {
		return nil, errors.New("does not begin with the record that it should")
	}
	return out, nil
}

// bucket finds the log's bucket on a root page: the page of its own root, or 0 and
// its only page.
func (p *page) bucket() (root uint64, inline *page, err error) {
	if p.flags != flagLeaf {
		return 0, nil, errors.New("is no leaf")
	}
	found, err := p.elements(nil)
	if err != nil {
		return 0, nil, err
	}
	e := found[0]
	if len(found) != 1 || !e.bucket || !bytes.Equal(e.key, bucketName()) || len(e.value) < bucketHeader {
		return 0, nil, errors.New("does not name the log")
	}
	order := binary.NativeEndian
	if root = order.Uint64(e.value); root != 0 {
		return root, nil, nil
	}
	v := e.value[bucketHeader:]
	if len(v) < pageHeader {
		return 0, nil, errors.New("is cut off")
	}
	return 0, &page{flags: order.Uint16(v[8:]), count: order.Uint16(v[10:]), pages: 1, data: v[pageHeader:]}, nil
}

// freePages is the list of free pages.
func (im *image) freePages(m *meta) (numbers []uint64, own page, err error) {
	own, err = im.page(m.freelist, m.pages)
	if err != nil {
		return nil, own, err
	}
	if own.flags != flagFreelist {
		return nil, own, damaged("page %d is not the list of free pages", m.freelist)
	}
	order := binary.NativeEndian
	count, data := uint64(own.count), own.data
	if own.count == 0xFFFF { // the count stands before the list
		count, data = order.Uint64(data), data[8:]
	}
	if count > uint64(len(data)/8) {
		return nil, own, damaged("the list of free pages is cut off")
	}
	for i := range count {
		numbers = append(numbers, order.Uint64(data[8*i:]))
	}
	return numbers, own, nil
}

package sql

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// Information elements of a user data header that number the parts of a long SMS (3GPP TS 23.040, 9.2.3.24.1 and .8).
const (
	concatenated8  = 0x00
	concatenated16 = 0x08
)

// part is a row's place in a long SMS.
type part struct {
	ref   uint16 // the sender's number for the SMS, used again after a while
	wide  bool   // ref has 16 bits
	total int
	n     int // from 1
}

// parseUDH reads which part of a long SMS a user data header, in hex, belongs to. ok is false for one that is not of a long
// SMS and for one that cannot be read: such a row is taken as a whole SMS.
func parseUDH(text string) (p part, ok bool) {
	header, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(header) < 2 || int(header[0]) > len(header)-1 {
		return part{}, false
	}
	for rest := header[1 : 1+int(header[0])]; len(rest) >= 2; {
		kind, length := rest[0], int(rest[1])
		if length > len(rest)-2 {
			return part{}, false
		}
		if p, ok = partOf(kind, rest[2:2+length]); ok {
			return p, true
		}
		rest = rest[2+length:]
	}
	return part{}, false
}

func partOf(kind byte, data []byte) (part, bool) {
	var p part
	switch {
	case kind == concatenated8 && len(data) == 3:
		p = part{ref: uint16(data[0]), total: int(data[1]), n: int(data[2])}
	case kind == concatenated16 && len(data) == 4:
		p = part{ref: binary.BigEndian.Uint16(data), wide: true, total: int(data[2]), n: int(data[3])}
	}
	return p, p.total > 1 && p.n >= 1 && p.n <= p.total
}

// udh is the header of part n of total, as SMSD takes it.
func udh(ref byte, total, n int) string { return fmt.Sprintf("050003%02X%02X%02X", ref, total, n) }

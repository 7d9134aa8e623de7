package dedup

import (
	"fmt"
	"image"
	"image/color"
	"math/bits"
	"strconv"
)

// The grid a picture is looked at in: each row of lookWide cells gives one bit fewer.
const (
	lookWide, lookHigh = 9, 8
	// flattest is how far a picture's brightest and darkest cell lie apart at least, of 255: below it a picture shows
	// nothing that tells it from another.
	flattest = 12
	// brighter is by how much of 255 a cell is brighter than its neighbour at least: a clear sky is of one colour, and which
	// of its cells has more grain says nothing.
	brighter = 2
	// perCell bounds how many points of a cell are read in each direction.
	perCell = 48
)

// Look is what a picture looks like: 64 bits in 16 hexadecimal digits, each saying whether a part of it is clearly darker
// than the part to its right. A copy that was made smaller or packed more tightly differs in few of them, another picture in
// about half. A picture of almost one colour has no look: it is empty.
func Look(picture image.Image) string {
	cells, least, most := [lookHigh][lookWide]uint64{}, uint64(1<<16), uint64(0)
	for y := range lookHigh {
		for x := range lookWide {
			grey, ok := cellOf(picture, x, y)
			if !ok {
				return ""
			}
			cells[y][x], least, most = grey, min(least, grey), max(most, grey)
		}
	}
	if most-least < flattest<<8 {
		return ""
	}
	var look uint64
	for y := range lookHigh {
		for x := range lookWide - 1 {
			look <<= 1
			if cells[y][x]+brighter<<8 < cells[y][x+1] {
				look |= 1
			}
		}
	}
	return fmt.Sprintf("%016x", look)
}

// cellOf is how bright a cell is on average, of 65535; false where the picture has too few points for cells.
func cellOf(picture image.Image, x, y int) (uint64, bool) {
	b := picture.Bounds()
	left, right := b.Min.X+x*b.Dx()/lookWide, b.Min.X+(x+1)*b.Dx()/lookWide
	top, bottom := b.Min.Y+y*b.Dy()/lookHigh, b.Min.Y+(y+1)*b.Dy()/lookHigh
	if left >= right || top >= bottom {
		return 0, false
	}
	acrossBy, downBy := max(1, (right-left)/perCell), max(1, (bottom-top)/perCell)
	var sum, n uint64
	for at := top; at < bottom; at += downBy {
		for across := left; across < right; across += acrossBy {
			grey, _ := color.Gray16Model.Convert(picture.At(across, at)).(color.Gray16)
			sum += uint64(grey.Y)
			n++
		}
	}
	return sum / n, true
}

// LooksApart is in how many of their 64 bits two looks differ; false where one of them is none.
func LooksApart(a, b string) (int, bool) {
	if len(a) != 16 || len(b) != 16 {
		return 0, false
	}
	x, err := strconv.ParseUint(a, 16, 64)
	if err != nil {
		return 0, false
	}
	y, err := strconv.ParseUint(b, 16, 64)
	return bits.OnesCount64(x ^ y), err == nil
}

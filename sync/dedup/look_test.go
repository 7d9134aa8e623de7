package dedup_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/satupintu/satupintu/sync/dedup"
)

// scene draws a picture of soft shapes and grain, another for each seed, as a photograph is.
func scene(seed uint64, wide, high int) *image.RGBA {
	random := rand.New(rand.NewPCG(seed, 21))
	type spot struct{ x, y, r, light float64 }
	spots := make([]spot, 14)
	for i := range spots {
		spots[i] = spot{random.Float64(), random.Float64(), 0.08 + 0.25*random.Float64(), 200*random.Float64() - 100}
	}
	picture := image.NewRGBA(image.Rect(0, 0, wide, high))
	for y := range high {
		for x := range wide {
			light := 120.0
			for _, s := range spots {
				dx, dy := float64(x)/float64(wide)-s.x, float64(y)/float64(high)-s.y
				if d := (dx*dx + dy*dy) / (s.r * s.r); d < 1 {
					light += s.light * (1 - d)
				}
			}
			light = min(255, max(0, light+6*random.Float64()))
			picture.Set(x, y, color.RGBA{uint8(light), uint8(light * 0.9), uint8(light * 0.7), 255})
		}
	}
	return picture
}

func asJPEG(t testing.TB, picture image.Image, quality int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, picture, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func asPNG(t testing.TB, picture image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// half is every second point of a picture.
func half(picture image.Image) image.Image {
	b := picture.Bounds()
	small := image.NewRGBA(image.Rect(0, 0, b.Dx()/2, b.Dy()/2))
	for y := range b.Dy() / 2 {
		for x := range b.Dx() / 2 {
			small.Set(x, y, picture.At(b.Min.X+2*x, b.Min.Y+2*y))
		}
	}
	return small
}

func lookOf(t testing.TB, mediaType string, content []byte) string {
	t.Helper()
	look := dedup.ReadLook(mediaType, bytes.NewReader(content))
	if !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(look) {
		t.Fatalf("a picture of type %s looks like %q", mediaType, look)
	}
	return look
}

func apart(t *testing.T, a, b string) int {
	t.Helper()
	n, ok := dedup.LooksApart(a, b)
	if !ok {
		t.Fatalf("%q and %q cannot be compared", a, b)
	}
	return n
}

func TestACopyLooksLikeItsOriginalAndAnotherPictureDoesNot(t *testing.T) {
	var before string
	for seed := range uint64(16) {
		original := scene(seed, 400, 300)
		look := lookOf(t, "image/jpeg", asJPEG(t, original, 92))
		for what, n := range map[string]int{
			"packed at quality 30":        apart(t, look, lookOf(t, "image/jpeg", asJPEG(t, original, 30))),
			"made half as large":          apart(t, look, lookOf(t, "image/jpeg", asJPEG(t, half(original), 75))),
			"kept without loss":           apart(t, look, lookOf(t, "image/png", asPNG(t, original))),
			"made a quarter as large":     apart(t, look, lookOf(t, "image/jpeg", asJPEG(t, half(half(original)), 50))),
			"a part of a larger canvas":   apart(t, look, dedup.Look(moved(original))),
			"the same picture once again": apart(t, look, lookOf(t, "image/jpeg", asJPEG(t, original, 92))),
		} {
			if n > 6 {
				t.Errorf("picture %d %s differs in %d bits", seed, what, n)
			}
		}
		if before != "" {
			if n := apart(t, look, before); n <= 16 {
				t.Errorf("pictures %d and %d differ in only %d bits", seed-1, seed, n)
			}
		}
		before = look
	}
}

// moved is the same picture with other coordinates.
func moved(picture *image.RGBA) image.Image {
	b := picture.Bounds()
	canvas := image.NewRGBA(b.Add(image.Pt(100, 50)))
	copy(canvas.Pix, picture.Pix)
	return canvas
}

func TestALookIsTheSameTomorrow(t *testing.T) {
	picture := image.NewGray(image.Rect(0, 0, 90, 80))
	for i := range picture.Pix {
		x, y := i%90/10, i/90/10
		picture.Pix[i] = uint8((x*53 + y*31) % 200)
	}
	if got, want := dedup.Look(picture), "eeeddddbbb7776ee"; got != want {
		t.Errorf("it looks like %s, and looked like %s when looks were first kept", got, want)
	}
}

func TestAPictureThatShowsNothingHasNoLook(t *testing.T) {
	grey := image.NewGray(image.Rect(0, 0, 300, 300))
	random := rand.New(rand.NewPCG(1, 1))
	for i := range grey.Pix {
		grey.Pix[i] = 100 + uint8(random.IntN(40)) // grain alone: cells are alike
	}
	for what, picture := range map[string]image.Image{
		"grain": grey, "one colour": image.NewUniform(color.White), "too small": scene(1, 8, 8), "nothing": image.NewRGBA(image.Rectangle{}),
	} {
		if u, ok := picture.(*image.Uniform); ok {
			white := image.NewRGBA(image.Rect(0, 0, 200, 200))
			for i := range white.Pix {
				white.Pix[i] = 255
			}
			_, picture = u, white
		}
		if look := dedup.Look(picture); look != "" {
			t.Errorf("%s looks like %s", what, look)
		}
	}
}

func TestABrokenOrHostilePictureHasNoLookAndDoesNoHarm(t *testing.T) {
	whole := asPNG(t, scene(3, 200, 150))
	var moving bytes.Buffer
	if err := gif.Encode(&moving, scene(4, 200, 150), nil); err != nil {
		t.Fatal(err)
	}
	lookOf(t, "image/gif", moving.Bytes())
	for what, c := range map[string]struct {
		kind    string
		content []byte
	}{
		"cut off":             {"image/png", whole[:len(whole)/2]},
		"another type":        {"image/webp", whole},
		"another than said":   {"image/jpeg", whole},
		"empty":               {"image/png", nil},
		"text":                {"image/gif", []byte("GIF89a lalu bukan gambar")},
		"too many points":     {"image/png", headed(whole, 200_000, 200_000)},
		"too many in a row":   {"image/png", headed(whole, 1<<31-1, 1)},
		"larger than 40 Mpx":  {"image/png", headed(whole, 8_001, 5_000)},
		"longer than allowed": {"image/png", append(bytes.Clone(whole[:33]), make([]byte, dedup.MostPictureBytes)...)},
	} {
		if look := dedup.ReadLook(c.kind, bytes.NewReader(c.content)); look != "" {
			t.Errorf("%s looks like %s", what, look)
		}
	}
}

// headed is a PNG whose header claims another size.
func headed(whole []byte, wide, high uint32) []byte {
	claims := bytes.Clone(whole)
	binary.BigEndian.PutUint32(claims[16:], wide)
	binary.BigEndian.PutUint32(claims[20:], high)
	binary.BigEndian.PutUint32(claims[29:], crc32.ChecksumIEEE(claims[12:29]))
	return claims
}

// panicking is a file on which every decoder fails badly.
type panicking struct{ *bytes.Reader }

func (panicking) Read([]byte) (int, error) { panic("a decoder fails") }

func TestADecoderThatPanicsIsContained(t *testing.T) {
	if look := dedup.ReadLook("image/png", panicking{bytes.NewReader(nil)}); look != "" {
		t.Errorf("it looks like %s", look)
	}
}

// slow is a file of which each piece takes three seconds to unpack.
type slow struct{ *bytes.Reader }

func (s slow) Read(p []byte) (int, error) {
	<-time.After(3 * time.Second)
	return s.Reader.Read(p)
}

func TestAPictureThatTakesTooLongHasNoLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if look := dedup.ReadLook("image/png", slow{bytes.NewReader(asPNG(t, scene(5, 200, 150)))}); look != "" {
			t.Errorf("it looks like %s", look)
		}
		if took := time.Since(began); took > 12*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestLooksThatAreNoneAreNotCompared(t *testing.T) {
	for _, pair := range [][2]string{{"", "00000000000000ff"}, {"00000000000000ff", "xyz"}, {"00000000000000ff", "zzzzzzzzzzzzzzzz"}, {"", ""}} {
		if n, ok := dedup.LooksApart(pair[0], pair[1]); ok {
			t.Errorf("%q and %q are %d apart", pair[0], pair[1], n)
		}
	}
	if n, ok := dedup.LooksApart("00000000000000ff", "ff000000000000ff"); !ok || n != 8 {
		t.Errorf("they are %d apart, %t", n, ok)
	}
}

func FuzzReadLook(f *testing.F) {
	f.Add(0, asJPEG(f, scene(1, 64, 48), 80))
	f.Add(1, asPNG(f, scene(2, 64, 48)))
	f.Add(2, []byte("GIF89a"))
	f.Fuzz(func(t *testing.T, kind int, content []byte) {
		types := dedup.Pictures()
		look := dedup.ReadLook(types[uint(kind)%uint(len(types))], bytes.NewReader(content))
		if look != "" && len(look) != 16 {
			t.Errorf("it looks like %q", look)
		}
	})
}

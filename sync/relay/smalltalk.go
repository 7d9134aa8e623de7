package relay

import (
	"slices"
	"strings"
	"unicode"
)

// remark is what a few words of a person amount to.
type remark int

const (
	matter   remark = iota // something to act on, or at least to pass on
	greeting               // "halo", "tes", "p", a sticker, nothing: there is nothing yet that an agency could read
	thanking               // "terima kasih", "ok": there is nothing to do
	asking                 // "sudah ada?": how a matter stands that is not named
)

// remarkOf says what some words amount to. Only what is made of the words below alone is no matter: a single word that is
// not, and it is one. So nothing that says something is taken for small talk.
func remarkOf(text string) remark {
	said := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	found := greeting
	for _, word := range said {
		switch word = squeezed(word); {
		case isCourtesy(word):
		case isThanks(word):
			found = max(found, thanking)
		case isAsking(word):
			found = asking
		default:
			return matter
		}
	}
	if found == greeting && len(said) == 0 && strings.Contains(text, "?") {
		return asking
	}
	return found
}

// squeezed has no letter twice in a row: haloooo is halo.
func squeezed(word string) string {
	var out []rune
	for _, r := range word {
		if n := len(out); n > 0 && out[n-1] == r {
			continue
		}
		out = append(out, r)
	}
	return string(out)
}

// isCourtesy knows greetings, forms of address, and what people, or connectors for them, say before they say what it is about.
// Doubled letters are single.
func isCourtesy(word string) bool {
	return slices.Contains([]string{
		"p", "tes", "test", "testing", "tesing", "cek", "ping", "halo", "helo", "hai", "hay", "hi", "hei", "hey", "alo",
		"asalamualaikum", "asalamualaikumwrwb", "asalamu", "asalam", "alaikum", "alaikumsalam", "walaikumsalam", "as", "asw", "askum",
		"samlekum", "mikum", "wr", "wb", "wrwb", "warahmatulahi", "warahmatulah", "wabarakatuh", "wabarokatuh", "salam", "sejahtera",
		"selamat", "slamat", "met", "pagi", "siang", "sore", "malam", "mlm", "pgi", "permisi", "punten", "shalom", "om", "swastiastu",
		"pak", "bu", "bapak", "ibu", "bpk", "min", "mimin", "admin", "kak", "kakak", "bang", "abang", "mas", "mbak", "gan", "bro", "sis", "yth", "dan", "menangapi",
		"lurah", "camat", "kades", "bupati", "walikota", "gubernur",
		"mau", "mo", "ingin", "izin", "ijin", "numpang", "lapor", "melapor", "melaporkan", "mengadu", "ngadu", "tanya", "nanya", "bertanya", "bisa", "boleh",
		"di", "sini", "disini", "ya", "oi", "oy", "woi", "hadir",
	}, word)
}

// isThanks knows what people say when they have heard an answer.
func isThanks(word string) bool {
	return slices.Contains([]string{
		"terima", "terimakasih", "trimakasih", "trima", "kasih", "kasi", "makasih", "makasi", "mksh", "trims", "thanks", "thank", "thx", "tks", "you",
		"ok", "oke", "okey", "okay", "okelah", "baik", "baiklah", "siap", "sip", "mantap", "mantab", "noted", "banyak", "sama", "nuhun", "suwun", "matur", "ngih",
		"alhamdulilah", "amin", "atas", "respon", "responya", "bantuanya", "infonya",
	}, word)
}

// isAsking knows the words of who asks how a matter stands without naming it.
func isAsking(word string) bool {
	return slices.Contains([]string{
		"sudah", "udah", "sdh", "dah", "ada", "belum", "blm", "blum", "bagaimana", "gimana", "gmn", "bgmn", "kapan", "kpn", "kok", "lama", "lagi", "masih",
		"status", "statusnya", "progres", "progresnya", "update", "updatenya", "kabar", "kabarnya", "perkembangan", "perkembanganya", "kelanjutan",
		"kelanjutanya", "tindak", "lanjut", "lanjutnya", "lanjutanya", "laporan", "laporanya", "laporanku", "pengaduan", "aduan", "saya", "sy", "aku", "kami",
		"yang", "kemarin", "tadi", "itu", "ini", "nya", "apa", "apakah", "diproses", "proses", "prosesnya", "sampai", "mana", "sekarang", "jadi", "jadinya",
		"ditindaklanjuti", "ditangani", "dibalas", "jawaban", "jawabanya", "info", "tolong", "mohon", "dong", "donk", "sih", "nih", "hasil", "hasilnya", "kah",
	}, word)
}

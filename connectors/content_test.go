package connectors_test

import (
	"strings"
	"testing"

	"github.com/satupintu/satupintu/connectors"
)

func TestATextIsNoPhotoWhateverItIsCalled(t *testing.T) {
	const list = `{"data":[{"nama":"Contoh Warga","hp":"081255501234","keluhan":"lampu mati"}]}`
	for what, c := range map[string]struct{ body, declared string }{
		"JSON":                       {list, "application/json"},
		"JSON called a photo":        {list, "image/jpeg"},
		"JSON called nothing":        {list, ""},
		"JSON behind a mark":         {"\xef\xbb\xbf" + list, "image/png"},
		"JSON of 16 bits":            {"\xff\xfe{\x00}\x00", ""},
		"JSON that is packed":        {"\x1b\x05\x00\x80\xaa\xaa\xea\xff", "application/json; charset=utf-8"},
		"JSON of a kind":             {"\x00\x01", "application/vnd.api+json"},
		"lines of JSON":              {"\x00\x01", "application/x-ndjson"},
		"XML":                        {`<?xml version="1.0"?><laporan/>`, "application/xml"},
		"XML called XML alone":       {"\x00\x01", "application/atom+xml"},
		"a drawing in XML":           {`<svg xmlns="http://www.w3.org/2000/svg"><text>Contoh Warga</text></svg>`, "image/svg+xml"},
		"HTML":                       {"<!DOCTYPE html><html>Silakan masuk</html>", "image/jpeg"},
		"HTML with a stray byte":     {"<html>\x00Silakan masuk</html>", ""},
		"a text":                     {"Contoh Warga, 081255501234", ""},
		"a text as Windows has it":   {"\xabContoh Warga\xbb", ""},
		"a text called binary":       {"nama;hp\nContoh Warga;081255501234\n", "application/octet-stream"},
		"a text that begins as BMP":  {"BMKG;Contoh Warga;081255501234", "image/bmp"},
		"a text that begins as MP3":  {"ID3;Contoh Warga;081255501234", "audio/mpeg"},
		"a text that begins as GIF":  {"GIF89a;Contoh Warga;081255501234", "image/gif"},
		"bytes called a text":        {"\x00\x01\x02", "Text/Plain; charset=utf-8"},
		"a form":                     {"\x00\x01", "application/x-www-form-urlencoded"},
		"blanks before it":           {strings.Repeat(" ", 2000) + list, "image/jpeg"},
		"a form of parts":            {"\x00\x01", "multipart/form-data; boundary=x"},
		"a type that cannot be read": {"\x00\x01", "application/json; ="},
	} {
		if err := connectors.RefuseText([]byte(c.body), c.declared); err == nil {
			t.Errorf("%s is taken for a photo", what)
		} else if strings.Contains(err.Error(), "Warga") {
			t.Errorf("%s: the error quotes it: %v", what, err)
		}
	}
}

func TestPhotosFilmsSoundsAndDocumentsPass(t *testing.T) {
	const word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	for what, c := range map[string]struct{ body, declared string }{
		"JPEG":                             {"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "image/jpeg"},
		"JPEG that a script sends":         {"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "text/html; charset=UTF-8"},
		"PNG":                              {"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR", "image/png"},
		"PNG called nothing":               {"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR", ""},
		"GIF":                              {"GIF89a\x01\x00\x01\x00\x80\x00\x00", "image/gif"},
		"WebP":                             {"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"},
		"BMP":                              {"BM\x36\x00\x00\x00\x00\x00\x00\x00", "image/bmp"},
		"TIFF":                             {"II*\x00\x08\x00\x00\x00", "image/tiff"},
		"HEIC of a telephone":              {"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "image/heic"},
		"MP4":                              {"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "video/mp4"},
		"3GP":                              {"\x00\x00\x00\x18ftyp3gp4\x00\x00\x00\x00", "video/3gpp"},
		"MOV called binary":                {"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00", "application/octet-stream"},
		"MP3":                              {"ID3\x03\x00\x00\x00", "audio/mpeg"},
		"AMR":                              {"#!AMR\n\x3c\x91\x17\x16\x00", "audio/amr"},
		"Ogg that a script sends":          {"OggS\x00\x02\x00\x00", "text/html"},
		"PDF":                              {"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "application/pdf"},
		"PDF of plain letters":             {"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\n", "text/plain"},
		"Word":                             {"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml", word},
		"Word, by its type":                {"\x01\x02\x03", word},
		"Word that a script sends":         {"PK\x03\x04\x14\x00\x06\x00", "text/html"},
		"Word of old":                      {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "application/msword"},
		"RTF":                              {`{\rtf1\ansi Lampu mati}`, "application/rtf"},
		"OpenDocument":                     {"PK\x03\x04\x14\x00\x00\x08", "application/vnd.oasis.opendocument.text"},
		"bytes that nobody calls anything": {"\x00\x01\x02\x03", ""},
	} {
		if err := connectors.RefuseText([]byte(c.body), c.declared); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

package simulator

import "strings"

// The template codes the simulator uses. disposition is special on the platform too.
const (
	templateDisposition = "disposition"
	templateStatus      = "status"
	templateAnswer      = "tindak_lanjut"
)

// Institutions is an invented list for Natuna. The first one stands for the region itself.
func Institutions() []Named {
	return []Named{
		{"21030", "Pemerintah Kabupaten Natuna"},
		{"21031", "Dinas Pekerjaan Umum dan Penataan Ruang Kabupaten Natuna"},
		{"21032", "Dinas Kesehatan Kabupaten Natuna"},
		{"21033", "Dinas Pendidikan dan Kebudayaan Kabupaten Natuna"},
		{"21034", "Dinas Perhubungan Kabupaten Natuna"},
		{"21035", "Dinas Lingkungan Hidup Kabupaten Natuna"},
		{"21036", "Dinas Kependudukan dan Pencatatan Sipil Kabupaten Natuna"},
		{"21037", "Dinas Sosial Kabupaten Natuna"},
		{"21038", "Perusahaan Daerah Air Minum Kabupaten Natuna"},
		{"21039", "Kecamatan Bunguran Timur"},
		{"21040", "Kecamatan Bunguran Barat"},
		{"21041", "Kecamatan Midai"},
	}
}

// Categories is an invented list; its ids are those the create call takes.
func Categories() []Named {
	return []Named{
		{"15", "Infrastruktur jalan dan jembatan"},
		{"27", "Penerangan jalan umum"},
		{"61", "Air bersih"},
		{"88", "Kesehatan"},
		{"102", "Pendidikan"},
		{"147", "Persampahan dan kebersihan"},
		{"203", "Kependudukan"},
		{"311", "Perhubungan laut"},
		{"436", "Lainnya"},
	}
}

type template struct {
	Code    string `json:"template_code"`
	Title   string `json:"title"`
	Type    string `json:"type"`
	Content string `json:"content"`
}

func templates() []template {
	return []template{
		{
			templateDisposition, "Disposisi", "disposition",
			"<p>Laporan diteruskan dari <b>{{institution_from}}</b> kepada <b>{{institution_to}}</b>.</p>",
		},
		{
			templateStatus, "Perubahan status", "status",
			"<p>{{institution}} mengubah status laporan dari <i>{{status_old}}</i> menjadi <i>{{status_new}}</i>.</p>",
		},
		{
			templateAnswer, "Tindak lanjut", "followup",
			"<p>Tindak lanjut dari {{institution}}:</p>",
		},
	}
}

// templateContent is a template's text with its placeholders still open; blanks says how they are written.
func templateContent(code string, blanks bool) string {
	for _, t := range templates() {
		if t.Code != code {
			continue
		}
		if blanks {
			return strings.NewReplacer("{{", "{{ ", "}}", " }}").Replace(t.Content)
		}
		return t.Content
	}
	return ""
}

func (s *Simulator) institution(id string) Named {
	for _, known := range s.options.Institutions {
		if known.ID == id {
			return known
		}
	}
	return Named{ID: id, Name: "Instansi " + id}
}

// region is who has a complaint that nobody was handed.
func (s *Simulator) region() Named {
	if len(s.options.Institutions) == 0 {
		return Named{ID: "0", Name: "Admin Nasional"}
	}
	return s.options.Institutions[0]
}

func known(list []Named, id string) bool {
	for _, n := range list {
		if n.ID == id {
			return true
		}
	}
	return false
}

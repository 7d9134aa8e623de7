package sql

import "github.com/satupintu/satupintu/connectors"

// SMSD's names of the codings.
const (
	gsmCoding     = "Default_No_Compression"
	unicodeCoding = "Unicode_No_Compression"
)

const mostParts = connectors.MostSMSParts

// splitSMS cuts a text into the parts of an SMS, at most most of them, and names their coding as SMSD does.
func splitSMS(text string, most int) (coding string, parts []string) {
	sms := connectors.FoldSMS(text, most)
	if sms.Unicode {
		return unicodeCoding, sms.Parts
	}
	return gsmCoding, sms.Parts
}

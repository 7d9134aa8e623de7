package main

import (
	"fmt"
	"slices"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/connectors/email"
	"github.com/satupintu/satupintu/connectors/open311"
	"github.com/satupintu/satupintu/connectors/rest"
	"github.com/satupintu/satupintu/connectors/sms"
	"github.com/satupintu/satupintu/connectors/spreadsheet"
	"github.com/satupintu/satupintu/connectors/sql"
	"github.com/satupintu/satupintu/connectors/telegram"
	"github.com/satupintu/satupintu/connectors/webhook"
	"github.com/satupintu/satupintu/connectors/whatsapp"
	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/national/lapor"
)

// connectorKinds is the catalogue of connectors. A new kind is added here, and nowhere else.
func connectorKinds() []connectors.Definition {
	return []connectors.Definition{
		email.Definition(),
		open311.Definition(),
		rest.Definition(),
		sms.Definition(),
		spreadsheet.Definition(),
		sql.Definition(),
		telegram.Definition(),
		webhook.Definition(),
		whatsapp.Definition(),
	}
}

// platformKinds is the catalogue of national platforms.
func platformKinds() []national.Definition {
	return []national.Definition{
		lapor.Definition(),
	}
}

func connectorKind(kind string) (connectors.Definition, error) {
	kinds := connectorKinds()
	if i := slices.IndexFunc(kinds, func(d connectors.Definition) bool { return d.Kind == kind }); i >= 0 {
		return kinds[i], nil
	}
	var known []string
	for _, d := range kinds {
		known = append(known, d.Kind)
	}
	return connectors.Definition{}, unknownKind("connector", kind, known)
}

func platformKind(kind string) (national.Definition, error) {
	kinds := platformKinds()
	if i := slices.IndexFunc(kinds, func(d national.Definition) bool { return d.Kind == kind }); i >= 0 {
		return kinds[i], nil
	}
	var known []string
	for _, d := range kinds {
		known = append(known, d.Kind)
	}
	return national.Definition{}, unknownKind("platform", kind, known)
}

func unknownKind(what, kind string, known []string) error {
	return fmt.Errorf("%s kind %q is not known; this build has %v", what, kind, known)
}

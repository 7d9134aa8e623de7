package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What the API manager in front of the platform says, in place of the platform.

// amFault is a fault of the API manager: security faults are in the ams namespace, all others in am.
type amFault struct {
	status  int
	code    int
	message string
	detail  string
}

func (f amFault) answer(xml bool) answer {
	if !xml {
		return jsonAnswer(f.status, map[string]any{
			"fault": map[string]any{"code": f.code, "message": f.message, "description": f.detail},
		})
	}
	prefix, space := "am", "http://wso2.org/apimanager"
	if f.code >= 900900 {
		prefix, space = "ams", "http://wso2.org/apimanager/security"
	}
	body := fmt.Sprintf(`<%[1]s:fault xmlns:%[1]s="%[2]s"><%[1]s:code>%[3]d</%[1]s:code>`+
		`<%[1]s:message>%[4]s</%[1]s:message><%[1]s:description>%[5]s</%[1]s:description></%[1]s:fault>`,
		prefix, space, f.code, f.message, f.detail)
	return plainAnswer(f.status, "application/xml; charset=UTF-8", body)
}

func invalidCredentials() amFault {
	return amFault{
		http.StatusUnauthorized, 900901, "Invalid Credentials",
		"Invalid Credentials. Make sure you have provided the correct security credentials",
	}
}

func missingCredentials() amFault {
	return amFault{
		http.StatusUnauthorized, 900902, "Missing Credentials",
		"Required OAuth credentials not provided. Make sure your API invocation call has the authorization header",
	}
}

func notAllowed() amFault {
	return amFault{
		http.StatusForbidden, 900910, "The access token does not allow you to access the requested resource",
		"User is NOT authorized to access the Resource",
	}
}

// unpublished is how an API manager 4.x says that it does not have the API just now, without a fault around it.
func unpublished() answer {
	return jsonAnswer(http.StatusNotFound, map[string]any{
		"code": "404", "type": "Status report", "message": "Not Found", "description": "The requested resource is not available.",
	})
}

// denied checks the two headers that travel together.
func (s *Simulator) denied(in *request) (answer, bool) {
	xml := s.wantsXML(in)
	auth := in.header.Get(s.options.AuthHeader)
	switch {
	case auth == "":
		return missingCredentials().answer(xml), true
	case auth != s.options.Auth:
		return invalidCredentials().answer(xml), true
	case in.header.Get(s.options.TokenHeader) != s.options.Token:
		return notAllowed().answer(xml), true
	}
	return answer{}, false
}

func (s *Simulator) wantsXML(in *request) bool {
	accept := in.header.Get("Accept")
	return s.options.XMLFaults || strings.Contains(accept, "xml") && !strings.Contains(accept, "json")
}

func (s *Simulator) noResource(in *request) answer {
	return amFault{
		http.StatusNotFound, 900906, "No matching resource found in the API for the given request",
		"Check the API documentation and add a proper REST resource path to the invocation URL",
	}.answer(s.wantsXML(in))
}

// broken is the answer of a fault that has one.
func (s *Simulator) broken(rule Rule) answer {
	xml := rule.XML || s.options.XMLFaults
	switch rule.Fault {
	case Throttle:
		return withRetryAfter(answer{status: http.StatusTooManyRequests, header: http.Header{}}, rule.RetryAfter)
	case Unavailable:
		suspended := amFault{http.StatusServiceUnavailable, 303001, "Runtime Error", "Currently, Address endpoint: [ State : SUSPENDED ]"}
		return withRetryAfter(suspended.answer(xml), rule.RetryAfter)
	case LostBefore, LostAfter:
		return plainAnswer(http.StatusServiceUnavailable, "text/plain",
			"upstream connect error or disconnect/reset before headers. reset reason: connection termination")
	case Unauthorized:
		return invalidCredentials().answer(xml)
	case Forbidden:
		return notAllowed().answer(xml)
	case Unpublished:
		return unpublished()
	case ServerErrorBefore, ServerErrorAfter:
		return jsonAnswer(http.StatusInternalServerError, map[string]any{"message": "Server Error"})
	case BadGatewayBefore, BadGatewayAfter:
		return htmlAnswer(http.StatusBadGateway, "502 Bad Gateway")
	case GatewayTimeoutBefore, GatewayTimeoutAfter:
		return htmlAnswer(http.StatusGatewayTimeout, "504 Gateway Time-out")
	case Malformed:
		return plainAnswer(http.StatusOK, "application/json", `{"success":true,"results":{"compl`)
	case Empty:
		return plainAnswer(http.StatusOK, "application/json", "")
	case Refuse:
		if rule.Message == "" {
			rule.Message = "Isi laporan tidak dapat diterima."
		}
		return message(http.StatusUnprocessableEntity, rule.Message)
	}
	return plainAnswer(http.StatusNotImplemented, "text/plain", "the simulator knows no fault "+string(rule.Fault))
}

func withRetryAfter(a answer, wait time.Duration) answer {
	if wait > 0 {
		a.header.Set("Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
	}
	return a
}

func htmlAnswer(status int, title string) answer {
	return plainAnswer(status, "text/html", "<html>\r\n<head><title>"+title+"</title></head>\r\n<body>\r\n<center><h1>"+title+
		"</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n")
}

func plainAnswer(status int, kind, body string) answer {
	return answer{status: status, header: http.Header{"Content-Type": {kind}}, body: []byte(body)}
}

func jsonAnswer(status int, value any) answer {
	body, err := json.Marshal(value)
	if err != nil { // only a value JSON cannot hold; the answers have none
		return plainAnswer(http.StatusInternalServerError, "text/plain", err.Error())
	}
	return plainAnswer(status, "application/json", string(body))
}

// message is the platform's own refusal.
func message(status int, text string) answer {
	return jsonAnswer(status, map[string]any{"success": false, "message": text})
}

func success(text string) answer {
	return jsonAnswer(http.StatusOK, map[string]any{"success": true, "message": text})
}

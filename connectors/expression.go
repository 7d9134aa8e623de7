package connectors

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/patcher"
	"github.com/expr-lang/expr/vm"
)

// Bounds of an expression: an operator writes it, but strangers' records run through it.
const (
	exprMaxNodes = 500
	exprMemory   = 100_000
)

// compileExpr compiles an expression. What would make the same record give another result each time is not there: the
// clock, and lists in the order of a map.
func compileExpr(text string, zone *time.Location, more ...expr.Option) (*vm.Program, error) {
	var calls callFinder
	program, err := expr.Compile(text, append(more,
		expr.Patch(&calls),
		expr.AllowUndefinedVariables(),
		expr.MaxNodes(exprMaxNodes),
		expr.DisableBuiltin("now"),
		expr.DisableBuiltin("keys"),
		expr.DisableBuiltin("values"),
		expr.DisableBuiltin("toPairs"),
		expr.Patch(patcher.WithTimezone{Location: zone}),
		expr.Function(hashFunction, hashOf, new(func(...any) string)),
	)...)
	var fault *file.Error
	if errors.As(err, &fault) {
		return nil, errors.New("column " + strconv.Itoa(fault.Column+1) + ": " + fault.Message)
	}
	if err == nil && calls.unknown != "" {
		return nil, errors.New("there is no function " + calls.unknown)
	}
	return program, err
}

// hashFunction makes an id of several values, where none of them alone is one: hashOf(ID, SenderNumber, ReceivingDateTime).
const hashFunction = "hashOf"

// hashOf is a hash of values, in their order, that shows none of them. A value that is missing counts as a blank one, and a
// time is the same in every zone.
func hashOf(values ...any) (any, error) {
	sum := sha256.New()
	for _, value := range values {
		text := ""
		if at, ok := value.(time.Time); ok {
			value = at.UTC()
		}
		if value != nil {
			var err error
			if text, err = textOf(value); err != nil {
				return nil, err
			}
		}
		fmt.Fprintf(sum, "%d %s\n", len(text), text) // never fails
	}
	return hex.EncodeToString(sum.Sum(nil)[:16]), nil
}

// callFinder notes a call of anything but a built-in function and hashOf. With undefined variables allowed the compiler lets it
// pass, and a record holds no functions.
type callFinder struct{ unknown string }

func (f *callFinder) Visit(node *ast.Node) {
	if call, ok := (*node).(*ast.CallNode); ok && call.Callee.String() != hashFunction {
		f.unknown = call.Callee.String()
	}
}

// runExpr runs an expression. Its error has no word of the library's own, which may quote the record.
func runExpr(program *vm.Program, vars map[string]any) (any, error) {
	machine := vm.VM{MemoryBudget: exprMemory}
	result, err := machine.Run(program, vars)
	if err != nil {
		return nil, errors.New("cannot be computed from this record; the expression meets a value of another type, or one that is not there")
	}
	return result, nil
}

// exprVars is a record as an expression sees it.
func exprVars(record map[string]any) map[string]any {
	vars := make(map[string]any, len(record)+1)
	for key, value := range record {
		vars[key] = exprValue(value)
	}
	if _, taken := vars["row"]; !taken {
		whole := make(map[string]any, len(vars))
		for key, value := range vars {
			whole[key] = value
		}
		vars["row"] = whole
	}
	return vars
}

// exprValue gives numbers a type that can be computed with, so long as no digit is lost.
func exprValue(value any) any {
	switch v := value.(type) {
	case json.Number:
		return exprNumber(v.String())
	case map[string]any:
		inner := make(map[string]any, len(v))
		for key, value := range v {
			inner[key] = exprValue(value)
		}
		return inner
	case []any:
		inner := make([]any, len(v))
		for i, value := range v {
			inner[i] = exprValue(value)
		}
		return inner
	}
	return value
}

func exprNumber(digits string) any {
	if n, err := strconv.Atoi(digits); err == nil {
		return n
	}
	const exact = 15 // decimal digits that a float64 always keeps
	if f, err := strconv.ParseFloat(digits, 64); err == nil && strings.ContainsAny(digits, ".eE") && len(digits) <= exact {
		return f
	}
	return digits
}

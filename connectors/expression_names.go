package connectors

import (
	"maps"
	"slices"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
)

// What an expression calls the whole record.
const (
	envVariable = "$env"
	rowVariable = "row"
)

// exprNames lists, sorted, the record's keys that an expression reads by name: as a variable, or as $env["…"] or row["…"]. A key
// that is computed is not known.
func exprNames(text string) []string {
	found := nameFinder{variables: map[ast.Node]string{}, keys: map[string]bool{}}
	if _, err := compileExpr(text, time.UTC, expr.Patch(&found)); err != nil {
		return nil
	}
	for _, name := range found.variables {
		found.keys[name] = true
	}
	delete(found.keys, envVariable)
	return slices.Sorted(maps.Keys(found.keys))
}

// nameFinder notes what an expression reads. It sees what is inside of a node before the node.
type nameFinder struct {
	variables map[ast.Node]string
	keys      map[string]bool
}

func (f *nameFinder) Visit(node *ast.Node) {
	switch at := (*node).(type) {
	case *ast.IdentifierNode:
		f.variables[at] = at.Value
	case *ast.CallNode:
		delete(f.variables, at.Callee)
	case *ast.MemberNode:
		f.member(at.Node, at.Property)
	case *ast.BuiltinNode:
		if at.Name == "get" && len(at.Arguments) == 2 {
			f.member(at.Arguments[0], at.Arguments[1])
		}
	case *ast.BinaryNode:
		if at.Operator == "in" {
			f.member(at.Right, at.Left)
		}
	case *ast.VariableDeclaratorNode: // let: its name is no key of the record there
		ast.Walk(&at.Expr, forget{f, at.Name})
	}
}

// member notes a key that is read of the whole record.
func (f *nameFinder) member(of, key ast.Node) {
	name, named := key.(*ast.StringNode)
	if whole := f.variables[of]; named && (whole == envVariable || whole == rowVariable) {
		delete(f.variables, of)
		f.keys[name.Value] = true
	}
}

// forget takes back what was noted of a variable.
type forget struct {
	*nameFinder
	name string
}

func (f forget) Visit(node *ast.Node) {
	if f.variables[*node] == f.name {
		delete(f.variables, *node)
	}
}

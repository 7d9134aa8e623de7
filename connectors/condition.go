package connectors

import (
	"errors"
	"time"

	"github.com/expr-lang/expr/vm"
)

// Condition says of a record whether something holds. The zero value holds of every record.
type Condition struct{ program *vm.Program }

// NewCondition compiles an expression over a record's keys, in the language of Value.Expr; an empty text holds of every
// record. Times that carry no zone are read in zone.
func NewCondition(text string, zone *time.Location) (Condition, error) {
	if text == "" {
		return Condition{}, nil
	}
	program, err := compileExpr(text, zone)
	return Condition{program}, err
}

// Holds says whether the condition holds of a record. The error never carries a value of the record.
func (c Condition) Holds(record map[string]any) (bool, error) {
	if c.program == nil {
		return true, nil
	}
	result, err := runExpr(c.program, exprVars(record))
	if err != nil {
		return false, err
	}
	holds, is := result.(bool)
	if !is {
		return false, errors.New("gives neither true nor false for this record")
	}
	return holds, nil
}

package front

import (
	"slices"

	"door/internal/config"
)

// matchesPattern compares a whole path: * stands for any characters, a slash among them, ? for exactly one, and all else
// for itself.
func matchesPattern(pattern, value string) bool {
	p, star, retry := 0, -1, 0
	for i := 0; i < len(value); {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, retry = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == value[i]):
			p++
			i++
		case star >= 0:
			p = star + 1
			retry++
			i = retry
		default:
			return false
		}
	}
	for ; p < len(pattern); p++ {
		if pattern[p] != '*' {
			return false
		}
	}
	return true
}

// ruleFor returns the first rule that matches, or nil.
func ruleFor(rules []config.Rule, method, path string) *config.Rule {
	for i := range rules {
		rule := &rules[i]
		if len(rule.Methods) > 0 && !slices.Contains(rule.Methods, method) {
			continue
		}
		if slices.ContainsFunc(rule.Paths, func(pattern string) bool { return matchesPattern(pattern, path) }) {
			return rule
		}
	}
	return nil
}

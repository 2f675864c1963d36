package main

import "sync"

const mostIDs = 100_000

// seenIDs is, in a real receiver, a table with a unique key, written together with the delivery.
type seenIDs struct {
	mutex sync.Mutex
	ids   map[string]struct{}
	order []string
}

func newSeenIDs() *seenIDs {
	return &seenIDs{ids: make(map[string]struct{})}
}

// isNew says whether the id comes for the first time. The oldest ids are forgotten first.
func (seen *seenIDs) isNew(id string) bool {
	seen.mutex.Lock()
	defer seen.mutex.Unlock()
	if _, found := seen.ids[id]; found {
		return false
	}
	seen.ids[id] = struct{}{}
	seen.order = append(seen.order, id)
	if len(seen.order) > mostIDs {
		delete(seen.ids, seen.order[0])
		seen.order = seen.order[1:]
	}
	return true
}

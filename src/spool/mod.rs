//! The durable record of a push: publish, append, fold, lanes, list, prune. A hook is a name, an event is bytes.

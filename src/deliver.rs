//! Lanes in parallel, deliveries in order: outgoing → request → send → verdict → line in the record.

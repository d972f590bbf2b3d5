//! When to try again and when to give up. Pure.

//! The HMAC variants, each with its source.
